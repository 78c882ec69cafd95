"""Back to an earlier launch, whole: its client file, through the same program, guard and gateway.

The resources converge to what the snapshot's client file declares (what was deleted by hand comes back,
what was added since goes), then the records, settings and rules that no launch owns are put back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from launchready.snapshot.change import Done
from launchready.snapshot.choose import ROLLBACK, Target
from launchready.snapshot.manifest import CLIENT_FILE, Kind, Manifest, sha256
from launchready.snapshot.project import Project
from launchready.snapshot.store import Store
from launchready.snapshot.take import Snapshot, listed, manifest_of

SCHEMA = "launchready.rollback/1"


@dataclass(frozen=True, slots=True)
class Restored:
    """What a rollback did. ``wanted``: the digest of the snapshot's zone. ``cannot``: what it can't undo, in
    words. ``working_file``: does the client file on disk still say otherwise?"""

    target: Target
    wanted: str
    done: Done
    cannot: tuple[str, ...]
    working_file: bool

    @property
    def zone_equal(self) -> bool:
        """Is the zone again what the snapshot has: records, settings, rules, signing?"""
        return self.done.world_digest == self.wanted

    def document(self, verification: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON document; ``verification``: the verifier's own."""
        done, manifest = self.done, self.target.manifest
        return {
            "schema": SCHEMA,
            "client": manifest.client,
            "domain": manifest.domain,
            "to": manifest.id,
            "why": self.target.why,
            "taken": manifest.taken,
            "changed": done.changed,
            "changes": {kind: count for kind, count in sorted(done.changes.items()) if count},
            "plan": done.plan.hash,
            "before": done.before.id if done.before is not None else None,
            "after": done.after.id if done.after is not None else None,
            "zone_equal": self.zone_equal,
            "not_owned": done.foreign.lines(),
            "left": list(done.left),
            "cannot_undo": list(self.cannot),
            "working_file_differs": self.working_file,
            "verification": dict(verification),
        }


def irrevocable(snapshot: Snapshot, now: Mapping[str, Any] | None, project: Project) -> tuple[str, ...]:
    """What a rollback can't undo. ``now``: the zone (id, name_servers) as it is, None without one."""
    then = snapshot.world.zone if snapshot.world is not None else {}
    found = [
        "mail that was sent, delivered or refused in the meantime",
        "certificates that were issued: they stay in the public logs, and valid until they end",
        "what resolvers and browsers keep: old answers and redirects live on until their time runs out",
    ]
    servers = _servers(then)
    if now is None or now.get("id") != then.get("id"):
        found.insert(
            0,
            "the zone itself is another one than then: at the registrar, set the name servers (and the DS "
            "record) that `launch pulumi -- stack output` tells",
        )
    else:
        told = f" (the zone's name servers are {', '.join(servers)})" if servers else ""
        found.insert(0, f"what was changed at the registrar: name servers and the DS record{told}")
    if project.rotated:
        names = ", ".join(project.rotated)
        kept = f"secrets rotated since, which keep today's value (see --old-secrets): {names}"
        old = f"the rotation of secrets where they are issued; they have their old values again: {names}"
        found.append(kept if project.kept else old)
    return tuple(found)


def _servers(zone: Mapping[str, Any]) -> list[str]:
    return [str(one) for one in zone.get("name_servers") or ()]


def live_file(store: Store, world: str) -> bytes | None:
    """The client file of the newest launch of a world, where its snapshot has it intact."""
    for manifest in reversed(listed(store)[0]):
        if manifest.world == world and manifest.kind is Kind.LAUNCH:
            content = store.read(manifest.id, CLIENT_FILE)
            if content is not None and sha256(content) == manifest.client_sha256:
                return content
    return None


def keep_proof(store: Store, restored: Restored, world: str, verdict: str) -> Manifest | None:
    """Write into the snapshot of a rolled-back launch what verified it; None where there is none."""
    after = restored.done.after
    newest = after.id if after is not None else _rolled_back(store, restored.target.manifest)
    if newest is None:
        return None
    manifest = manifest_of(store, newest)
    proof = {
        "at": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "world": world,
        "verdict": verdict,
        "zone_equal": restored.zone_equal,
    }
    proved = replace(manifest, proof=proof)
    store.rewrite(newest, proved.encode())
    return proved


def _rolled_back(store: Store, target: Manifest) -> str | None:
    """The same rollback once more: the snapshot that the first one made."""
    return target.id if target.reason == ROLLBACK and target.kind is Kind.LAUNCH else None
