"""`launch adopt --live`: an existing zone becomes a client file, and its resources the state's.

``adopt_live`` reads and writes the file; ``take_over`` imports and shows the preview. Nothing in the zone is
changed: the plan that would change anything is not run, and an import changes nothing.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from launchready.adopt.live_draft import draft_of
from launchready.adopt.live_file import live_text
from launchready.adopt.live_ids import import_ids
from launchready.adopt.live_read import read_found
from launchready.adopt.result import AdoptResult, LiveResult
from launchready.client_file.files import write_atomically
from launchready.client_file.lint import lint
from launchready.client_file.loader import STACKS, read, valid_client_name
from launchready.client_file.yaml12 import read_text
from launchready.declared import Declared, declare
from launchready.drift.api import ReadApi
from launchready.errors import EngineError, InputError, Where
from launchready.rehearse.provision import Stack

IMPORTS = "LAUNCHREADY_IMPORTS"
"""What components.imports reads."""
PROVIDED = "cloudflare:"
HARMLESS = ("same", "import", "read", "refresh")
Say = Callable[[str], None]


def target(client: str, root: Path) -> Path:
    """Where the client file belongs. Raises InputError for a name that is none, or a file that is there."""
    if not valid_client_name(client):
        raise InputError(f"{client!r} is no client name", fix="use letters, digits, - and _")
    path = root / STACKS / f"Pulumi.{client}.yaml"
    if path.exists():
        raise InputError("exists already and is never overwritten", where=Where(path), fix="move it away")
    return path


async def adopt_live(
    client: str, api: ReadApi, domain: str | None, root: Path, *, today: date | None = None
) -> AdoptResult:
    """Read the zone, write ``stacks/Pulumi.<client>.yaml`` and ``<client>.adopted.json``.

    Raises InputError before anything is written when the client exists or the zone can't be adopted, and
    ApiError when the zone can't be read.
    """
    path = target(client, root)
    found = await read_found(api, domain)
    draft = draft_of(found, today)
    report = path.with_name(f"{client}.adopted.json")
    text, refused = live_text(client, found.id, report.name, draft.values(), draft.refused, str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text, replace=False)
    loaded = read(path)
    declared = declare(loaded.client)
    rules = sum(
        len(ruleset.get("rules") or ()) for phase, ruleset in found.rulesets.items() if "redirect" in phase
    )
    result = AdoptResult(
        client,
        found.domain,
        found.plan,
        path,
        report,
        len(found.records),
        len(draft.records),
        rules,
        rules - sum(1 for one in refused if one.what == "redirect"),
        tuple(refused),
        _notes(draft.defaults, declared.dnssec),
        tuple(lint(loaded.client, loaded.positions, today=today)),
        LiveResult(found.id, import_ids(declared, found), api.calls),
    )
    keep(result)
    return result


def _notes(defaults: set[str], dnssec: bool) -> tuple[str, ...]:
    notes = [f"{key}: the zone has launchready's own rules, taken over" for key in sorted(defaults)]
    if not dnssec:
        notes.append("tls.dnssec: false – the zone is not signed; true signs it at the next `launch up`")
    return (*notes, "guard.max_delete: 0 – raise it when something of the zone is meant to go")


def keep(result: AdoptResult) -> None:
    """Write the report beside the client file."""
    write_atomically(result.report, json.dumps(result.document(), indent=1, ensure_ascii=False) + "\n")


def begun(client: str, root: Path) -> Mapping[str, str] | None:
    """The imports of an adoption whose file is written; None where there is none to go on with."""
    path = root / STACKS / f"Pulumi.{client}.yaml"
    report = path.with_name(f"{client}.adopted.json")
    if not (valid_client_name(client) and path.exists() and report.exists()):
        return None
    try:
        imports = json.loads(read_text(report)).get("live", {}).get("imports")
    except (ValueError, AttributeError):
        return None
    return imports if isinstance(imports, dict) else None


def concluded(client: str, root: Path, *, imported: bool, changes: Sequence[str]) -> dict[str, Any]:
    """The report with what came of the import and the preview; it is written so, too."""
    report = root / STACKS / f"{client}.adopted.json"
    document: dict[str, Any] = json.loads(read_text(report))
    document["live"] |= {"imported": imported, "changes": list(changes)}
    write_atomically(report, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    return document


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the engine would do: ``operation`` to the resource ``name`` of ``kind``."""

    operation: str
    kind: str
    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.operation} {self.kind} {self.name}" + (f" ({self.key})" if self.key else "")


def keyed(changes: Iterable[Change], declared: Declared) -> tuple[Change, ...]:
    """The changes with the keys of the client file that declare what they are about."""
    keys = {record.resource: record.key for record in declared.records}
    keys |= {setting.id: setting.key for setting in declared.settings}
    keys |= {
        declared.domain: "zone", "redirects": "redirects", "universal_ssl": "tls.universal",
        "dnssec": "tls.dnssec", "certificate": "tls.certificates", "cache": "cache",
        "tiered-cache": "cache.tiered", "tiered-caching": "cache.tiered", "response-headers": "headers",
    }  # fmt: skip
    return tuple(replace(change, key=keys.get(change.name, "")) for change in changes)


@dataclass(slots=True)
class _Plan:
    """The events of a preview."""

    changes: list[Change]
    refused: list[str]

    def event(self, event: Mapping[str, Any]) -> None:
        metadata = (event.get("resourcePreEvent") or {}).get("metadata")
        if metadata is not None and metadata["op"] not in HARMLESS:
            kind = str(metadata["type"])
            name = str(metadata["urn"]).split("::", 3)[-1]
            self.changes.append(Change(str(metadata["op"]), kind, name))
        told = event.get("diagnosticEvent") or {}
        if "inputs to import do not match" in str(told.get("message", "")):
            self.refused.append(str(told.get("urn", "")).split("::", 3)[-1])


async def take_over(stack: Stack, imports: Mapping[str, str], say: Say) -> tuple[Change, ...]:
    """Import what the map names; what would have to change first, in which case nothing is imported.

    Raises EngineError when the engine can't finish; running it again goes on.
    """
    with tempfile.TemporaryDirectory(prefix="launchready-imports-") as scratch:
        place = Path(scratch) / "imports.json"
        place.write_text(json.dumps(imports))
        importing = replace(stack, env={**stack.env, IMPORTS: str(place)})
        say(f"importing {len(imports)} resources")
        plan = _Plan([], [])
        await importing.plan("up", on_raw=plan.event)
        unequal = [Change("import", "", name) for name in plan.refused]
        stopping = [*unequal, *(one for one in plan.changes if one.kind.startswith(PROVIDED))]
        if stopping:
            return tuple(stopping)
        await importing.operate("up")
    return ()


async def preview(stack: Stack, on_line: Say) -> tuple[Change, ...]:
    """`launch preview`, told line by line; what would change."""
    plan = _Plan([], [])
    result = await stack.plan("up", on_raw=plan.event, on_line=on_line)
    if result.changed and not plan.changes:
        raise EngineError("the engine would change something and does not say what")
    return tuple(plan.changes)
