"""What the machine that keeps the snapshots can tell the verifier, as plain JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from launchready.client_file import read
from launchready.client_file.model import ClientFile
from launchready.errors import LaunchreadyError
from launchready.snapshot.choose import ROLLBACK
from launchready.snapshot.manifest import CLIENT_FILE, Kind, Manifest
from launchready.snapshot.store import Store
from launchready.snapshot.take import damage, listed

_NO_LAUNCH = {"client": "", "path": None, "waivers": (), "portal": None, "guard": None}
"""Parts of a client file that change nothing in the world, each at one value."""


def local_evidence(store: Store, client: ClientFile, world: str, *, named: bool) -> dict[str, Any] | None:
    """Facts about the snapshots of a client; None where this machine can't know.

    ``named``: was the place of the snapshots named? A default one that has none of this world says nothing.
    Shape: ``{"place", "launch": {"id", "taken", "damage": [words], "same": bool} | null,
    "rehearsed": {"id", "at", "verdict", "zone_equal", "damage"} | null}``. Raises StoreError.
    """
    found, broken = listed(store)
    mine = [one for one in found if one.world == world]
    if not mine and not named:
        return None
    launches = [one for one in mine if one.kind is Kind.LAUNCH]
    rehearsed = [one for one in found if _rehearsed(one)]
    return {
        "place": store.place(),
        "unreadable": sorted(broken),
        "launch": _launch(store, client, launches[-1]) if launches else None,
        "rehearsed": _proof(store, rehearsed[-1]) if rehearsed else None,
    }


def _rehearsed(manifest: Manifest) -> bool:
    return manifest.reason == ROLLBACK and manifest.proof is not None and manifest.world.startswith("edge")


def _launch(store: Store, client: ClientFile, manifest: Manifest) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "taken": manifest.taken,
        "damage": list(damage(store, manifest)),
        "same": _same(store.read(manifest.id, CLIENT_FILE), client),
    }


def _proof(store: Store, manifest: Manifest) -> dict[str, Any]:
    proof = manifest.proof or {}
    return {
        "id": manifest.id,
        "at": proof.get("at"),
        "verdict": proof.get("verdict"),
        "zone_equal": proof.get("zone_equal"),
        "damage": list(damage(store, manifest)),
    }


def _same(content: bytes | None, client: ClientFile) -> bool:
    """Does a snapshot's client file declare the same launch?"""
    if content is None:
        return False
    with tempfile.TemporaryDirectory(prefix="launchready-compare-") as scratch:
        path = Path(scratch) / f"Pulumi.{client.client}.yaml"
        path.write_bytes(content)
        try:
            then = read(path).client
        except LaunchreadyError:
            return False
    return then.model_copy(update=_NO_LAUNCH) == client.model_copy(update=_NO_LAUNCH)
