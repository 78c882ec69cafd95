"""Commands that write client files: `launch new` and `launch adopt`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from launchready.cli import changes, common
from launchready.cli.console import say, write
from launchready.engine.project import find_root
from launchready.errors import InputError


def register(app: typer.Typer) -> None:
    app.command()(new)
    app.command()(adopt)


def new(
    client: common.Client,
    domain: Annotated[str, typer.Option(help="The domain to launch, such as acme.example.")],
    address: Annotated[list[str] | None, typer.Option(help="Where the site is served; repeatable.")] = None,
    mail: Annotated[
        list[str] | None,
        typer.Option(help="Who sends its mail: google, microsoft365, ses … or none; repeatable."),
    ] = None,
) -> None:
    """Write a client file with defaults that pass the checklist. Never overwrites.

    Example: launch new acme --domain acme.example --address 203.0.113.10 --mail google
    """
    from launchready.client_file.new import new_client

    path = new_client(
        client,
        domain,
        address=tuple(address or ()),
        mail=tuple(mail or ("none",)),
        root=find_root(),
        passphrase=os.environ.get("PULUMI_CONFIG_PASSPHRASE"),
    )
    write(str(path))
    say(f"edit it, then: launch rehearse {client}")


def adopt(
    client: common.Client,
    zone_file: Annotated[
        Path | None, typer.Option(help="A BIND zone file (Cloudflare's export fits).")
    ] = None,
    redirects: Annotated[Path | None, typer.Option(help="Lines of HOST<TAB>URL[<TAB>STATUS].")] = None,
    domain: Annotated[str | None, typer.Option(help="The domain, where the file doesn't say it.")] = None,
    plan: Annotated[str, typer.Option(help="free, pro, business or enterprise.")] = "free",
    live: Annotated[
        bool, typer.Option("--live", help="Read the zone from the API, and import it into the state.")
    ] = False,
    edge: common.EdgeFile = None,
    yes: changes.Yes = False,
    json_: common.Json = False,
) -> None:
    """Turn what exists into a client file, with a list of what can't be taken over, and why.

    With --live the zone is read from the API (CLOUDFLARE_API_TOKEN, or the edge's with --edge), imported into
    the state, and a preview shows that nothing would change: exit 0 nothing, 1 something would. It changes
    nothing in the zone.

    Examples: launch adopt acme --zone-file acme.zone --redirects acme.tsv --domain acme.example --plan pro;
    launch adopt acme --live --domain acme.example
    """
    if live:
        from launchready.cli import adopt_live

        if zone_file is not None or redirects is not None:
            raise InputError("--live reads the zone itself", fix="leave out --zone-file and --redirects")
        raise typer.Exit(adopt_live.run(client, domain, edge, yes, json_))
    from launchready.adopt import adopt_zone_file

    if zone_file is None:
        raise InputError(
            "name the zone file, or say --live", fix="launch adopt CLIENT --zone-file FILE, or --live"
        )
    result = adopt_zone_file(client, zone_file, redirects, domain, plan, find_root())
    if json_:
        write(json.dumps(result.document()))
        return
    write(result.text())
