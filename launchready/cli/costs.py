"""`launch plan-cost`: what the declared monitors and secrets will cost a month."""

from __future__ import annotations

import json

import typer

from launchready.cli import common
from launchready.cli.console import write


def register(app: typer.Typer) -> None:
    app.command(name="plan-cost")(plan_cost)


def plan_cost(client: common.Client, json_: common.Json = False) -> None:
    """Say what a client's monitors, variables and secrets will cost a month, before they are made.

    Each line names its price's page; what can't be known beforehand (SMS by country) is listed apart.
    Nothing is asked of AWS.

    Example: launch plan-cost acme
    """
    from launchready.costs import estimate, render, to_document
    from launchready.declared import declare

    declared = declare(common.load_client(client))
    found = estimate(declared)
    if json_:
        write(json.dumps(to_document(found, client, declared.domain)))
        return
    write(render(found, client))
