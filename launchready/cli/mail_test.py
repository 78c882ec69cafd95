"""`launch mail-test`: judge a mail that was received."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from launchready.cli import common
from launchready.cli.console import say, ticker, write

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.mailops.mail_verdict import MailTest

PASSWORD = "LAUNCHREADY_IMAP_PASSWORD"  # noqa: S105 - a variable's name


def register(app: typer.Typer) -> None:
    app.command("mail-test")(mail_test)


def mail_test(
    client: common.Client,
    eml: Annotated[
        Path | None, typer.Option(help="The message as a file (.eml), headers and all; - is standard input.")
    ] = None,
    imap: Annotated[
        str | None, typer.Option(help="imaps://user@host/FOLDER: its newest mail from the client's domain.")
    ] = None,
    ip: Annotated[
        str | None, typer.Option("--ip", help="Who handed it in; default: the receiver's own Received line.")
    ] = None,
    return_path: Annotated[
        str | None, typer.Option(help="The envelope's sender; default: the Return-Path line.")
    ] = None,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="Judge it as a mailing (one-click unsubscribe).")
    ] = False,
    edge: common.EdgeFile = None,
    json_: common.Json = False,
) -> None:
    """Judge a received mail: DKIM, SPF and their alignment, replies, unsubscribing, and where it links to.

    The mailbox's password is asked for, or taken from LAUNCHREADY_IMAP_PASSWORD. Nothing of the mail's
    text is shown or kept. Exit 0 good, 1 not, 3 when it could not be told.

    Example: launch mail-test acme --eml welcome.eml
    """
    from launchready.errors import InputError
    from launchready.mailops.mail_test import judge
    from launchready.mailops.mail_verdict import Envelope
    from launchready.mailops.received import read

    if (eml is None) == (imap is None):
        raise InputError("name one message", fix="--eml FILE, or --imap imaps://user@host/INBOX")
    _check_address(ip)
    loaded = common.load_client(client)
    raw = _file(eml) if eml is not None else _fetched(str(imap), loaded)
    received = read(raw)
    document = common.edge_document(edge) if edge is not None else None
    with ticker(f"judging a mail of {client}"):
        envelope = Envelope(ip, return_path, None, bulk)
        found = asyncio.run(judge(loaded, received, envelope, edge=document))
    write(json.dumps(found.document()) if json_ else _text(found))
    raise typer.Exit(found.exit_code)


def _check_address(ip: str | None) -> None:
    import ipaddress

    from launchready.errors import InputError

    try:
        if ip is not None:
            ipaddress.ip_address(ip)
    except ValueError:
        raise InputError(f"--ip {ip!r} is no address", fix="such as 198.51.100.7") from None


def _file(path: Path) -> bytes:
    import sys

    from launchready.errors import InputError, Where
    from launchready.mailops.received import MAX_MESSAGE

    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(MAX_MESSAGE + 1)
        with path.open("rb") as file:
            return file.read(MAX_MESSAGE + 1)
    except OSError as error:
        raise InputError(f"can't read the message: {error.strerror}", where=Where(path)) from error


def _fetched(url: str, client: ClientFile) -> bytes:
    from launchready.mailops.imap import Mailbox, newest

    mailbox = Mailbox.of(url)
    password = os.environ.get(PASSWORD) or typer.prompt(
        f"password of {mailbox.user}", hide_input=True, err=True
    )
    say(f"fetching the newest mail from {client.domain} out of {mailbox.folder} at {mailbox.host}")
    return newest(mailbox, password, client.domain)


def _text(found: MailTest) -> str:
    from launchready.checklist.registry import Status

    marks = {
        Status.PASS: "ok  ",
        Status.FAIL: "FAIL",
        Status.INCONCLUSIVE: "?   ",
        Status.NOT_APPLICABLE: "-   ",
    }
    words = {"pass": "good", "fail": "not good", "unproven": "not proved"}
    lines = [f"{found.client.domain}: a mail from {found.author or 'nobody'} is {words[found.verdict]}"]
    for one in found.judged:
        lines.append(f"  {marks[one.status]}  {one.id:<17} {one.observed}")
        if one.status is Status.FAIL:
            lines.append(f"        expected: {one.expected} [{one.severity.value}; {one.reference}]")
    lines += [f"  told (not believed): {value[:100]}" for value in found.told]
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in lines)
