"""Secrets Manager: put, read, list, versions; a secret that waits for its deletion is taken back.

Facts (API reference, November 2026): a new value becomes AWSCURRENT and the old one AWSPREVIOUS; a
deleted secret keeps its name for the recovery window; ``LastChangedDate`` moves with any change of the
metadata, so a value's age is that of its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from launchready.aws.session import code_of, errors
from launchready.client_file.plans import AWS_LIMITS
from launchready.errors import InputError

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
FOUND = "launchready-found"
"""Tag and stage of the version that a secret had when it was taken over; given back when it is let go."""
RECOVERY_DAYS = 30
DEFAULT_KEY = "alias/aws/secretsmanager"
"""What encrypts where a description names no key."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret as it should be. ``key_id``: id, ARN or alias of a KMS key."""

    name: str
    value: str = field(repr=False)
    key_id: str
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Raises InputError for what AWS would refuse, before it is asked (and moto would take)."""
        size = len(self.value.encode("utf-8"))
        if not size:
            raise InputError(f"{self.name} is empty", fix="give it a value, or take the variable out")
        if size > AWS_LIMITS.secret_bytes:
            raise InputError(
                f"{self.name} has {size} bytes, more than the {AWS_LIMITS.secret_bytes} of a secret"
            )


@dataclass(frozen=True, slots=True)
class Live:
    """A secret as it is. ``version``: id of AWSCURRENT; ``changed``: when that was made.

    ``deleted``: when its deletion was scheduled for. ``value`` is None where it wasn't asked for.
    """

    name: str
    arn: str
    version: str
    changed: datetime | None
    key_id: str
    description: str = ""
    deleted: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    value: str | None = field(default=None, repr=False)


def live(sm: Any, name: str, *, value: bool = True) -> Live | None:
    """A secret, with its value unless it waits for its deletion; None when there is none."""
    with errors(f"reading {name}"):
        try:
            entry = sm.describe_secret(SecretId=name)
        except sm.exceptions.ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise
    stages = {key: tuple(found) for key, found in (entry.get("VersionIdsToStages") or {}).items()}
    current = next((key for key, found in stages.items() if CURRENT in found), "")
    deleted = entry.get("DeletedDate")
    return Live(
        name=str(entry["Name"]),
        arn=str(entry["ARN"]),
        version=current,
        changed=entry.get("LastChangedDate") if deleted else _made(sm, name, current),
        key_id=str(entry.get("KmsKeyId") or DEFAULT_KEY),
        description=str(entry.get("Description") or ""),
        deleted=deleted,
        tags={tag["Key"]: tag["Value"] for tag in entry.get("Tags") or ()},
        stages=stages,
        value=value_of(sm, name) if value and deleted is None and current else None,
    )


def value_of(sm: Any, name: str, *, stage: str = CURRENT, version: str | None = None) -> str | None:
    """A secret's value of a stage or version; None when there is none."""
    which = {"VersionId": version} if version else {"VersionStage": stage}
    with errors(f"reading {name}"):
        try:
            return str(sm.get_secret_value(SecretId=name, **which)["SecretString"])
        except sm.exceptions.ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise


def _made(sm: Any, name: str, version: str) -> datetime | None:
    """When a version was made."""
    for entry in versions(sm, name):
        if entry["VersionId"] == version:
            made: datetime = entry["CreatedDate"]
            return made
    return None


def versions(sm: Any, name: str) -> list[dict[str, Any]]:
    """A secret's versions that have a stage: VersionId, VersionStages, CreatedDate; the newest last."""
    with errors(f"reading the versions of {name}"):
        found = sm.list_secret_version_ids(SecretId=name)["Versions"]
    kept = [entry for entry in found if entry.get("VersionStages")]
    return sorted(kept, key=lambda entry: str(entry["CreatedDate"]))


def listed(sm: Any, path: str) -> list[str]:
    """Names of every secret below a path; those that wait for their deletion are not among them."""
    with errors("listing secrets"):
        pages = sm.get_paginator("list_secrets").paginate(Filters=[{"Key": "name", "Values": [path]}])
        names = [str(entry["Name"]) for page in pages for entry in page["SecretList"]]
    return sorted(name for name in names if name.startswith(path))


def put(sm: Any, wanted: Wanted, found: Live | None, *, same_key: bool = False) -> Live:
    """Make a secret what it should be, with no more writes than that takes; gives what it is then.

    ``same_key``: it is encrypted with the wanted key, by whatever name.
    A secret that waits for its deletion is restored first; its old value becomes AWSPREVIOUS.
    """
    wanted.check()
    if found is None:
        listed_tags = [{"Key": key, "Value": value} for key, value in wanted.tags.items()]
        with errors(f"writing {wanted.name}"):
            try:
                sm.create_secret(
                    Name=wanted.name,
                    SecretString=wanted.value,
                    KmsKeyId=wanted.key_id,
                    Description=wanted.description,
                    Tags=listed_tags,
                )
            except sm.exceptions.ClientError as error:
                if code_of(error) != "ResourceExistsException":
                    raise
                # made by an earlier try, whose answer was lost, or by somebody else just now
                now = live(sm, wanted.name)
                if now is None or now.value != wanted.value:
                    raise
    else:
        _change(sm, wanted, _restored(sm, found), same_key)
    now = live(sm, wanted.name)
    if now is None:
        raise InputError(f"{wanted.name} was written and is not there", fix="run it again")
    return now


def _restored(sm: Any, found: Live) -> Live:
    if found.deleted is None:
        return found
    with errors(f"restoring {found.name}"):
        sm.restore_secret(SecretId=found.name)
    return live(sm, found.name) or found


def _change(sm: Any, wanted: Wanted, found: Live, same_key: bool) -> None:
    with errors(f"writing {wanted.name}"):
        other_key = found.key_id != wanted.key_id and not same_key
        if other_key or found.description != wanted.description:
            sm.update_secret(SecretId=wanted.name, KmsKeyId=wanted.key_id, Description=wanted.description)
        if not wanted.tags.items() <= found.tags.items():
            tags = [{"Key": key, "Value": value} for key, value in wanted.tags.items()]
            sm.tag_resource(SecretId=wanted.name, Tags=tags)
    if found.value != wanted.value:
        write(sm, wanted.name, wanted.value)


def write(sm: Any, name: str, value: str) -> None:
    """Give a secret a new value; the one before is AWSPREVIOUS."""
    with errors(f"writing {name}"):
        sm.put_secret_value(SecretId=name, SecretString=value)


def mark_found(sm: Any, found: Live) -> None:
    """Remember at the secret which version was there, before anything is written over it.

    The tag remembers; the stage keeps the version, since one without a stage may be dropped.
    """
    if found.version:
        with errors(f"labelling {found.name}"):
            sm.update_secret_version_stage(
                SecretId=found.name, VersionStage=FOUND, MoveToVersionId=found.version
            )
            sm.tag_resource(SecretId=found.name, Tags=[{"Key": FOUND, "Value": found.version}])


def found_version(found: Live) -> str | None:
    """The version that was there when the secret was taken over; None when it never was."""
    return found.tags.get(FOUND)


def unmark_found(sm: Any, found: Live) -> None:
    """Forget which version was there."""
    for version, stages in found.stages.items():
        if FOUND in stages:
            with errors(f"unlabelling {found.name}"):
                sm.update_secret_version_stage(
                    SecretId=found.name, VersionStage=FOUND, RemoveFromVersionId=version
                )
    if FOUND in found.tags:
        untag(sm, found.name, [FOUND])


def untag(sm: Any, name: str, keys: list[str]) -> None:
    """Take tags away."""
    with errors(f"untagging {name}"):
        sm.untag_resource(SecretId=name, TagKeys=keys)


def delete(sm: Any, name: str, days: int = RECOVERY_DAYS) -> None:
    """Let a secret wait for its deletion; one that waits already, or is gone, is well."""
    found = live(sm, name, value=False)
    if found is None or found.deleted is not None:
        return
    with errors(f"deleting {name}"):
        try:
            sm.delete_secret(SecretId=name, RecoveryWindowInDays=days)
        except sm.exceptions.ClientError:  # asked for once already, the answer was lost
            found = live(sm, name, value=False)
            if found is not None and found.deleted is None:
                raise
