"""One request on its way through the edge: what every phase reads and may change."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from launchready.edge.https.fields import RequestFields
from launchready.edge.https.messages import Request
from launchready.edge.https.policy import setting
from launchready.edge.https.sites import Site
from launchready.edge.rules import RuleError, compile_filter
from launchready.edge.state import EdgeState, Json, Zone

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Exchange:
    """``overrides``: settings that configuration rules change for this request."""

    state: EdgeState
    request: Request
    site: Site
    fields: RequestFields
    overrides: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> Zone:
        return self.site.zone

    def setting(self, name: str, default: Any) -> Any:
        return self.overrides[name] if name in self.overrides else setting(self.zone, name, default)

    @property
    def ssl_mode(self) -> str:
        """off | flexible | full | strict."""
        return str(self.setting("ssl", "off"))

    @property
    def origin_scheme(self) -> str:
        """How the edge asks the origin: encrypted in the full modes, if the visitor came encrypted."""
        encrypted = self.ssl_mode in ("full", "strict", "origin_pull") and self.request.scheme == "https"
        return "https" if encrypted else "http"

    def matching(self, phase: str) -> Iterator[Json]:
        """The enabled rules of the phase's entry point that match, in order."""
        for ruleset in self.zone.rulesets.values():
            if ruleset["phase"] == phase and ruleset.get("kind", "zone") == "zone":
                for rule in ruleset.get("rules") or ():
                    if rule.get("enabled", True) and self._matches(rule):
                        yield rule

    def _matches(self, rule: Json) -> bool:
        try:
            return compile_filter(rule["expression"])(self.fields)
        except RuleError as error:
            log.warning("rule %s of %s is not evaluated: %s", rule.get("ref"), self.zone.name, error)
            return False
