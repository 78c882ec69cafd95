"""The program's edges: configuration in, errors out, DNSSEC's status read while the registrar is awaited."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks as sdk_mocks
from pulumi.runtime import set_all_config

from components import program
from components.dnssec import ignore_status_while_pending
from launchready.client_file.model import ClientFile
from launchready.errors import InputError

FILE = """\
config:
  launchready:domain: acme.example
  launchready:account: "00000000000000000000000000000000"
  launchready:hosts:
    "@": {address: 203.0.113.10}
    www: {redirect: "@"}
"""
VALUES = {
    "launchready:domain": "acme.example",
    "launchready:account": "0" * 32,
    "launchready:hosts": json.dumps({"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}}),
    "cloudflare:baseUrl": "http://127.0.0.1:1/client/v4",
}


class Quiet(sdk_mocks.Mocks):
    def new_resource(self, args: sdk_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        return f"id-{args.name}", dict(args.inputs)

    def call(self, args: sdk_mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        return {}, None


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project directory whose stack is ``acme``."""
    sdk_mocks.set_mocks(Quiet(), project="launchready", stack="acme", preview=False)
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(FILE)
    set_all_config(dict(VALUES))
    yield tmp_path
    set_all_config({})


def run_program(project: Path) -> ClientFile:
    with program.readable_errors():
        return program.client_of_stack(project)


def test_the_stacks_configuration_and_file_give_the_client(project: Path) -> None:
    client = run_program(project)
    assert (client.client, client.domain, client.account) == ("acme", "acme.example", "0" * 32)
    assert client.hosts["www"].redirect == "@"


def test_the_official_language_host_hands_configuration_over_in_the_environment(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_all_config({})
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(VALUES))
    assert run_program(project).domain == "acme.example"


def test_a_value_that_differs_from_the_file_stops_with_its_place(project: Path) -> None:
    set_all_config({**VALUES, "launchready:domain": "other.example"})
    with pytest.raises(pulumi.RunError, match=r"Pulumi\.acme\.yaml:2: launchready:domain"):
        run_program(project)


def test_every_lint_error_comes_out_at_once_and_nothing_is_registered(project: Path) -> None:
    bad = {"@": {"address": "300.0.0.1"}, "www": {"cname": "a.example", "proxied": True, "ttl": 300}}
    path = project / "stacks" / "Pulumi.acme.yaml"
    path.write_text(FILE.split('    "@"')[0] + f"    {json.dumps(bad)}\n")
    set_all_config({**VALUES, "launchready:hosts": json.dumps(bad)})
    with pytest.raises(pulumi.RunError) as caught:
        run_program(project)
    message = str(caught.value)
    assert "300.0.0.1" in message
    assert "ttl" in message
    assert message.count("fix:") >= 2
    assert "Traceback" not in message


def test_a_missing_file_is_named(project: Path) -> None:
    (project / "stacks" / "Pulumi.acme.yaml").unlink()
    with pytest.raises(pulumi.RunError, match=r"Pulumi\.acme\.yaml"):
        run_program(project)


def test_what_declare_refuses_is_readable_too() -> None:
    with pytest.raises(pulumi.RunError, match="no such"), program.readable_errors():
        raise InputError("no such thing")


# --- DNSSEC ----------------------------------------------------------------------------------


class Api(BaseHTTPRequestHandler):
    status = "pending"

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers["Authorization"]))  # type: ignore[attr-defined]
        body = json.dumps({"result": {"status": self.server.status}, "success": True}).encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests speak for themselves."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """A loopback API whose zone has the DNSSEC status ``server.status``."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    server.asked, server.status = [], "pending"  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", f"http://127.0.0.1:{server.server_port}/client/v4")
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "t" * 40)
    set_all_config({})
    yield server
    server.shutdown()
    server.server_close()


def ignored(zone_id: object) -> list[str] | None:
    """What the transform makes the engine ignore for a ZoneDnssec of this zone."""
    sdk_mocks.set_mocks(Quiet(), project="launchready", stack="acme", preview=True)
    found: list[list[str] | None] = []

    @pulumi.runtime.test
    def run() -> Any:
        options = pulumi.ResourceOptions()
        args = pulumi.ResourceTransformArgs(
            True, "cloudflare:index/zoneDnssec:ZoneDnssec", "dnssec", {"zoneId": zone_id}, options
        )

        async def transform() -> bool:
            result = await ignore_status_while_pending(args)
            found.append(None if result is None else list(result.opts.ignore_changes or []))
            return True

        return pulumi.Output.from_input(transform())

    run()
    return found[0]


def test_the_status_is_ignored_only_while_the_registrar_is_awaited(api: Any) -> None:
    assert ignored(pulumi.Output.from_input("z1")) == ["status"]
    assert api.asked == [("/client/v4/zones/z1/dnssec", f"Bearer {'t' * 40}")]
    for status in ("active", "disabled", "pending-disabled", "error"):
        api.status = status
        assert ignored("z1") is None


def test_a_zone_yet_to_be_created_is_not_asked_about(api: Any) -> None:
    unknown: pulumi.Output[str] = pulumi.Output(set(), pulumi.Output.from_input(None).future(), _no())
    assert ignored(unknown) is None
    assert api.asked == []


async def _no() -> bool:
    return False


def test_a_status_that_can_not_be_found_out_is_not_ignored(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", "http://127.0.0.1:1/client/v4")
    assert ignored("z1") is None
    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    assert ignored("z1") is None
