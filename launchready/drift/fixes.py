"""The command that mends a drift, or adopts it: exact, for this client and this world.

Tokens and addresses are named by the environment variables that hold them, never written out.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.drift.api import LIVE_API
from launchready.drift.canonical import Rec


@dataclass(frozen=True, slots=True)
class Fixes:
    """``edge``: the edge.json that the run was given, or None. ``zone_id``: "" while unknown."""

    client: str
    domain: str
    zone_id: str = ""
    edge: Path | None = None
    file: str = ""

    @property
    def _edge(self) -> str:
        return f" --edge {shlex.quote(str(self.edge))}" if self.edge is not None else ""

    def up(self) -> str:
        """Put back what is declared. What is live is read first: the state does not know of the change."""
        return f"launch up {self.client} --refresh{self._edge}"

    def apply(self) -> str:
        """Launch what the client file says now."""
        return f"launch up {self.client}{self._edge}"

    def refresh(self) -> str:
        """Let the state see what is live."""
        return self._with_environment(f"launch pulumi -- refresh --yes -s {self.client}")

    def _with_environment(self, command: str) -> str:
        if self.edge is None:
            return command
        return f'eval "$(launch edge env --dir {shlex.quote(str(self._directory))})" && {command}'

    @property
    def _directory(self) -> Path:
        edge = self.edge or Path()
        return edge if edge.is_dir() else edge.parent

    # ---- Cloudflare ------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None) -> str:
        """One call of Cloudflare's API. ``path`` begins with /; {zone} is the zone's id."""
        where = path.replace("{zone}", self.zone_id)
        parts = [f'curl -fsS -X {method} -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN"']
        if body is not None:
            parts.append(f"-H 'Content-Type: application/json' --data {shlex.quote(json.dumps(body))}")
        parts.append(f'"${{CLOUDFLARE_BASE_URL:-{LIVE_API}}}{where}"')
        return self._with_environment(" ".join(parts))

    def delete_record(self, record_id: str) -> str:
        return self.call("DELETE", f"/zones/{{zone}}/dns_records/{record_id}")

    def import_record(self, record_id: str, resource: str, parent: tuple[str, str]) -> str:
        """Take a record that is live into the state. ``parent``: its component's name and URN."""
        return self.import_resource("dnsRecord:DnsRecord", resource, f"{self.zone_id}/{record_id}", parent)

    def import_resource(self, token: str, resource: str, place: str, parent: tuple[str, str]) -> str:
        """Take what is live into the state, without changing either."""
        return self._with_environment(
            f"launch pulumi -- import cloudflare:index/{token} {shlex.quote(resource)} {place} "
            f"--parent {shlex.quote('='.join(parent))} --protect=false --generate-code=false --yes "
            f"-s {self.client}"
        )

    def adopt_record(self, record_id: str, record: Rec, resource: str, parent: tuple[str, str] | None) -> str:
        """Declare a record that is there, take it into the state, and launch; or delete it.

        ``resource``: the name that the program gives it; ``parent``: name and URN of the component it belongs
        to, None while the state is unknown.
        """
        line = f"add to launchready:records in {self.file}:  - {entry(record, self.domain)}"
        steps = [] if parent is None else [self.import_record(record_id, resource, parent)]
        steps.append(self.apply())
        return f"{line}\nthen: {' && '.join(steps)}\nor delete it: {self.delete_record(record_id)}"

    # ---- registrar -------------------------------------------------------------------------------

    def set_nameservers(self, names: Iterable[str]) -> str:
        if self.edge is not None:
            return f"launch edge registrar set-ns {self.domain} {' '.join(names)} {self._dir}"
        return f"at the registrar of {self.domain}, set the name servers to exactly: {', '.join(names)}"

    def set_ds(self, ds: str | None) -> str:
        """``ds``: the one record that belongs there; None: none does."""
        if self.edge is not None:
            return f"launch edge registrar set-ds {self.domain} {shlex.quote(ds or 'none')} {self._dir}"
        if ds is None:
            return f"at the registrar of {self.domain}, remove every DS record"
        return f"at the registrar of {self.domain}, publish this DS record and no other: {ds}"

    @property
    def _dir(self) -> str:
        return f"--dir {shlex.quote(str(self._directory))}"

    # ---- AWS -------------------------------------------------------------------------------------

    def aws(self, *arguments: str, region: str) -> str:
        return self._with_environment(f"aws {shlex.join(arguments)} --region {region}")


def entry(record: Rec, domain: str) -> str:
    """A record as a line of ``launchready:records``, in YAML's flow form."""
    short = "@" if record.name == domain else record.name.removesuffix(f".{domain}")
    fields: dict[str, Any] = {"name": short, "type": record.type}
    if record.priority is not None:
        fields["priority"] = record.priority
    fields["content"] = record.text
    if record.ttl != 1:
        fields["ttl"] = record.ttl
    if record.proxied:
        fields["proxied"] = True
    if record.comment:
        fields["comment"] = record.comment
    if record.tags:
        fields["tags"] = list(record.tags)
    return _flow(fields)


def _flow(fields: Mapping[str, Any]) -> str:
    """YAML takes JSON's strings; keys need no quotes."""
    return "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in fields.items()) + "}"
