"""Secrets: Pulumi's own format, never shown; canaries in their place for a rehearsal."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from launchready.client_file import canary_copy, load
from launchready.client_file.canary import CANARY_PREFIX
from launchready.client_file.secrets import EnvironmentSecrets, PassphraseKey
from launchready.errors import InputError, Where
from tests.client_file.lint_twins import client_file

PLAIN = "sk_live_4242 – naïve"


@pytest.fixture(scope="module")
def key() -> PassphraseKey:
    return PassphraseKey.create("rehearsal")


@pytest.fixture
def stack_file(tmp_path: Path, key: PassphraseKey) -> Path:
    path = tmp_path / "Pulumi.acme.yaml"
    variables = f"{{KEY: {{secret: {{secure: {key.encrypt(PLAIN)}}}}}, URL: {{value: https://x.example}}}}"
    text = client_file(f"environment: {{variables: {variables}}}\naccount: '0123'\nguard: {{max_delete: 7}}")
    text += f"  cloudflare:apiToken:\n    secure: {key.encrypt('cf-token')}\n"
    path.write_text(f"{text}encryptionsalt: {key.encryptionsalt}\n", encoding="utf-8")
    return path


def secret_of(path: Path, environ: dict[str, str]) -> Any:
    client = load(path, secrets=EnvironmentSecrets(environ))
    assert client.environment is not None
    return client.environment.variables["KEY"].secret


def test_a_secret_is_read_with_the_passphrase(stack_file: Path) -> None:
    assert secret_of(stack_file, {"PULUMI_CONFIG_PASSPHRASE": "rehearsal"}).reveal() == PLAIN


def test_a_secret_is_read_with_a_passphrase_file(stack_file: Path, tmp_path: Path) -> None:
    (tmp_path / "word").write_text("rehearsal\n")
    environ = {"PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "word")}
    assert secret_of(stack_file, environ).reveal() == PLAIN


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set"),
        ({"PULUMI_CONFIG_PASSPHRASE": "wrong"}, "is not this file's passphrase"),
        ({"PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere/word"}, "can't be read"),
    ],
)
def test_without_the_right_passphrase_the_variable_is_named(
    stack_file: Path, environ: dict[str, str], words: str
) -> None:
    secret = secret_of(stack_file, environ)  # loading needs no passphrase
    with pytest.raises(InputError, match=words) as caught:
        secret.reveal()
    assert "PULUMI_CONFIG_PASSPHRASE" in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.line == 3
    assert PLAIN not in str(caught.value)


def test_a_secret_without_a_reader_says_what_to_set(stack_file: Path) -> None:
    client = load(stack_file)
    assert client.environment is not None
    secret = client.environment.variables["KEY"].secret
    assert secret is not None
    with pytest.raises(InputError, match="nothing to decrypt it with"):
        secret.reveal()


@pytest.mark.parametrize("message", ["v1:x", "v2:AAAA:BBBB", "v1:!!:!!", "v1:AAAA:BBBB", "plain", ""])
def test_a_damaged_secret_is_bad_input(key: PassphraseKey, message: str) -> None:
    with pytest.raises(InputError):
        key.decrypt(message, Where())


def test_a_secret_of_another_salt_is_bad_input(key: PassphraseKey) -> None:
    with pytest.raises(InputError, match="another salt"):
        key.decrypt(PassphraseKey.create("rehearsal").encrypt("x"), Where())


@pytest.mark.parametrize("salt", ["", "v1", "v1:abc", "v2:AAAAAAAAAAA=:v1:a:b", "v1:AAAAAAAAAAA=:nothing"])
def test_a_damaged_salt_is_bad_input(salt: str) -> None:
    with pytest.raises(InputError):
        EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": "x"}).reveal(salt, "v1:a:b", Where())


def test_a_plain_value_where_a_secret_belongs_is_refused_unshown(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(client_file("environment: {variables: {KEY: {secret: sk_live_4242}}}"))
    with pytest.raises(InputError, match="must be encrypted") as caught:
        load(path)
    assert "sk_live_4242" not in str(caught.value)


# --- canaries -----------------------------------------------------------------------------------


def test_a_copy_has_canaries_for_secrets_and_launchreadys_keys_only(stack_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "copy.yaml"
    overrides = {"launchready:account": "ab" * 16, "guard.destroy": True, "launchready:zone": {}}
    canaries = canary_copy(stack_file, target, "other", overrides)
    assert list(canaries) == ["launchready:environment.variables.KEY.secret"]
    canary = canaries["launchready:environment.variables.KEY.secret"]
    assert canary.startswith(CANARY_PREFIX)
    text = target.read_text()
    assert PLAIN not in text
    assert canary not in text
    assert "cloudflare" not in text
    assert key_line(stack_file) not in text
    copy = load(target, secrets=EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": "other"}))
    assert copy.account == "ab" * 16
    assert (copy.guard.max_delete, copy.guard.destroy) == (7, True)
    assert copy.environment is not None
    secret = copy.environment.variables["KEY"].secret
    assert secret is not None
    assert secret.reveal() == canary


def key_line(path: Path) -> str:
    found = re.search(r"encryptionsalt: (\S+)", path.read_text())
    assert found is not None
    return found[1]


def test_canaries_are_fresh_each_time(stack_file: Path, tmp_path: Path) -> None:
    first, second = (canary_copy(stack_file, tmp_path / f"{n}.yaml", "x") for n in range(2))
    assert set(first) == set(second)
    assert set(first.values()).isdisjoint(second.values())


def test_a_copy_says_the_same_to_yaml_1_1_readers(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.acme.yaml"
    body = "hosts: {no: {address: 192.0.2.1}, '012': {address: 192.0.2.2}}\ntls: {min_version: 1.2}\n"
    path.write_text(client_file(body + "waivers: [{check: a.b, reason: yes, until: 2027-01-31}]"))
    canary_copy(path, tmp_path / "Pulumi.acme.copy.yaml", "x")
    copied = yaml.safe_load((tmp_path / "Pulumi.acme.copy.yaml").read_text())["config"]
    assert list(copied["launchready:hosts"]) == ["no", "012"]
    assert copied["launchready:waivers"][0] == {"check": "a.b", "reason": "yes", "until": "2027-01-31"}
    one, two = load(path), load(tmp_path / "Pulumi.acme.copy.yaml")
    assert one.model_dump() == two.model_dump()


def test_the_example_opens_with_the_public_word(root: Path) -> None:
    salt = key_line(root / "stacks" / "Pulumi.example.yaml")
    PassphraseKey.open(salt, "rehearsal", Where())


# --- the real CLI -------------------------------------------------------------------------------


@pytest.mark.engine
def test_the_real_cli_and_this_code_read_each_others_secrets(tmp_path: Path) -> None:
    from launchready.engine import find_engine

    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\nstackConfigDir: stacks\n")
    for name in ("stacks", "backend", "home"):
        (tmp_path / name).mkdir()
    environ = {
        **os.environ,
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_BACKEND_URL": f"file://{tmp_path / 'backend'}",
        "PULUMI_CONFIG_PASSPHRASE": "tr0ub4dor & 3",
    }

    def pulumi(*args: str) -> str:
        done = subprocess.run(
            [str(find_engine(install=False).pulumi), *args],
            cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return done.stdout

    pulumi("stack", "init", "acme")
    pulumi("config", "set", "launchready:domain", "acme.example")
    path = "launchready:environment.variables.KEY.secret"
    pulumi("config", "set", "--secret", "--path", path, PLAIN)
    stack_file = tmp_path / "stacks" / "Pulumi.acme.yaml"
    assert PLAIN not in stack_file.read_text()
    assert secret_of(stack_file, environ).reveal() == PLAIN

    ours = PassphraseKey.open(key_line(stack_file), "tr0ub4dor & 3", Where()).encrypt("made here")
    text = re.sub(r"secure: \S+", f"secure: {ours}", stack_file.read_text())
    stack_file.write_text(text)
    shown = json.loads(pulumi("config", "get", "--json", "--path", path))
    assert shown["value"] == "made here"
