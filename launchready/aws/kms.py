"""KMS: a client's own key, found again by its alias or its tag; rotation on, deletion with a way back.

A key costs $1 a month and is never deleted at once: it waits, its alias with it, and a launch within that
time takes it back, so that what it encrypted stays readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from launchready.aws import pool
from launchready.aws.lost import made_once
from launchready.aws.session import code_of, errors
from launchready.errors import InputError

DELETION_DAYS = 30
"""The longest window that KMS gives: a deleted key can't be had back, nor what it encrypted."""


@dataclass(frozen=True, slots=True)
class Key:
    """A KMS key. ``state``: Enabled, Disabled, PendingDeletion …"""

    id: str
    arn: str
    state: str
    manager: str


def find(kms: Any, name: str) -> Key | None:
    """The key of an id, an ARN or an alias; None when there is none."""
    with errors(f"looking for the key {name}"):
        try:
            found = kms.describe_key(KeyId=name)["KeyMetadata"]
        except kms.exceptions.ClientError as error:
            if code_of(error) in ("NotFoundException", "InvalidArnException"):
                return None
            raise
    return Key(
        str(found["KeyId"]), str(found["Arn"]), str(found["KeyState"]), str(found.get("KeyManager", ""))
    )


def require(kms: Any, name: str) -> Key:
    """The same, usable. Raises InputError when it is missing or can't encrypt now."""
    found = find(kms, name)
    fix = "correct launchready:environment.kms, or leave it out: the program makes a key then"
    if found is None:
        raise InputError(f"there is no KMS key {name}", fix=fix)
    if found.state != "Enabled":
        raise InputError(f"the KMS key {name} is not usable: {found.state}", fix=fix)
    return found


def same(kms: Any, one: str | None, other: str | None) -> bool:
    """Whether two names are of one key: services may tell a key's ARN where its alias was given."""
    if one == other or one is None or other is None:
        return one == other
    first, second = find(kms, one), find(kms, other)
    return first is not None and second is not None and first.arn == second.arn


def ensure(kms: Any, alias: str, description: str, tags: Mapping[str, str]) -> tuple[Key, bool]:
    """The key behind ``alias``: found, taken back from deletion, or made; and whether it was made here.

    A key that an interrupted run made and didn't name yet is recognised by its tags.
    """
    found = find(kms, alias)
    if found is None:
        orphan = _tagged(kms, tags)
        found = orphan or _create(kms, description, tags)
        _name(kms, alias, found)
    if found.state == "PendingDeletion":
        with errors(f"taking the key {alias} back"):
            kms.cancel_key_deletion(KeyId=found.id)
            kms.enable_key(KeyId=found.id)
    elif found.state != "Enabled":
        raise InputError(
            f"the KMS key {alias} is {found.state}", fix=f"enable it: aws kms enable-key --key-id {found.id}"
        )
    ours = tags.items() <= tags_of(kms, found.id).items()
    if ours:
        with errors(f"turning rotation of {alias} on"):
            kms.enable_key_rotation(KeyId=found.id)
    return found, ours


def rotates(kms: Any, key_id: str) -> bool:
    """Whether KMS renews the key's material by itself."""
    with errors(f"reading the rotation of {key_id}"):
        return bool(kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"])


def tags_of(kms: Any, key_id: str) -> dict[str, str]:
    """A key's tags."""
    with errors(f"reading the tags of {key_id}"):
        answer = kms.list_resource_tags(KeyId=key_id)
    return {tag["TagKey"]: tag["TagValue"] for tag in answer["Tags"]}


def schedule_deletion(kms: Any, key_id: str, days: int = DELETION_DAYS) -> None:
    """Let a key wait for its deletion; one that waits already, or is gone, is well."""
    found = find(kms, key_id)
    if found is None or found.state == "PendingDeletion":
        return
    with errors(f"scheduling the deletion of {key_id}"):
        try:
            kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=days)
        except kms.exceptions.ClientError:  # asked for once already, the answer was lost
            found = find(kms, key_id)
            if found is None or found.state != "PendingDeletion":
                raise


def _create(kms: Any, description: str, tags: Mapping[str, str]) -> Key:
    listed = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
    once = pool.client("kms", kms.meta.region_name, attempts=1)

    def make() -> Key:
        made = once.create_key(Description=description, Tags=listed)["KeyMetadata"]
        return Key(
            str(made["KeyId"]), str(made["Arn"]), str(made["KeyState"]), str(made.get("KeyManager", ""))
        )

    with errors("making a KMS key"):
        return made_once(make, lambda: _tagged(kms, tags))


def _name(kms: Any, alias: str, key: Key) -> None:
    with errors(f"naming the key {alias}"):
        try:
            kms.create_alias(AliasName=alias, TargetKeyId=key.id)
        except kms.exceptions.ClientError as error:
            named = find(kms, alias) if code_of(error) == "AlreadyExistsException" else None
            if named is None or named.id != key.id:  # else the name was given, and the answer lost
                raise


def _tagged(kms: Any, tags: Mapping[str, str]) -> Key | None:
    """An enabled key without an alias that carries these tags. Needs tag:GetResources; without it, None."""
    region = kms.meta.region_name
    tagging = pool.client("resourcegroupstaggingapi", region)
    try:
        with errors("looking for a key by its tags"):
            filters = [{"Key": key, "Values": [value]} for key, value in tags.items()]
            answer = tagging.get_resources(ResourceTypeFilters=["kms:key"], TagFilters=filters)
    except InputError:  # not allowed: then a key that a crash left behind stays behind
        return None
    for entry in answer.get("ResourceTagMappingList", ()):
        found = find(kms, str(entry["ResourceARN"]))
        if found is not None and found.state == "Enabled" and not _aliases(kms, found.id):
            return found
    return None


def _aliases(kms: Any, key_id: str) -> list[str]:
    with errors(f"reading the aliases of {key_id}"):
        return [str(alias["AliasName"]) for alias in kms.list_aliases(KeyId=key_id)["Aliases"]]
