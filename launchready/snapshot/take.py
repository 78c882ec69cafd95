"""Taking a snapshot, reading one back, and finding out whether one is intact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import launchready
from launchready.client_file.secrets import PassphraseKey
from launchready.errors import InputError, Where
from launchready.snapshot.git import Revision
from launchready.snapshot.manifest import CLIENT_FILE, NAME, File, Kind, Manifest, decode, name_of, sha256
from launchready.snapshot.seal import SUFFIX, seal, unseal
from launchready.snapshot.state import State, parse_state
from launchready.snapshot.store import Store
from launchready.snapshot.world import World

STATE, ZONE_FILE, RECORDS, SETTINGS, DNSSEC, RULESETS, ROUTES = (
    "state.json", "zone.bind", "records.json", "settings.json", "dnssec.json", "rulesets.json", "routes.json",
)  # fmt: skip
SEALED = frozenset({STATE, RULESETS})
"""What may hold secrets: the state's own, and header values in rules."""


@dataclass(frozen=True, slots=True)
class Taking:
    """What a snapshot is of; see ``Manifest``. ``client_file``: its content, None where there is none."""

    kind: Kind
    client: str
    domain: str
    world_name: str
    reason: str
    state: State
    world: World | None
    client_file: bytes | None
    client_file_is: str
    git: Revision | None
    plan: str = ""
    before: str | None = None
    to: str | None = None
    proof: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that was read back whole, every checksum right."""

    manifest: Manifest
    state: State
    world: World | None
    client_file: bytes | None


def take(store: Store, taking: Taking, key: PassphraseKey, now: datetime | None = None) -> Manifest:
    """Store a snapshot, whole or not at all; its manifest. Raises StoreError.

    Its time is later than that of every other there is, so that ids sort as they were made.
    """
    plain = _contents(taking)
    content = {
        name + (SUFFIX if name in SEALED else ""): seal(key, one) if name in SEALED else one
        for name, one in plain.items()
    }
    taken = _after((now or datetime.now(UTC)).replace(microsecond=0), store.ids())
    files = tuple(
        File(name, len(one), sha256(one), name.endswith(SUFFIX)) for name, one in sorted(content.items())
    )
    world = taking.world
    manifest = Manifest(
        id=name_of(taken, files),
        kind=taking.kind,
        client=taking.client,
        domain=taking.domain,
        world=taking.world_name,
        taken=taken.isoformat(),
        reason=taking.reason,
        zone=None if world is None else world.zone,
        records=0 if world is None else len(world.records),
        resources=len(taking.state.resources),
        world_digest="" if world is None else world.digest,
        plan=taking.plan,
        client_file=taking.client_file_is,
        client_sha256="" if taking.client_file is None else sha256(taking.client_file),
        salt=key.encryptionsalt,
        files=files,
        git=None if taking.git is None else asdict(taking.git),
        before=taking.before,
        to=taking.to,
        proof=taking.proof,
        missing=() if world is None else world.missing,
        made_by=f"launchready {launchready.__version__}",
    )
    store.write(manifest.id, {**content, NAME: manifest.encode()})
    return manifest


def _contents(taking: Taking) -> dict[str, bytes]:
    found = {STATE: taking.state.content}
    if taking.client_file is not None:
        found[CLIENT_FILE] = taking.client_file
    world = taking.world
    if world is not None:
        found[ZONE_FILE] = world.bind.encode()
        found[RECORDS] = _json(list(world.records))
        found[SETTINGS] = _json({"values": dict(world.settings), "editable": sorted(world.editable)})
        found[DNSSEC] = _json(dict(world.dnssec))
        found[RULESETS] = _json(list(world.rulesets))
        found[ROUTES] = _json(list(world.routes))
    return found


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode()


def _after(now: datetime, ids: list[str]) -> datetime:
    """``now``, or a second after the newest snapshot where a clock went back or two fall into a second."""
    if not ids:
        return now
    newest = datetime.strptime(ids[-1].partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return max(now, newest + timedelta(seconds=1))


def manifest_of(store: Store, snapshot: str) -> Manifest:
    """A snapshot's manifest. Raises InputError when there is none, or it is damaged."""
    content = store.read(snapshot, NAME)
    if content is None:
        raise InputError(
            f"there is no snapshot {snapshot} at {store.place()}", fix="`launch snapshots CLIENT` lists them"
        )
    manifest = decode(content, _where(store, snapshot, NAME))
    if manifest.id != snapshot or name_of(manifest.at, manifest.files) != snapshot:
        raise InputError(
            "the snapshot's manifest is not the one that was stored: it lists other files",
            where=_where(store, snapshot, NAME),
            fix="use another snapshot: `launch snapshots CLIENT` lists them",
        )
    return manifest


def damage(store: Store, manifest: Manifest) -> tuple[str, ...]:
    """What is wrong with a snapshot's files, in words; nothing when every checksum is right."""
    found = []
    for file in manifest.files:
        content = store.read(manifest.id, file.name)
        if content is None:
            found.append(f"{file.name} is missing")
        elif sha256(content) != file.sha256:
            found.append(f"{file.name} is not what was stored ({len(content)} of {file.bytes} bytes)")
    return tuple(found)


def load(store: Store, snapshot: str, sealer: Any) -> Snapshot:
    """Read a snapshot back. Raises InputError when it is damaged, or the passphrase is not the right one."""
    manifest = manifest_of(store, snapshot)
    wrong = damage(store, manifest)
    if wrong:
        raise InputError(
            f"the snapshot {snapshot} is damaged: {'; '.join(wrong)}",
            where=_where(store, snapshot, ""),
            fix="use another one: `launch snapshots CLIENT` lists them",
        )
    key = sealer.key(manifest.salt, _where(store, snapshot, NAME))

    def content(name: str) -> bytes:
        stored = name + SUFFIX if name in SEALED else name
        found = store.read(snapshot, stored)
        if found is None or all(file.name != stored for file in manifest.files):
            raise InputError(f"the snapshot {snapshot} has no {stored}", where=_where(store, snapshot, ""))
        return unseal(key, found, _where(store, snapshot, stored)) if name in SEALED else found

    client_file = None if manifest.client_file == "none" else content(CLIENT_FILE)
    return Snapshot(manifest, parse_state(content(STATE)), _world(manifest, content), client_file)


def _world(manifest: Manifest, content: Any) -> World | None:
    if manifest.zone is None:
        return None
    settings = json.loads(content(SETTINGS))
    return World(
        zone=manifest.zone,
        bind=content(ZONE_FILE).decode(),
        records=tuple(json.loads(content(RECORDS))),
        settings=settings["values"],
        editable=frozenset(settings["editable"]),
        dnssec=json.loads(content(DNSSEC)),
        rulesets=tuple(json.loads(content(RULESETS))),
        routes=tuple(json.loads(content(ROUTES))),
        missing=manifest.missing,
    )


def _where(store: Store, snapshot: str, name: str) -> Where:
    return Where(key=f"{store.place(snapshot)}/{name}".rstrip("/"))


def listed(store: Store) -> tuple[list[Manifest], dict[str, str]]:
    """(manifests, oldest first; id → why its manifest can't be read). Raises StoreError."""
    found, broken = [], {}
    for snapshot in store.ids():
        try:
            found.append(manifest_of(store, snapshot))
        except InputError as error:
            broken[snapshot] = error.what
    return found, broken
