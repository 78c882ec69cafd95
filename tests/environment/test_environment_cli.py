"""`launch env …` against AWS on loopback: what it says, what it writes, and what it never shows."""

from __future__ import annotations

import base64
import json
import re
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.environment.environment_kit import CANARY, URL, put, secret_of, value

pytestmark = pytest.mark.slow

# --- diff and push ---------------------------------------------------------------------------


def test_push_stores_what_diff_misses(launch: Any, client: Path, aws: Any) -> None:
    before = launch("diff", "acme")
    assert before.code == 1
    assert "+ STRIPE_SECRET_KEY  missing" in before.out
    refused = launch("push", "acme")
    assert (refused.code, "--yes" in refused.err) == (2, True)
    sent = launch("push", "acme", "--yes")
    assert sent.code == 0
    assert "restart the processes that read STRIPE_SECRET_KEY" in sent.err
    assert "app.acme.example" in sent.err
    after = launch("diff", "acme")
    assert (after.code, "no difference" in after.out) == (0, True)
    assert value(aws, "STRIPE_SECRET_KEY") == CANARY
    listed = aws("ssm").describe_parameters()["Parameters"]
    kinds = {entry["Name"].rsplit("/", 1)[1]: entry["Type"] for entry in listed}
    assert kinds == {"STRIPE_SECRET_KEY": "SecureString", "PUBLIC_API_URL": "String", "LOG_LEVEL": "String"}
    key = aws("kms").describe_key(KeyId="alias/launchready/acme")["KeyMetadata"]["Arn"]
    assert {e["KeyId"] for e in listed if e["Type"] == "SecureString"} == {key}
    again = launch("push", "acme", "--yes")
    assert "nothing to send" in again.err
    assert CANARY not in before.both + refused.both + sent.both + after.both + again.both


def test_diff_tells_every_kind_of_difference_without_a_value(
    launch: Any, client: Path, aws: Any, root: Path
) -> None:
    launch("push", "acme", "--yes")
    put(aws, "STRIPE_SECRET_KEY", "of somebody else")
    put(aws, "LEFT_OVER", "old secret of ours")
    aws("ssm").delete_parameter(Name="/launchready/acme/LOG_LEVEL")
    found = launch("diff", "acme", "--json")
    document = json.loads(found.out)
    schema = json.loads((root / "launchready/cli/schemas/env_diff.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert {v["name"]: v["class"] for v in document["variables"]} == {
        "STRIPE_SECRET_KEY": "changed", "PUBLIC_API_URL": "same", "LOG_LEVEL": "missing",
        "LEFT_OVER": "unmanaged",
    }  # fmt: skip
    assert (found.code, document["differs"]) == (1, True)
    changed = document["variables"][0]
    assert (changed["version"], changed["age_seconds"] < 60) == ("2", True)
    assert "another value" in changed["why"]
    for text in (CANARY, "somebody", "old secret"):
        assert text not in found.both


def test_values_are_shown_only_when_asked_for(launch: Any, client: Path, aws: Any) -> None:
    launch("push", "acme", "--yes")
    put(aws, "STRIPE_SECRET_KEY", "live-value-1")
    shown = launch("diff", "acme", "--show")
    assert f"client file: {CANARY!r}" in shown.out
    assert "live: 'live-value-1'" in shown.out
    assert CANARY not in shown.err
    assert launch("diff", "acme", "--show", "--json").code == 2


def test_without_a_passphrase_the_variable_is_named(
    launch: Any, client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    found = launch("push", "acme", "--yes")
    assert (found.code, "PULUMI_CONFIG_PASSPHRASE" in found.err) == (2, True)


def test_an_aws_that_does_not_answer_is_no_missing_variable(
    launch: Any, client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("launchready.aws.session.ATTEMPTS", 1)
    found = launch("diff", "acme")
    assert found.code == 3
    assert found.out == ""
    assert "Traceback" not in found.err
    assert CANARY not in found.both


def test_a_client_without_variables_is_told_how_to_get_some(launch: Any, project: Path) -> None:
    (project / "stacks" / "Pulumi.acme.yaml").write_text("config: {launchready:domain: acme.example}\n")
    found = launch("diff", "acme")
    assert (found.code, "launch env import acme .env" in found.err) == (2, True)


# --- pull ------------------------------------------------------------------------------------


def test_pull_writes_for_its_owner_only_and_never_over_a_file(
    launch: Any, client: Path, project: Path
) -> None:
    launch("push", "acme", "--yes")
    pulled = launch("pull", "acme")
    path = project / ".env"
    assert (pulled.code, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600)
    assert f"STRIPE_SECRET_KEY={CANARY}\n" in path.read_text()
    assert CANARY not in pulled.both
    path.write_text("mine")
    refused = launch("pull", "acme")
    assert (refused.code, path.read_text()) == (2, "mine")
    assert launch("pull", "acme", "--force", "--scope", "browser").code == 0
    assert CANARY not in path.read_text()
    assert URL in path.read_text()
    assert [p.name for p in project.iterdir() if p.name.startswith(".env")] == [".env"]


def test_pull_says_what_is_not_there(launch: Any, client: Path) -> None:
    found = launch("pull", "acme")
    assert (found.code, "STRIPE_SECRET_KEY isn't there" in found.err) == (1, True)


def test_pull_refuses_what_git_would_commit(launch: Any, client: Path, project: Path) -> None:
    launch("push", "acme", "--yes")

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(project), *arguments], check=True, capture_output=True)

    git("init", "-q")
    assert "git doesn't ignore" in launch("pull", "acme").err
    git("add", "-f", ".env")
    refused = launch("pull", "acme", "--force")
    assert (refused.code, "git tracks this file" in refused.err) == (2, True)
    (project / ".gitignore").write_text(".env.local\n")
    quiet = launch("pull", "acme", "--output", ".env.local")
    assert (quiet.code, "git" in quiet.err) == (0, False)


# --- rotate ----------------------------------------------------------------------------------


def test_rotate_encrypts_sends_and_keeps_the_version_before(launch: Any, client: Path, aws: Any) -> None:
    launch("push", "acme", "--yes")
    done = launch("rotate", "acme", "STRIPE_SECRET_KEY", "--from-stdin", stdin="brand-new-4242\n")
    assert done.code == 0
    assert secret_of(client, "STRIPE_SECRET_KEY") == "brand-new-4242" == value(aws, "STRIPE_SECRET_KEY")
    assert value(aws, "STRIPE_SECRET_KEY:previous") == CANARY
    assert "# how we pay" in client.read_text()
    assert "# never in clear" in client.read_text()
    assert "version 1 is kept" in done.err
    assert "restart" in done.err
    for text in (CANARY, "brand-new"):
        assert text not in done.both + client.read_text()


def test_rotate_generates_and_moves_a_plain_value_into_encryption(
    launch: Any, client: Path, aws: Any
) -> None:
    launch("push", "acme", "--yes")
    done = launch("rotate", "acme", "LOG_LEVEL", "--generate", "48")
    assert done.code == 0
    made = secret_of(client, "LOG_LEVEL")
    assert re.fullmatch(r"[A-Za-z0-9_-]{48}", made)
    assert made not in done.both
    assert value(aws, "LOG_LEVEL") == made
    assert "info" not in client.read_text()


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (("STRIPE_SECRET_KEYS", "--generate", "32"), "", "did you mean STRIPE_SECRET_KEY"),
        (("STRIPE_SECRET_KEY", "--generate", "8"), "", "from 16 to 4096"),
        (("STRIPE_SECRET_KEY", "--from-stdin"), "\n", "empty"),
        (("STRIPE_SECRET_KEY",), "x", "no new value"),
        (("STRIPE_SECRET_KEY", "--generate", "32", "--from-stdin"), "x", "one of them"),
    ],
)
def test_what_rotate_can_not_use_changes_nothing(
    launch: Any, client: Path, arguments: tuple[str, ...], stdin: str, words: str
) -> None:
    before = client.read_text()
    done = launch("rotate", "acme", *arguments, stdin=stdin)
    assert (done.code, words in done.err) == (2, True), done.err
    assert client.read_text() == before


def test_rotate_before_the_first_launch_changes_the_file_only(launch: Any, client: Path, aws: Any) -> None:
    done = launch("rotate", "acme", "STRIPE_SECRET_KEY", "--generate", "32")
    assert (done.code, "isn't live yet" in done.err) == (0, True)
    assert secret_of(client, "STRIPE_SECRET_KEY") != CANARY
    assert aws("ssm").describe_parameters()["Parameters"] == []


# --- audit -----------------------------------------------------------------------------------


def test_a_clean_client_is_clean(launch: Any, client: Path, aws: Any, root: Path) -> None:
    launch("push", "acme", "--yes")
    found = launch("audit", "acme", "--json")
    document = json.loads(found.out)
    schema = json.loads((root / "launchready/cli/schemas/env_audit.schema.json").read_text())
    jsonschema.validate(document, schema)
    stripe = next(v for v in document["variables"] if v["name"] == "STRIPE_SECRET_KEY")
    assert stripe["lives"] == "ssm:/launchready/acme/STRIPE_SECRET_KEY"
    assert (
        stripe["encrypted_with"]
        == aws("kms").describe_key(KeyId="alias/launchready/acme")["KeyMetadata"]["Arn"]
    )
    assert (stripe["version"], stripe["versions"], stripe["readers"], stripe["problems"]) == ("1", 1, [], [])
    assert stripe["rotation_due"] is not None
    assert (found.code, document["clean"]) == (0, True)


def test_audit_names_what_is_wrong(launch: Any, client: Path, aws: Any) -> None:
    put(aws, "STRIPE_SECRET_KEY", CANARY, Type="String")
    put(aws, "LEFT_OVER", "x")
    text = client.read_text().replace(
        "LOG_LEVEL: {value: info}", "LOG_LEVEL: {value: info, rotate_after: 0s}"
    )
    client.write_text(text)
    put(aws, "LOG_LEVEL", "info", Type="String")
    found = launch("audit", "acme")
    assert found.code == 1
    for words in ("plain text", "unmanaged: ssm:/launchready/acme/LEFT_OVER", "it isn't at the target"):
        assert words in found.out
    assert CANARY not in found.both


def test_audit_notices_another_key_and_a_value_too_old(
    launch: Any, client: Path, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch("push", "acme", "--yes")
    put(aws, "STRIPE_SECRET_KEY", CANARY, KeyId="alias/aws/ssm")
    monkeypatch.setattr("launchready.cli.env._now", lambda: datetime.now(UTC) + timedelta(days=366))
    found = launch("audit", "acme")
    assert "not encrypted with the declared key" in found.out
    assert "366 days old" in found.out


def test_audit_finds_secrets_in_a_build_in_every_form(launch: Any, client: Path, project: Path) -> None:
    launch("push", "acme", "--yes")
    build = project / "dist"
    (build / "assets").mkdir(parents=True)
    (build / "index.html").write_text(f"<p>{URL}</p>")
    (build / "assets" / "app.js").write_text(f"one\ntwo\nconst k='{CANARY}';\n")
    (build / "assets" / "b64.js").write_text(base64.b64encode(f"user:{CANARY}!".encode()).decode())
    (build / "assets" / "data.bin").write_bytes(b"\0\1" + CANARY.encode().hex().encode())
    (project / ".env.production").write_text(f"STRIPE_SECRET_KEY={CANARY}\n")
    found = launch("audit", "acme", "--path", "dist", "--path", ".env.production")
    assert found.code == 1
    assert "STRIPE_SECRET_KEY stands in dist/assets/app.js:3 (as it is)" in found.out
    assert "dist/assets/b64.js:1 (base64" in found.out
    assert "dist/assets/data.bin (hexadecimal)" in found.out
    assert "STRIPE_SECRET_KEY stands in .env.production:1" in found.out
    assert "PUBLIC_API_URL stands" not in found.out, "it is no secret"
    assert CANARY not in found.both
    assert launch("audit", "acme", "--path", "nowhere").code == 2


# --- Secrets Manager -------------------------------------------------------------------------


def test_all_of_it_works_with_secrets_manager(launch: Any, client: Path, aws: Any) -> None:
    client.write_text(
        client.read_text().replace("    variables:", "    target: secretsmanager\n    variables:")
    )
    assert launch("push", "acme", "--yes").code == 0
    name = "/launchready/acme/STRIPE_SECRET_KEY"
    assert aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"] == CANARY
    assert launch("diff", "acme").code == 0
    assert launch("audit", "acme").code == 0
    assert launch("rotate", "acme", "STRIPE_SECRET_KEY", "--generate", "32").code == 0
    previous = aws("secretsmanager").get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")
    assert previous["SecretString"] == CANARY
    assert launch("diff", "acme").code == 0
