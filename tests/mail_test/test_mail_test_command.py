"""`launch mail-test` against a running edge: the sample portal's own mail, fetched from the sink."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import jsonschema
import pytest
import yaml

from launchready.client_file.model import ClientFile
from launchready.declared import declare, resolve
from launchready.edge.document import write_document
from launchready.edge.portal.install import install
from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.rehearse.portal import in_clear
from tests.bad_twins.created import outputs_of, signing_key
from tests.bad_twins.harness import opened
from tests.bad_twins.portal_mail_twins import mailing
from tests.bad_twins.provision import Api, provision

pytestmark = pytest.mark.slow

CLIENT = ClientFile.model_validate({"client": "acme", **opened(mailing())})


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[Edge]:
    """The client as it was launched, its portal behind it."""
    running = await serve(EdgeOptions(dir=tmp_path / "edge"))
    try:
        async with aiohttp.ClientSession() as web:
            declared = declare(CLIENT)
            await provision(Api(running.document(), web), resolve(declared, outputs_of(declared)))
        world = running.world
        body = in_clear(CLIENT.portal, signing_key(CLIENT))  # type: ignore[arg-type]
        install(body, running.state, running.https.origins, lambda: world.sink["smtp"])
        yield running
    finally:
        await running.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with the client's file in it."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\nstackConfigDir: stacks\n")
    values = mailing() | {"portal": "none"}
    config = {f"launchready:{key}": value for key, value in values.items()}
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(yaml.safe_dump({"config": config}))
    return tmp_path


async def sent(edge: Edge) -> bytes:
    """A reset mail of the portal, as it came to the sink."""
    document = edge.document()
    host, port = str(document["connect"]["portal.acme.example:443"]).split(":")
    connector = aiohttp.TCPConnector(ssl=False)
    async with aiohttp.ClientSession(connector=connector) as web:
        answer = await web.post(
            f"https://{host}:{port}/api/reset", json={"email": "ada@north.example"},
            headers={"host": "portal.acme.example"}, server_hostname="portal.acme.example",
        )  # fmt: skip
        assert answer.status == 202, await answer.text()
        mails = await (await web.get(f"{document['sink']['http']}/messages?kind=mail")).json()
    return base64.b64decode(mails[-1]["raw"])


async def run(project: Path, edge: Edge, *arguments: str) -> subprocess.CompletedProcess[str]:
    write_document(project / "edge.json", edge.document())
    command = [
        sys.executable,
        "-m",
        "launchready.cli",
        "mail-test",
        "acme",
        "--edge",
        "edge.json",
        *arguments,
    ]
    return await asyncio.to_thread(
        subprocess.run, command, cwd=project, capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "COLUMNS": "200"},
    )  # fmt: skip


async def test_the_portals_mail_is_good_and_the_document_follows_its_schema(
    edge: Edge, project: Path, root: Path
) -> None:
    (project / "mail.eml").write_bytes(await sent(edge))
    done = await run(project, edge, "--eml", "mail.eml", "--ip", "198.51.100.7", "--return-path",
                     "no-reply@acme.example", "--json")  # fmt: skip
    document = json.loads(done.stdout)
    schema = json.loads((root / "launchready/cli/schemas/mail-test.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert (done.returncode, document["verdict"]) == (0, "pass"), done.stdout + done.stderr
    assert [one["result"] for one in document["signatures"]] == ["pass"]
    assert "token=" not in done.stdout + done.stderr


async def test_a_mail_that_was_changed_on_its_way_is_not(edge: Edge, project: Path) -> None:
    raw = await sent(edge)
    (project / "mail.eml").write_bytes(raw.replace(b"Follow this link", b"Don't follow this link"))
    done = await run(project, edge, "--eml", "mail.eml")
    assert done.returncode == 1
    assert "body hash mismatch" in done.stdout
    assert "token=" not in done.stdout + done.stderr


async def test_bad_input_is_named(edge: Edge, project: Path) -> None:
    (project / "other.txt").write_text("no message")
    for arguments, words in (
        ((), "--eml"),
        (("--eml", "a", "--imap", "imaps://a@b/"), "--eml"),
        (("--eml", "missing.eml"), "missing.eml"),
        (("--eml", "other.txt"), "no From"),
        (("--eml", "other.txt", "--ip", "nowhere"), "nowhere"),
        (("--imap", "imaps://ada:pw@mail.example/"), "password"),
    ):
        done = await run(project, edge, *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert words in done.stderr
        assert done.stdout == ""
