"""`launch purge`: take kept answers away from the edge, as the last step of a deployment."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from launchready.cli import common
from launchready.cli.console import ticker, write
from launchready.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from launchready.settings_memory import SettingsApi


def register(app: typer.Typer) -> None:
    app.command()(purge)


def purge(
    client: common.Client,
    edge: common.EdgeFile = None,
    url: Annotated[list[str] | None, typer.Option("--url", help="One URL, exactly; repeatable.")] = None,
    host: Annotated[list[str] | None, typer.Option("--host", help="All of a host; repeatable.")] = None,
    prefix: Annotated[
        list[str] | None, typer.Option("--prefix", help="Everything below HOST/PATH; repeatable.")
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="What the origin gave this Cache-Tag; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--everything", help="All of the zone (the default).")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before purging everything.")] = False,
    json_: common.Json = False,
) -> None:
    """Purge what the edge keeps of a client's zone. What browsers keep, no purge reaches.

    The token comes from CLOUDFLARE_API_TOKEN (it needs Zone, Cache Purge), with --edge from the edge.
    As the last step of a deployment: launch purge acme --yes

    Examples: launch purge acme; launch purge acme --url https://acme.example/site.css;
    launch purge acme --prefix acme.example/blog --host shop
    """
    from launchready.purge import Selection, check
    from launchready.purge import purge as run

    loaded = common.load_client(client)
    wanted = Selection(tuple(url or ()), tuple(host or ()), tuple(prefix or ()), tuple(tag or ()))
    if everything and not wanted.everything:
        raise InputError("--everything leaves nothing for --url, --host, --prefix and --tag to name")
    selection = check(wanted, loaded.domain)
    if selection.everything and not wanted.everything:
        raise InputError("--tag without a tag", fix="leave it out to purge everything")
    if selection.everything and not yes:
        _ask(loaded.domain)
    with _api(edge) as api, ticker(f"purging {selection.words} of {loaded.domain}") as show:
        done = run(api, loaded, selection, show)
    if not json_:
        write(f"purged {selection.words} of {loaded.domain} in {done.calls} call(s)")
        return
    document = {
        "schema": "launchready.purge/1",
        "client": client,
        "domain": done.domain,
        "zone": done.zone,
        "everything": selection.everything,
        "urls": list(selection.urls),
        "hosts": list(selection.hosts),
        "prefixes": list(selection.prefixes),
        "tags": list(selection.tags),
        "calls": done.calls,
    }
    write(json.dumps(document))


def _ask(domain: str) -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "purging everything asks first", fix="add --yes where nobody is, or name what is to go"
        )
    if not typer.confirm(f"purge everything of {domain}? The origin then answers for all of it", err=True):
        raise typer.Exit(3)


def _api(edge: Path | None) -> SettingsApi:
    """The API to call: the edge's, or Cloudflare's with the token of this shell."""
    from launchready.settings_memory import SettingsApi, from_environment

    if edge is not None:
        document = common.edge_document(edge)
        return SettingsApi(str(document["api"]).rstrip("/"), str(document["token"]))
    common.need_environment("CLOUDFLARE_API_TOKEN")
    return from_environment({}, os.environ)
