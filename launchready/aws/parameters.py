"""Systems Manager's Parameter Store: put, read, list, history, labels, tags.

Facts (API reference, November 2026): a parameter's type can't be changed in place, nor its tier from
advanced to standard; tags can't be given with an overwrite; the 100 newest versions are kept, and one
with a label is never dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from launchready.aws.session import code_of, errors
from launchready.client_file.plans import AWS_LIMITS
from launchready.errors import InputError

PLAIN, SECURE = "String", "SecureString"
DEFAULT_KEY = "alias/aws/ssm"
"""What encrypts where no key was named."""
CURRENT, PREVIOUS = "current", "previous"
"""Labels that move along: what the application gets, and what it got before."""
FOUND = "launchready-found"
"""Label of the version that a parameter had when it was taken over; given back when it is let go."""
_BATCH = 10
"""Names that one GetParameters call takes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A parameter as it should be. ``key_id``: id, ARN or alias of a KMS key; None is plain text.

    ``tier``: standard, advanced or auto (standard while the value fits and it isn't advanced already).
    """

    name: str
    value: str = field(repr=False)
    key_id: str | None = None
    tier: str = "auto"
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        return PLAIN if self.key_id is None else SECURE

    def tier_beside(self, live: Live | None) -> str:
        """``Standard`` or ``Advanced``."""
        if self.tier != "auto":
            return self.tier.capitalize()
        big = len(self.value.encode("utf-8")) > AWS_LIMITS.standard_bytes
        return "Advanced" if big or (live is not None and live.tier == "Advanced") else "Standard"

    def check(self) -> None:
        """Raises InputError for what AWS would refuse, before it is asked (and moto would take)."""
        size = len(self.value.encode("utf-8"))
        limit = AWS_LIMITS.standard_bytes if self.tier == "standard" else AWS_LIMITS.advanced_bytes
        if not size:
            raise InputError(f"{self.name} is empty", fix="give it a value, or take the variable out")
        if size > limit:
            raise InputError(
                f"{self.name} has {size} bytes, more than the {limit} of its tier",
                fix="use tier: auto or target: secretsmanager",
            )


@dataclass(frozen=True, slots=True)
class Live:
    """A parameter as it is. ``value`` is None where it wasn't asked for."""

    name: str
    arn: str
    type: str
    version: int
    tier: str
    key_id: str | None
    modified: datetime
    description: str = ""
    value: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a parameter, without its value."""

    version: int
    modified: datetime
    labels: tuple[str, ...]
    user: str


def live(ssm: Any, name: str) -> Live | None:
    """A parameter with its value decrypted; None when there is none."""
    read = _get(ssm, name)
    if read is None:
        return None
    found = next(described(ssm, {"Key": "Name", "Option": "Equals", "Values": [name]}), None)
    if found is None:
        return None
    return Live(**{**_fields(found), "arn": str(read["ARN"]), "value": str(read["Value"])})


def value_of(ssm: Any, name: str, version: int | str | None = None) -> str | None:
    """A parameter's decrypted value, of one version or label if given; None when there is none."""
    read = _get(ssm, name if version is None else f"{name}:{version}")
    return None if read is None else str(read["Value"])


def _get(ssm: Any, name: str, *, decrypt: bool = True) -> Mapping[str, Any] | None:
    with errors(f"reading {name}"):
        try:
            found: Mapping[str, Any] = ssm.get_parameter(Name=name, WithDecryption=decrypt)["Parameter"]
            return found
        except ssm.exceptions.ClientError as error:
            if code_of(error) in ("ParameterNotFound", "ParameterVersionNotFound"):
                return None
            raise


def arn_of(ssm: Any, name: str) -> str:
    """A parameter's ARN, read without its value where a listing lacks it; empty when there is none."""
    read = _get(ssm, name, decrypt=False)
    return "" if read is None else str(read["ARN"])


def values(ssm: Any, names: list[str]) -> dict[str, str]:
    """Name → decrypted value, of those that exist."""
    found: dict[str, str] = {}
    with errors("reading parameters"):
        for start in range(0, len(names), _BATCH):
            answer = ssm.get_parameters(Names=names[start : start + _BATCH], WithDecryption=True)
            found.update((p["Name"], p["Value"]) for p in answer["Parameters"])
    return found


def listed(ssm: Any, path: str) -> dict[str, Live]:
    """Name → metadata (no value) of every parameter below a path."""
    root = path.rstrip("/") or "/"
    entries = described(ssm, {"Key": "Path", "Option": "Recursive", "Values": [root]})
    return {entry["Name"]: _described(entry) for entry in entries}


def described(ssm: Any, criterion: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """DescribeParameters' entries for one filter, all pages."""
    with errors("listing parameters"):
        pages = ssm.get_paginator("describe_parameters").paginate(ParameterFilters=[dict(criterion)])
        for page in pages:
            yield from page["Parameters"]


def put(ssm: Any, wanted: Wanted, found: Live | None, *, same_key: bool = False) -> Live:
    """Make a parameter what it should be, with no more writes than that takes; gives what it is then.

    ``found``: what ``live`` said. ``same_key``: it is encrypted with the wanted key, by whatever name.
    The value before keeps its version and gets the label ``previous``.
    A parameter of another type is replaced, and its history with it.
    """
    wanted.check()
    if found is not None and found.type != wanted.type:
        delete(ssm, wanted.name)
        found = None
    if found is None or not matches(wanted, found, same_key=same_key):
        _write(ssm, wanted, found)
    if found is not None:
        add_tags(ssm, wanted.name, wanted.tags)
    now = live(ssm, wanted.name)
    if now is None:
        raise InputError(f"{wanted.name} was written and is not there", fix="run it again")
    _label(ssm, now, found)
    return now


def matches(wanted: Wanted, found: Live, *, same_key: bool = False) -> bool:
    """Whether nothing has to be written."""
    return (
        found.value == wanted.value
        and (same_key or found.key_id == wanted.key_id)
        and found.tier == wanted.tier_beside(found)
        and found.description == wanted.description
    )


def _write(ssm: Any, wanted: Wanted, found: Live | None) -> None:
    request: dict[str, Any] = {
        "Name": wanted.name,
        "Value": wanted.value,
        "Type": wanted.type,
        "Tier": wanted.tier_beside(found),
        "Description": wanted.description,
        "Overwrite": found is not None,
    }
    if wanted.key_id is not None:
        request["KeyId"] = wanted.key_id
    if found is None and wanted.tags:
        request["Tags"] = [{"Key": key, "Value": value} for key, value in wanted.tags.items()]
    with errors(f"writing {wanted.name}"):
        try:
            ssm.put_parameter(**request)
        except ssm.exceptions.ClientError as error:
            if code_of(error) != "ParameterAlreadyExists":
                raise
            # made by an earlier try, whose answer was lost, or by somebody else just now
            now = live(ssm, wanted.name)
            if now is None or not matches(wanted, now):
                raise


def _label(ssm: Any, now: Live, before: Live | None) -> None:
    """``current`` on what is in force, ``previous`` on what was; both move along, so none stays behind."""
    pairs = [(now.version, CURRENT)]
    if before is not None and before.version != now.version:
        pairs.append((before.version, PREVIOUS))
    with errors(f"labelling {now.name}"):
        for version, label in pairs:
            ssm.label_parameter_version(Name=now.name, ParameterVersion=version, Labels=[label])


def history(ssm: Any, name: str) -> list[Version]:
    """A parameter's versions, the oldest first, without values; empty when there is none."""
    with errors(f"reading the history of {name}"):
        pages = ssm.get_paginator("get_parameter_history").paginate(Name=name, WithDecryption=False)
        try:
            entries = [entry for page in pages for entry in page["Parameters"]]
        except ssm.exceptions.ClientError as error:
            if code_of(error) == "ParameterNotFound":
                return []
            raise
    found = (
        Version(
            int(entry["Version"]),
            entry["LastModifiedDate"],
            tuple(sorted(entry.get("Labels", ()))),
            str(entry.get("LastModifiedUser", "")),
        )
        for entry in entries
    )
    return sorted(found, key=lambda version: version.version)


def tags(ssm: Any, name: str) -> dict[str, str]:
    """A parameter's tags."""
    with errors(f"reading the tags of {name}"):
        answer = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
    return {tag["Key"]: tag["Value"] for tag in answer["TagList"]}


def add_tags(ssm: Any, name: str, wanted: Mapping[str, str]) -> None:
    """Add tags; others stay."""
    if wanted:
        with errors(f"tagging {name}"):
            ssm.add_tags_to_resource(
                ResourceType="Parameter",
                ResourceId=name,
                Tags=[{"Key": key, "Value": value} for key, value in wanted.items()],
            )


def remove_tags(ssm: Any, name: str, keys: list[str]) -> None:
    """Take tags away."""
    with errors(f"untagging {name}"):
        ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=keys)


def mark_found(ssm: Any, found: Live) -> None:
    """Remember in Parameter Store itself which version was there, before anything is written over it."""
    with errors(f"labelling {found.name}"):
        ssm.label_parameter_version(Name=found.name, ParameterVersion=found.version, Labels=[FOUND])


def found_version(ssm: Any, name: str) -> int | None:
    """The version that was there when the parameter was taken over; None when it never was."""
    return next((one.version for one in history(ssm, name) if FOUND in one.labels), None)


def unlabel(ssm: Any, name: str) -> None:
    """Take the labels away that were attached here."""
    for version in history(ssm, name):
        own = [label for label in (CURRENT, PREVIOUS, FOUND) if label in version.labels]
        if own:
            with errors(f"unlabelling {name}"):
                ssm.unlabel_parameter_version(Name=name, ParameterVersion=version.version, Labels=own)


def delete(ssm: Any, name: str) -> None:
    """Delete a parameter and its history; one that is gone is well."""
    with errors(f"deleting {name}"):
        try:
            ssm.delete_parameter(Name=name)
        except ssm.exceptions.ClientError as error:
            if code_of(error) != "ParameterNotFound":
                raise


def _fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": str(entry["Name"]),
        "arn": str(entry.get("ARN", "")),
        "type": str(entry["Type"]),
        "version": int(entry["Version"]),
        "tier": str(entry.get("Tier") or "Standard"),
        "key_id": str(entry.get("KeyId") or DEFAULT_KEY) if entry["Type"] == SECURE else None,
        "modified": entry["LastModifiedDate"],
        "description": str(entry.get("Description") or ""),
    }


def _described(entry: Mapping[str, Any]) -> Live:
    return Live(**_fields(entry))
