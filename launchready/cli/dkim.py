"""Commands around DKIM keys that launchready makes: `launch dkim rotate|show`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from launchready.cli import common
from launchready.cli.console import say, write


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, help="DKIM keys that launchready makes.")
    group.command()(rotate)
    group.command()(show)
    app.add_typer(group, name="dkim")


def rotate(
    client: common.Client,
    selector: Annotated[
        str | None, typer.Option(help="Name of the new selector; by default the month, such as s202611.")
    ] = None,
    retire: Annotated[
        str | None, typer.Option(help="The active selector to retire, where there are several.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long the old key stays published.")] = 14,
    json_: common.Json = False,
) -> None:
    """Add a new DKIM key to the client file, and give the old one its last day. Comments stay.

    Nothing is published yet: the steps that follow are printed. The old key stays in DNS until its day, so
    that mail under way is still verified.

    Example: launch dkim rotate acme
    """
    from launchready.mailops.dkim_rotation import rotate as run

    loaded = common.load_client(client)
    done = run(loaded, today=datetime.now(UTC).date(), retire=retire, selector=selector, days=days)
    steps = done.steps(client)
    if json_:
        document = {
            "schema": "launchready.dkim-rotation/1",
            "client": client,
            "file": str(done.path),
            "sender": done.sender,
            "retired": done.old,
            "until": done.until.isoformat(),
            "selector": done.new,
            "next": list(steps),
        }
        write(json.dumps(document))
        return
    write(f"{done.path}: {done.new} is new, {done.old} is retired until {done.until}")
    say("next:")
    for number, step in enumerate(steps, 1):
        say(f"  {number}. {step}")


def show(
    client: common.Client,
    selector: Annotated[str, typer.Argument(help="The selector, as email.dkim has it.")],
    edge: common.EdgeFile = None,
    json_: common.Json = False,
) -> None:
    """Print the public DNS record of a DKIM selector. A generated key's comes from the stack's outputs.

    Exit 3 when that can't be read. The private key is never printed.

    Example: launch dkim show acme s202611
    """
    from launchready.cli.outputs import read_outputs
    from launchready.declared import declare, resolve
    from launchready.declared.created import needs_outputs
    from launchready.errors import InputError, LaunchreadyError
    from launchready.mailauth.dkim import selector_name
    from launchready.mailauth.dns import text_of

    loaded = common.load_client(client)
    if selector not in loaded.email.dkim:
        known = ", ".join(loaded.email.dkim) or "none"
        raise InputError(f"{client} has no DKIM selector {selector!r}", fix=f"there are: {known}")
    declared, reason = declare(loaded), ""
    if loaded.email.dkim[selector].generate is not None and needs_outputs(declared):
        outputs, reason = read_outputs(client, edge)
        declared = resolve(declared, outputs)
    name = selector_name(selector.lower(), loaded.domain)
    found = next((record for record in declared.records if record.name == name), None)
    if found is None:
        waiting = next((p.reason for p in declared.pending if p.record.name == name), "")
        raise LaunchreadyError(
            f"the key of {selector} is not known: {reason or waiting}", fix=f"launch up {client}, then again"
        )
    content = text_of(found.content) if found.type == "TXT" else found.content
    created = next((plan.created for plan in declared.dkim_keys if plan.selector == selector), None)
    if json_:
        document = {
            "schema": "launchready.dkim-record/1",
            "client": client,
            "selector": selector,
            "name": name,
            "type": found.type,
            "content": content,
            "created": created,
        }
        write(json.dumps(document))
        return
    write(f"{name}. {found.type} {content}")
    if created is not None:
        say(f"made {created}")
