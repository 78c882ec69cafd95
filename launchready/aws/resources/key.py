"""A client's own KMS key as a resource.

Given: ``alias``, ``description``, ``region``, ``tags``. Found out: ``key_id``, ``arn``, ``rotates``,
``adopted`` (the alias was there, its key not ours).
"""

from __future__ import annotations

from typing import Any

from launchready.aws import kms, pool
from launchready.aws.resources.common import Change, Props, change


def create(props: Props) -> tuple[str, dict[str, Any]]:
    """Find it, take it back from its deletion, or make it."""
    client = pool.client("kms", props["region"])
    key, ours = kms.ensure(client, props["alias"], props["description"], props["tags"])
    return key.id, {**props, **_found_out(client, key), "adopted": not ours}


def update(_id: str, olds: Props, news: Props) -> dict[str, Any]:
    """Turn rotation on again, and whatever else ``ensure`` sees to."""
    client = pool.client("kms", news["region"])
    key, _ = kms.ensure(client, news["alias"], news["description"], news["tags"])
    return {**news, **_found_out(client, key), "adopted": olds.get("adopted")}


def diff(_id: str, olds: Props, news: Props) -> Change:
    """Another alias or region is another key; rotation that was turned off is turned on again."""
    changed, moved, first = change(olds, news, (), ("alias", "region"))
    stopped = olds.get("rotates") is False and not olds.get("adopted")
    return changed or stopped, moved, first


def read(id_: str, props: Props) -> tuple[str, dict[str, Any]] | None:
    """What is there now; a key that waits for its deletion is gone."""
    client = pool.client("kms", props["region"])
    key = kms.find(client, id_)
    if key is None or key.state == "PendingDeletion":
        return None
    return id_, {**props, **_found_out(client, key)}


def delete(id_: str, props: Props) -> None:
    """Let it wait for its deletion, its alias with it: a launch within that time takes it back."""
    if not props.get("adopted"):
        kms.schedule_deletion(pool.client("kms", props["region"]), id_)


def _found_out(client: Any, key: kms.Key) -> dict[str, Any]:
    return {"key_id": key.id, "arn": key.arn, "rotates": kms.rotates(client, key.id)}
