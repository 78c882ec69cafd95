"""AWS on loopback (moto's server), empty at the beginning of every test, and a project to work in."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from launchready.aws import pool
from launchready.cli import exits
from launchready.cli.app import app
from launchready.client_file import secrets
from launchready.client_file.secrets import PassphraseKey
from tests.environment.environment_kit import CANARY, URL, WORD, Said

FEW = 1_000
REGION = "us-east-1"


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def aws(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that gives clients of an empty AWS."""
    moto_api_backend.reset()
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", REGION)
    return lambda service: pool.client(service, REGION)


@pytest.fixture(autouse=True)
def few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deriving a key takes half a second in earnest; the real number is tested with the real CLI.

    For one test at a time: tests of other directories share the process, and need keys that the engine opens.
    """
    monkeypatch.setattr(secrets, "ROUNDS", FEW)


@pytest.fixture(scope="session")
def key() -> PassphraseKey:
    """The key of the passphrase ``rehearsal``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "ROUNDS", FEW)
        return PassphraseKey.create(WORD)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project directory with no client in it, as the current directory."""
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\nstackConfigDir: stacks\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", WORD)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    return tmp_path


@pytest.fixture
def client(project: Path, key: PassphraseKey) -> Path:
    """A client with a secret and two plain variables, one of them the browser's."""
    path = project / "stacks" / "Pulumi.acme.yaml"
    path.write_text(
        f"""\
config:
  launchready:domain: acme.example
  launchready:hosts: {{app: {{address: 203.0.113.10}}}}
  launchready:environment:
    # how we pay
    variables:
      STRIPE_SECRET_KEY: {{secret: {{secure: "{key.encrypt(CANARY)}"}}}}  # never in clear
      PUBLIC_API_URL: {{value: "{URL}", scope: browser}}
      LOG_LEVEL: {{value: info}}
encryptionsalt: {key.encryptionsalt}
"""
    )
    return path


@pytest.fixture
def launch(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, aws: Any) -> Any:
    command = typer.main.get_command(app)

    def run(*arguments: str, stdin: str = "") -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capfd.readouterr()
        code = exits.run(lambda: command.main(["env", *arguments], prog_name="launch", standalone_mode=False))
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return run
