"""A parameter as a resource.

Given: ``name``, ``value`` (sealed or plain), ``key_id`` (None: plain text), ``tier``, ``description``,
``region``, ``tags``. Found out: ``arn``, ``version``, ``live_tier``, ``key_arn``, ``adopted`` (it was
there and not ours), ``found_version`` (which version it had then; given back on delete).
"""

from __future__ import annotations

from typing import Any

from launchready.aws import kms, parameters, pool, values
from launchready.aws.resources.common import DRIFTED, Change, Props, change, drift
from launchready.client_file.sealed import opened
from launchready.errors import LaunchreadyError

GIVEN = ("value", "key_id", "tier", "description", "tags")


def create(props: Props) -> tuple[str, dict[str, Any]]:
    """Put it; what is there already is taken over, its value kept as a version."""
    ssm = pool.client("ssm", props["region"])
    key = _key(props)
    found = parameters.live(ssm, props["name"])
    before = None if found is None else parameters.found_version(ssm, props["name"])
    adopted = before is not None or (found is not None and not _ours(ssm, props))
    if found is not None and adopted and before is None:
        parameters.mark_found(ssm, found)  # a run that dies now is taken up where it was
        before = found.version
    now = parameters.put(ssm, _wanted(props, key), found, same_key=_same_key(props, found))
    kept = before if found is not None and found.type == now.type else None
    return str(props["name"]), {
        **props,
        **_found_out(now, key),
        "adopted": adopted,
        "found_version": kept,
    }


def update(_id: str, olds: Props, news: Props) -> dict[str, Any]:
    """Put what changed; the version before is kept."""
    ssm = pool.client("ssm", news["region"])
    key = _key(news)
    found = parameters.live(ssm, news["name"])
    now = parameters.put(ssm, _wanted(news, key), found, same_key=_same_key(news, found))
    kept = {key: olds.get(key) for key in ("adopted", "found_version")}
    return {**news, **_found_out(now, key), **kept}


def diff(_id: str, olds: Props, news: Props) -> Change:
    """Another name or region is another parameter; another type or a smaller tier needs a new one."""
    changed, moved, _ = change(olds, news, GIVEN, ("name", "region"))
    again = []
    if (olds.get("key_id") is None) != (news.get("key_id") is None):
        again.append("key_id")
    if news.get("tier") == "standard" and olds.get("live_tier") == "Advanced":
        again.append("tier")
    return changed or bool(again), [*moved, *again], bool(again) and not moved


def read(id_: str, props: Props) -> tuple[str, dict[str, Any]] | None:
    """What is there now. A value that isn't the one that was put is marked, never told."""
    ssm = pool.client("ssm", props["region"])
    found = parameters.live(ssm, id_)
    if found is None:
        return None
    wanted = str(props["value"])
    same = not wanted.startswith(DRIFTED) and values.same(found.value or "", opened(wanted))
    return id_, {
        **props,
        "value": wanted if same else drift(found.version),
        "key_id": props.get("key_id") if _same_key(props, found) else found.key_id,
        "description": found.description,
        "arn": found.arn,
        "version": found.version,
        "live_tier": found.tier,
    }


def delete(id_: str, props: Props) -> None:
    """Delete it; one that was there before gets back what it held, and stays."""
    ssm = pool.client("ssm", props["region"])
    if not props.get("adopted"):
        parameters.delete(ssm, id_)
        return
    found = parameters.live(ssm, id_)
    if found is None:
        return
    before = props.get("found_version")
    value = parameters.value_of(ssm, id_, int(before)) if before is not None else None
    if value is not None and value != found.value:
        wanted = parameters.Wanted(id_, value, found.key_id, "auto", found.description)
        parameters.put(ssm, wanted, found)
    parameters.unlabel(ssm, id_)
    parameters.remove_tags(ssm, id_, list(props.get("tags") or {}))


def _wanted(props: Props, key: kms.Key | None) -> parameters.Wanted:
    return parameters.Wanted(
        name=str(props["name"]),
        value=opened(str(props["value"])),
        key_id=None if key is None else str(props["key_id"]),
        tier=str(props["tier"]),
        description=str(props["description"]),
        tags=dict(props["tags"]),
    )


def _key(props: Props) -> kms.Key | None:
    """The key, looked at before it is used: Parameter Store takes an alias that doesn't exist."""
    if props.get("key_id") is None:
        return None
    return kms.require(pool.client("kms", props["region"]), str(props["key_id"]))


def _same_key(props: Props, found: parameters.Live | None) -> bool:
    if found is None:
        return False
    return kms.same(pool.client("kms", props["region"]), props.get("key_id"), found.key_id)


def _ours(ssm: Any, props: Props) -> bool:
    """Does it carry our tags: was it an interrupted run of ours that made it?"""
    try:
        there = parameters.tags(ssm, str(props["name"]))
    except LaunchreadyError:  # may not read tags: then it counts as someone else's, and is given back
        return False
    return dict(props["tags"]).items() <= there.items()


def _found_out(now: parameters.Live, key: kms.Key | None) -> dict[str, Any]:
    return {
        "arn": now.arn,
        "version": now.version,
        "live_tier": now.tier,
        "key_arn": None if key is None or key.manager == "AWS" else key.arn,
    }
