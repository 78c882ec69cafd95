"""One request on its way through the edge: what every phase reads and may change."""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator
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
    """``overrides``: settings that configuration rules change for this request.

    ``skipped``: phases that a rule spares this request. ``to_count``: rate limits that count once there is
    an answer, each with its counter. ``new_visitor``: the cookie that a visitor without one gets.
    """

    state: EdgeState
    request: Request
    site: Site
    fields: RequestFields
    overrides: dict[str, Any] = field(default_factory=dict)
    skipped: set[str] = field(default_factory=set)
    to_count: list[tuple[Json, Hashable]] = field(default_factory=list)
    new_visitor: str = ""

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
        return (rule for rule in self.rules(phase) if self.holds(rule["expression"]))

    def rules(self, phase: str) -> Iterator[Json]:
        """The enabled rules of the phase's entry point, in order."""
        for ruleset in self.zone.rulesets.values():
            if ruleset["phase"] == phase and ruleset.get("kind", "zone") == "zone":
                for rule in ruleset.get("rules") or ():
                    if rule.get("enabled", True):
                        yield rule

    def holds(self, expression: str) -> bool:
        """Whether an expression is true of this request (and its answer, once there is one)."""
        try:
            return compile_filter(expression)(self.fields)
        except RuleError as error:
            log.warning("a rule of %s is not evaluated: %s: %s", self.zone.name, expression, error)
            return False
