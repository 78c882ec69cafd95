"""Redirects: one ruleset in the zone's redirect phase, its rules in order and with stable references."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components import cloudflare
from components.base import Component
from components.rulesets import ruleset_options
from launchready.declared import Redirect

PHASE = "http_request_dynamic_redirect"


@dataclass(frozen=True, slots=True)
class RedirectsArgs:
    """``redirects``: in the order in which they are tried."""

    zone_id: pulumi.Input[str]
    redirects: tuple[Redirect, ...]


class Redirects(Component):
    """Output: ``rules``, how many are declared. Without any, the phase keeps no ruleset of ours."""

    def __init__(self, name: str, args: RedirectsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.ruleset: cloudflare.Ruleset | None = None
        if args.redirects:
            inputs = {
                "zoneId": args.zone_id,
                "name": "launchready redirects",
                "description": "",
                "kind": "zone",
                "phase": PHASE,
                "rules": [rule(redirect) for redirect in args.redirects],
            }
            self.ruleset = cloudflare.Ruleset("redirects", inputs, ruleset_options(self))
        self.register_outputs({"rules": len(args.redirects)})


def rule(redirect: Redirect) -> dict[str, Any]:
    """A rule in the provider's spelling."""
    target = {"expression": redirect.target} if redirect.dynamic else {"value": redirect.target}
    return {
        "ref": redirect.ref,
        "description": redirect.description,
        "enabled": True,
        "expression": redirect.expression,
        "action": "redirect",
        "actionParameters": {
            "fromValue": {
                "statusCode": redirect.status,
                "preserveQueryString": redirect.keep_query,
                "targetUrl": target,
            }
        },
    }
