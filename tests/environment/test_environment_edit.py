"""Variables in a client file's text: set, in every style, with everything else as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from launchready.client_file import load
from launchready.client_file.secrets import EnvironmentSecrets, PassphraseKey
from launchready.errors import InputError, LaunchreadyError
from launchready.variables.edit import opened_key, save, set_variable

ENVIRON = {"PULUMI_CONFIG_PASSPHRASE": "rehearsal"}

STYLES = {
    "nothing but a domain": "config:\n  launchready:domain: acme.example\n",
    "no line end": "config:\n  launchready:domain: acme.example",
    "flow": "config: {launchready:domain: acme.example}\n",
    "JSON": '{"config": {"launchready:domain": "acme.example",\n'
    ' "launchready:environment": {"target": "ssm"}}}\n',
    "none": "config:\n  launchready:domain: acme.example\n  launchready:environment: none  # later\n",
    "an empty key": "config:\n  launchready:domain: acme.example\n  launchready:environment:\n# end\n",
    "no variables": "config:\n  launchready:domain: acme.example\n  launchready:environment:\n"
    "    target: ssm  # ours\n",
    "empty variables": "config:\n  launchready:domain: acme.example\n"
    "  launchready:environment: {variables: {}}\n",
    "block variables": """\
# the client
config:
  launchready:domain: acme.example
  launchready:environment:
    target: ssm
    variables:
      # how we pay
      OTHER: {value: x}   # stays
      # the last comment

  launchready:plan: free  # cheap
encryptionsalt: SALT
""",
    "flow variables": "config:\n  launchready:domain: acme.example\n"
    "  launchready:environment: {variables: {OTHER: {value: x}}}  # stays\n  launchready:plan: free\n",
    "a value to be moved": """\
config:
  launchready:domain: acme.example
  launchready:environment:
    variables:
      STRIPE:
        # was in clear
        value: |
          sk_live_old
        description: payments
      OTHER: {value: x}
""",
    "a secret to be rotated": """\
config:
  launchready:domain: acme.example
  launchready:environment:
    variables:
      STRIPE: {scope: server, secret: {secure: "OLD"}, rotate_after: 90d} # rotated yearly
      OTHER:
        value: x
encryptionsalt: SALT
""",
    "CRLF": "config:\r\n  launchready:domain: acme.example\r\n  launchready:environment:\r\n"
    "    variables:\r\n      OTHER: {value: x}\r\n",
    "a BOM": "\ufeffconfig:\n  launchready:domain: acme.example\n",
}


def written(tmp_path: Path, text: str, key: PassphraseKey) -> Path:
    path = tmp_path / "Pulumi.acme.yaml"
    text = text.replace("SALT", key.encryptionsalt).replace("OLD", key.encrypt("old"))
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("style", STYLES)
def test_a_secret_is_set_and_all_else_stays(key: PassphraseKey, tmp_path: Path, style: str) -> None:
    path = written(tmp_path, STYLES[style], key)
    before = path.read_bytes().decode()
    own = opened_key(path, ENVIRON)
    save(path, {"STRIPE": {"secret": {"secure": own.encrypt("sk_live_new")}}}, own)
    after = path.read_bytes().decode()
    client = load(path, secrets=EnvironmentSecrets(ENVIRON))
    assert client.environment.variables["STRIPE"].secret.reveal() == "sk_live_new"  # type: ignore[union-attr]
    assert client.domain == "acme.example"
    comments = ("# the client", "# how we pay", "# stays", "# the last comment", "# cheap", "# ours",
                "# later", "# was in clear", "# rotated yearly", "# end")  # fmt: skip
    assert [c for c in comments if c in before] == [c for c in comments if c in after]
    assert "sk_live" not in after
    kept = [line for line in before.splitlines() if "STRIPE" not in line and "variables" not in line]
    if style in ("block variables", "CRLF", "a secret to be rotated"):
        assert [line for line in kept if line not in after.splitlines()] == []
    assert ("\r\n" in after) == ("\r\n" in before)
    assert after.count("\r") == after.count("\r\n")
    assert after.startswith("\ufeff") == before.startswith("\ufeff")


def test_other_keys_of_a_variable_stay(key: PassphraseKey, tmp_path: Path) -> None:
    path = written(tmp_path, STYLES["a secret to be rotated"], key)
    save(path, {"STRIPE": {"secret": {"secure": key.encrypt("new")}}}, key)
    variable = load(path).environment.variables["STRIPE"]  # type: ignore[union-attr]
    assert (variable.scope, variable.rotate_after) == ("server", 90 * 86_400)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        " # x",
        "{",
        "}",
        "a: b",
        "'",
        '"',
        "\\",
        "\n",
        "a\r\nb",
        "\t",
        "ü\u2028",
        "- x",
        "yes",
        "012",
        "%",
        "@",
        "!t",
        "&a",
        "*a",
        "?",
        "null",
        "\x7f",
        "x" * 5000,
    ],
)
def test_any_plain_value_survives(key: PassphraseKey, tmp_path: Path, value: str) -> None:
    path = written(tmp_path, STYLES["block variables"], key)
    save(path, {"ANY": {"value": value, "scope": "server"}}, key)
    assert load(path).environment.variables["ANY"].value == value  # type: ignore[union-attr]


def test_a_form_that_is_not_foreseen_is_refused_and_the_file_stays(
    key: PassphraseKey, tmp_path: Path
) -> None:
    text = (
        "config:\n  launchready:domain: acme.example\n  launchready:environment:\n    variables:\n"
        "      STRIPE: &shared {value: x}\n      OTHER: *shared\n"
    )
    path = written(tmp_path, text, key)
    with pytest.raises(LaunchreadyError):
        save(path, {"STRIPE": {"secret": {"secure": key.encrypt("x")}}}, key)
    assert path.read_text() == text


def test_another_secrets_provider_is_named(key: PassphraseKey, tmp_path: Path) -> None:
    path = written(
        tmp_path, "secretsprovider: awskms://alias/x\nconfig: {launchready:domain: acme.example}\n", key
    )
    with pytest.raises(InputError, match="another provider"):
        opened_key(path, ENVIRON)


def test_without_a_passphrase_the_variable_is_named(key: PassphraseKey, tmp_path: Path) -> None:
    path = written(tmp_path, STYLES["block variables"], key)
    with pytest.raises(InputError, match="PULUMI_CONFIG_PASSPHRASE"):
        opened_key(path, {})


def test_variables_are_put_in_the_files_own_style() -> None:
    text = set_variable(STYLES["block variables"], "NEW", {"value": "1"})
    assert '      OTHER: {value: x}   # stays\n      NEW: {value: "1"}\n' in text
    text = set_variable(STYLES["flow variables"], "NEW", {"value": "y z"})
    assert 'variables: {OTHER: {value: x}, NEW: {value: "y z"}}}  # stays\n' in text
