"""A Worker of a fixed script, with its route."""

from __future__ import annotations

import pulumi

from components import cloudflare
from components.base import Component
from launchready.declared.created import WorkerPlan
from launchready.declared.mta_sts import source


def make_worker(
    parent: Component, zone_id: pulumi.Input[str], account: str, plan: WorkerPlan
) -> cloudflare.WorkersRoute:
    """The script and the route that leads to it."""
    script = cloudflare.WorkersScript(
        plan.name,
        {
            "accountId": account,
            "scriptName": plan.name,
            "content": source(plan.module),
            "mainModule": plan.module,
            "compatibilityDate": plan.compatibility_date,
            "bindings": [
                {"name": binding.name, "type": "plain_text", "text": binding.text}
                for binding in plan.bindings
            ],
        },
        pulumi.ResourceOptions(parent=parent),
    )
    return cloudflare.WorkersRoute(
        plan.pattern,
        {"zoneId": zone_id, "pattern": plan.pattern, "script": script.output("scriptName")},
        pulumi.ResourceOptions(parent=parent, delete_before_replace=True),
    )
