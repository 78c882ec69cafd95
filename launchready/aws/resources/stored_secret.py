"""A secret of Secrets Manager as a resource.

Given: ``name``, ``value`` (sealed or plain), ``key_id``, ``description``, ``region``, ``tags``. Found
out: ``arn``, ``version``, ``key_arn``, ``adopted``, ``found_version`` as in ``parameter``.
"""

from __future__ import annotations

from typing import Any

from launchready.aws import kms, pool, secrets, values
from launchready.aws.resources.common import DRIFTED, Change, Props, change, drift
from launchready.client_file.sealed import opened

GIVEN = ("value", "key_id", "description", "tags")


def create(props: Props) -> tuple[str, dict[str, Any]]:
    """Put it; what is there already is taken over, what waits for its deletion is restored."""
    sm = pool.client("secretsmanager", props["region"])
    key = _key(props)
    found = secrets.live(sm, props["name"])
    before = None if found is None else secrets.found_version(found)
    ours = before is None and (found is None or dict(props["tags"]).items() <= found.tags.items())
    if found is not None and not ours and before is None and found.deleted is None:
        secrets.mark_found(sm, found)  # a run that dies now is taken up where it was
        before = found.version
    now = secrets.put(sm, _wanted(props), found, same_key=_same_key(props, found))
    kept = before or (found.version if found is not None and not ours else None)
    return str(props["name"]), {
        **props,
        **_found_out(now, key),
        "adopted": not ours,
        "found_version": kept,
    }


def update(_id: str, olds: Props, news: Props) -> dict[str, Any]:
    """Put what changed; the value before is AWSPREVIOUS."""
    sm = pool.client("secretsmanager", news["region"])
    key = _key(news)
    found = secrets.live(sm, news["name"])
    now = secrets.put(sm, _wanted(news), found, same_key=_same_key(news, found))
    kept = {key: olds.get(key) for key in ("adopted", "found_version")}
    return {**news, **_found_out(now, key), **kept}


def diff(_id: str, olds: Props, news: Props) -> Change:
    """Another name or region is another secret."""
    return change(olds, news, GIVEN, ("name", "region"))


def read(id_: str, props: Props) -> tuple[str, dict[str, Any]] | None:
    """What is there now. A value that isn't the one that was put is marked, never told."""
    sm = pool.client("secretsmanager", props["region"])
    found = secrets.live(sm, id_)
    if found is None or found.deleted is not None:
        return None
    wanted = str(props["value"])
    same = not wanted.startswith(DRIFTED) and values.same(found.value or "", opened(wanted))
    return id_, {
        **props,
        "value": wanted if same else drift(found.version),
        "key_id": props["key_id"] if _same_key(props, found) else found.key_id,
        "description": found.description,
        "arn": found.arn,
        "version": found.version,
    }


def delete(id_: str, props: Props) -> None:
    """Let it wait for its deletion; one that was there before gets back what it held, and stays."""
    sm = pool.client("secretsmanager", props["region"])
    if not props.get("adopted"):
        secrets.delete(sm, id_)
        return
    found = secrets.live(sm, id_)
    if found is None:
        return
    before = props.get("found_version")
    value = secrets.value_of(sm, id_, version=str(before)) if before else None
    if value is not None and value != found.value:
        secrets.write(sm, id_, value)
    secrets.unmark_found(sm, found)
    secrets.untag(sm, id_, list(props.get("tags") or {}))


def _wanted(props: Props) -> secrets.Wanted:
    return secrets.Wanted(
        name=str(props["name"]),
        value=opened(str(props["value"])),
        key_id=str(props["key_id"]),
        description=str(props["description"]),
        tags=dict(props["tags"]),
    )


def _key(props: Props) -> kms.Key:
    """The key, looked at before it is used."""
    return kms.require(pool.client("kms", props["region"]), str(props["key_id"]))


def _same_key(props: Props, found: secrets.Live | None) -> bool:
    if found is None:
        return False
    return kms.same(pool.client("kms", props["region"]), str(props["key_id"]), found.key_id)


def _found_out(now: secrets.Live, key: kms.Key) -> dict[str, Any]:
    return {
        "arn": now.arn,
        "version": now.version,
        "key_arn": None if key.manager == "AWS" else key.arn,
    }
