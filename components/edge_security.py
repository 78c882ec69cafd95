"""Edge security: response headers, private hosts, rate limits; one ruleset for each phase that has rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components import cloudflare
from components.base import Component
from components.rulesets import make_ruleset
from launchready.declared import Rule

PHASES: dict[str, str] = {
    "http_request_firewall_custom": "private-hosts",
    "http_ratelimit": "rate-limits",
    "http_response_headers_transform": "response-headers",
}
"""Phase → the name of its ruleset's resource."""


@dataclass(frozen=True, slots=True)
class EdgeSecurityArgs:
    """``rulesets``: phase → its rules in order, as ``Declared`` has them; other phases are not looked at."""

    zone_id: pulumi.Input[str]
    rulesets: Mapping[str, tuple[Rule, ...]]


class EdgeSecurity(Component):
    """Output: ``rules``, how many are declared in each phase."""

    def __init__(self, name: str, args: EdgeSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.rulesets: dict[str, cloudflare.Ruleset] = {}
        for phase, resource in PHASES.items():
            made = make_ruleset(self, resource, args.zone_id, phase, args.rulesets.get(phase, ()))
            if made is not None:
                self.rulesets[phase] = made
        self.register_outputs({"rules": {phase: len(args.rulesets.get(phase, ())) for phase in PHASES}})
