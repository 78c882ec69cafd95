"""`launch env import`: a `.env` file moved into the client file, and nothing lost on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file import load
from tests.environment.environment_kit import secret_of

DOTENV = """\
# payments
STRIPE_KEY=sk_live_0123456789abcdef
PUBLIC_API_URL="https://other.acme.example"
NEXT_PUBLIC_SITE=https://acme.example
DATABASE_URL=postgres://app:pw4242@db.acme.example/app
CERT="-----BEGIN RSA PRIVATE KEY-----
abc
-----END RSA PRIVATE KEY-----"
LOG_LEVEL=info
NOTHING=
"""


def test_import_encrypts_secrets_and_leaves_an_example(launch: Any, client: Path, project: Path) -> None:
    dotenv = project / ".env"
    dotenv.write_text(DOTENV)
    refused = launch("import", "acme", ".env")
    assert (refused.code, "PUBLIC_API_URL has another value" in refused.err) == (2, True)
    before = client.read_text()
    assert launch("import", "acme", ".env", "--replace").code == 2, "nobody to ask"
    assert client.read_text() == before
    done = launch("import", "acme", ".env", "--replace", "--yes", "--delete")
    assert done.code == 0, done.err
    assert "STRIPE_KEY        secret: it has the form of a Stripe secret key" in done.out
    assert "LOG_LEVEL         unchanged" in done.out
    assert "NOTHING           left out: it is empty" in done.out
    assert secret_of(client, "STRIPE_KEY") == "sk_live_0123456789abcdef"
    assert secret_of(client, "DATABASE_URL") == "postgres://app:pw4242@db.acme.example/app"
    assert secret_of(client, "CERT").count("\n") == 2
    variables = load(client).environment.variables  # type: ignore[union-attr]
    assert (variables["PUBLIC_API_URL"].value, variables["NEXT_PUBLIC_SITE"].scope) == (
        "https://other.acme.example", "browser",
    )  # fmt: skip
    assert (project / ".env.example").read_text().splitlines() == [
        "# payments", "STRIPE_KEY=", "PUBLIC_API_URL=", "NEXT_PUBLIC_SITE=", "DATABASE_URL=", "CERT=",
        "LOG_LEVEL=", "NOTHING=",
    ]  # fmt: skip
    assert not dotenv.exists()
    for text in ("sk_live_", "pw4242", "BEGIN"):
        assert text not in done.both + client.read_text() + (project / ".env.example").read_text()


def test_import_starts_a_file_that_has_no_secret_yet(launch: Any, project: Path) -> None:
    path = project / "stacks" / "Pulumi.new.yaml"
    path.write_text("# ours\nconfig:\n  launchready:domain: new.example\n")
    (project / ".env").write_text("SESSION_SECRET=0123456789abcdef\nWORDS=two words\n")
    done = launch("import", "new", ".env", "--yes")
    assert done.code == 0, done.err
    assert secret_of(path, "SESSION_SECRET") == "0123456789abcdef"
    assert path.read_text().startswith("# ours\n")
    assert "delete .env" in done.err
    assert (project / ".env").exists()


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("NEXT_PUBLIC_KEY=sk_live_0123456789abcdef\n", (), "gives it to browsers"),
        ("A=1\n", ("--secret", "B"), "B is not in this file"),
        ("A=1\n", ("--secret", "A", "--plain", "A"), "can't be both"),
        ("A='never ends\n", (), ".env:1"),
        ("A=${HOME}\n", (), "isn't given above it"),
    ],
)
def test_import_refuses_what_would_lose_or_leak(
    launch: Any, client: Path, project: Path, text: str, options: tuple[str, ...], words: str
) -> None:
    (project / ".env").write_text(text)
    before = client.read_text()
    done = launch("import", "acme", ".env", "--yes", "--delete", *options)
    assert (done.code, words in done.err) == (2, True), done.err
    assert (client.read_text(), (project / ".env").read_text()) == (before, text)
    assert not (project / ".env.example").exists()
    assert "sk_live_" not in done.both


def test_the_user_decides_against_the_guess(launch: Any, client: Path, project: Path) -> None:
    (project / ".env").write_text("SENTRY_TOKEN=abc\nNOTE=hello\n")
    done = launch("import", "acme", ".env", "--yes", "--plain", "SENTRY_TOKEN", "--secret", "NOTE")
    assert done.code == 0, done.err
    variables = load(client).environment.variables  # type: ignore[union-attr]
    assert variables["SENTRY_TOKEN"].value == "abc"
    assert secret_of(client, "NOTE") == "hello"


def test_an_example_that_exists_keeps_what_it_says(launch: Any, client: Path, project: Path) -> None:
    (project / ".env").write_text("NOTE=hello\nMORE=there\n")
    (project / ".env.example").write_text("# ask Ann\nNOTE=hello or goodbye")
    assert launch("import", "acme", ".env", "--yes").code == 0
    assert (project / ".env.example").read_text() == "# ask Ann\nNOTE=hello or goodbye\nMORE=\n"


def test_an_import_that_is_cut_short_loses_nothing(
    launch: Any, client: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / ".env").write_text("NOTE_SECRET=hello\n")
    before = client.read_text()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = launch("import", "acme", ".env", "--yes", "--delete")
    assert done.code == 3
    assert (client.read_text(), (project / ".env").read_text()) == (before, "NOTE_SECRET=hello\n")
