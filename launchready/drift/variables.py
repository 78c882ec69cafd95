"""The application's variables and what encrypts them: metadata only. No value is read, compared or shown.

A value that was changed shows by its version: the state has the one that the launch put.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from launchready.declared.environment import AWS_KEYS, Environment
from launchready.declared.types import Declared
from launchready.drift import outside
from launchready.drift.canonical import whole
from launchready.drift.compare import Run, Thing, compared
from launchready.drift.types import Difference
from launchready.evidence.types import AwsProbe

Json = Mapping[str, Any]
PLAIN, SECURE = "plain text", "encrypted"
_CURRENT = "AWSCURRENT"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One value that the launch keeps. ``kind``: of its resource; ``key``: what encrypts it, None: plain."""

    path: str
    resource: str
    kind: str
    region: str
    key: str | None
    description: str
    file_key: str

    @property
    def encrypted(self) -> bool:
        return self.key is not None


def differences(run: Run) -> Iterator[Difference]:
    wanted = list(_wanted(run.declared))
    for region, key in dict.fromkeys((one.region, one.key) for one in wanted if one.key is not None):
        yield from compared(run, _key(run, key or "", region))
    for one in wanted:
        yield from compared(run, _value(run, one))
    yield from compared(run, _strangers(run, wanted))


def _wanted(declared: Declared) -> Iterator[_Wanted]:
    environment, store = declared.environment, declared.key_store
    for one in environment.parameters if environment is not None else ():
        kind = "StoredSecret" if one.store == "secretsmanager" else "Parameter"
        key = environment.kms if one.secret and environment is not None else None
        region = environment.region if environment is not None else ""
        yield _Wanted(one.path, one.resource, kind, region, key, one.description, one.key)
    for plan in declared.dkim_keys if store is not None else ():
        if store is not None:
            kind = "StoredSecret" if store.target == "secretsmanager" else "Parameter"
            path, resource = store.path_of(plan.selector), f"dkim/{plan.selector} private"
            said = f"DKIM private key of selector {plan.selector} (launchready)"
            yield _Wanted(path, resource, kind, store.region, store.key_id, said, plan.key)


def _listed(run: Run, one: _Wanted) -> Json | None:
    """The listing's entry of a value, {} when it has none; None when it could not be listed."""
    for probe in _probes(run.declared, one.kind):
        if one.region != probe.region:
            continue
        result = run.aws(probe, f"variables below {one.path.rpartition('/')[0]}/")
        if result is None:
            return None
        entries = result.data.get("SecretList" if one.kind == "StoredSecret" else "Parameters", [])
        found = next((entry for entry in entries if entry["Name"] == one.path), None)
        if found is not None:
            return {} if found.get("DeletedDate") else dict(found)
    return {}


def _probes(declared: Declared, kind: str) -> Iterator[AwsProbe]:
    read = outside.secrets if kind == "StoredSecret" else outside.parameters
    environment, store = declared.environment, declared.key_store
    if environment is not None and (kind == "Parameter" or "secretsmanager" in environment.stores):
        yield read(environment.path, environment.region)
    target = "secretsmanager" if kind == "StoredSecret" else "ssm"
    if store is not None and declared.dkim_keys and store.target == target:
        yield read(store.path, store.region)


def _value(run: Run, one: _Wanted) -> Iterator[Thing]:
    entry = _listed(run, one)
    if entry is None:
        return
    resource = run.state.get(one.kind, one.resource)
    known = whole(resource.values.get("version")) if resource is not None else None
    live: dict[str, Any] | None = None
    if entry:
        version = entry.get("Version") if one.kind == "Parameter" else _current(run, one)
        encrypted = one.kind == "StoredSecret" or entry.get("Type") == "SecureString"
        live = {
            "kept": SECURE if encrypted else PLAIN,
            "key": _key_id(run, str(entry.get("KeyId" if one.kind == "Parameter" else "KmsKeyId") or ""), one)
            if encrypted
            else None,
            "description": str(entry.get("Description") or ""),
            "version": version if known is not None and version is not None else known,
        }
    declared = {
        "kept": SECURE if one.encrypted else PLAIN,
        "key": _key_id(run, one.key, one) if one.key is not None else None,
        "description": one.description, "version": known,
    }  # fmt: skip
    state = None
    if resource is not None:
        held = resource.values.get("key_id")
        state = {
            "kept": SECURE if held is not None else PLAIN,
            "key": _key_id(run, str(held), one) if held is not None else None,
            "description": str(resource.values.get("description") or ""), "version": known,
        }  # fmt: skip
    yield Thing(
        "variable", one.path, declared, live, state,
        facts={"secret": one.encrypted, "kind": one.kind, "key": one.file_key},
        show=_show,
    )  # fmt: skip


def _current(run: Run, one: _Wanted) -> str | None:
    """The version of a secret that applications get."""
    result = run.aws(outside.versions(one.path, one.region), one.path)
    listed = result.data.get("Versions", []) if result is not None else []
    return next((str(v["VersionId"]) for v in listed if _CURRENT in (v.get("VersionStages") or ())), None)


def _key_id(run: Run, key: str, one: _Wanted) -> str:
    """A key's id, whatever names it: id, ARN or alias. A key that can't be looked up stays as it is named."""
    usual = AWS_KEYS["secretsmanager" if one.kind == "StoredSecret" else "ssm"]
    key = key or usual
    if ":key/" in key:
        return key.rpartition("/")[2]
    made = run.state.get("Key", "environment key")
    if made is not None and made.values.get("alias") == key:
        return made.id
    for result in run.outside.aws.values():
        told = result.data.get("KeyMetadata") if result.probe.operation == "describe_key" else None
        if told and json_key(result.probe.parameters) in (key, told.get("Arn"), told.get("KeyId")):
            return str(told["KeyId"])
    return key


def json_key(parameters: str) -> str:
    """The key that a read of KMS asked for."""
    return str(json.loads(parameters).get("KeyId", ""))


def _show(side: Json) -> str:
    parts = [str(side["kept"])]
    if side["key"]:
        parts.append(f"with key {side['key']}")
    if side["version"] is not None:
        parts.append(f"version {side['version']}")
    if side["description"]:
        parts.append(f"“{side['description']}”")
    return ", ".join(parts)


def _key(run: Run, key: str, region: str) -> Iterator[Thing]:
    result = run.aws(outside.key(key, region), f"KMS key {key}")
    if result is None:
        return
    resource = run.state.get("Key", "environment key")
    told = None if result.missing else result.data.get("KeyMetadata", {})
    live = None if told is None else {"state": str(told.get("KeyState"))}
    fix = None
    if live is None and resource is not None and resource.values.get("alias") == key:
        # its alias is gone, or the key as well: then this says so, and launching again makes another
        fix = run.fixes.aws(
            "kms", "create-alias", "--alias-name", key, "--target-key-id", resource.id, region=region
        )
    elif live is not None and live["state"] == "PendingDeletion":
        fix = (
            run.fixes.aws("kms", "cancel-key-deletion", "--key-id", str((told or {})["KeyId"]), region=region)
            + " && "
            + run.fixes.aws("kms", "enable-key", "--key-id", str((told or {})["KeyId"]), region=region)
        )
    elif live is not None:
        fix = run.fixes.aws("kms", "enable-key", "--key-id", str((told or {})["KeyId"]), region=region)
    own = resource is not None and resource.values.get("alias") == key
    yield Thing(
        "key", f"KMS key {key}", {"state": "Enabled"}, live, {"state": "Enabled"} if own else None, fix,
        show=lambda side: str(side["state"]), stateless=not own,
    )  # fmt: skip


def _strangers(run: Run, wanted: list[_Wanted]) -> Iterator[Thing]:
    """What lies at the client's path that nobody declares."""
    environment = run.declared.environment
    if environment is None:
        return
    known = {(one.kind, one.path) for one in wanted}
    for kind, (entries, delete) in _found(run, environment).items():
        for entry in entries:
            path = str(entry["Name"])
            if (kind, path) in known or not path.startswith(environment.path) or entry.get("DeletedDate"):
                continue
            resource = next((one for one in run.state.of(kind) if one.id == path), None)
            name = path.removeprefix(environment.path)
            fix = (
                f"{run.fixes.aws(*delete, path, region=environment.region)}\n"
                f"or declare it: {name}=… in a .env file, then launch env import {run.fixes.client} .env"
            )
            yield Thing(
                "variable", path, None, {"kept": entry.get("Type") or SECURE},
                None if resource is None else {"kept": SECURE}, fix if resource is None else None,
                {"secret": kind == "StoredSecret" or entry.get("Type") == "SecureString", "kind": kind},
                lambda side: "a secret" if side["kept"] in (SECURE, "SecureString") else "plain text",
            )  # fmt: skip


def _found(run: Run, environment: Environment) -> dict[str, tuple[list[Json], tuple[str, ...]]]:
    """Kind → its entries below the client's path, and the command that deletes one."""
    found: dict[str, tuple[list[Json], tuple[str, ...]]] = {}
    listed = run.aws(outside.parameters(environment.path, environment.region), environment.path)
    if listed is not None:
        found["Parameter"] = (listed.data.get("Parameters", []), ("ssm", "delete-parameter", "--name"))
    if "secretsmanager" in environment.stores:
        secrets = run.aws(outside.secrets(environment.path, environment.region), environment.path)
        if secrets is not None:
            entries = secrets.data.get("SecretList", [])
            found["StoredSecret"] = (entries, ("secretsmanager", "delete-secret", "--secret-id"))
    return found
