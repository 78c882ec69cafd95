"""Rotating a key: what is written into the client file, and what is left as it was."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from launchready.client_file import read
from launchready.client_file.yaml_edit import prove, set_value
from launchready.errors import ClientFileError, InputError
from launchready.mailops.dkim_rotation import rotate

TODAY = date(2026, 11, 24)
FLOW = """\
config:
  launchready:domain: acme.example   # the domain
  launchready:email:
    senders: [{name: app, spf: ["ip4:198.51.100.7"]}]   # ours
    dkim: {s1: {generate: rsa}}      # our key
  launchready:portal: none
"""
BLOCK = """\
config:
  launchready:domain: acme.example
  launchready:email:
    senders:
      - ses
    ses:
      region: eu-west-1
      byodkim: k1 # signs
    dkim:
      # made here
      k1:
        generate: rsa   # since May
      # the end

  # afterwards
  launchready:portal: none
"""


def client_file(tmp_path: Path, text: str) -> Path:
    (tmp_path / "stacks").mkdir(exist_ok=True)
    path = tmp_path / "stacks" / "Pulumi.acme.yaml"
    path.write_text(text)
    return path


def test_a_flow_mapping_gets_the_new_selector_and_keeps_its_comments(tmp_path: Path) -> None:
    path = client_file(tmp_path, FLOW)
    done = rotate(read(path).client, today=TODAY)
    assert (done.old, done.new, done.until, done.sender) == ("s1", "s202611", date(2026, 12, 8), "app")
    wanted = FLOW.replace(
        "{generate: rsa}}", '{generate: rsa, until: "2026-12-08"}, s202611: {generate: rsa}}'
    )
    assert path.read_text() == wanted


def test_a_block_mapping_gets_lines_and_ses_signs_with_the_new_key(tmp_path: Path) -> None:
    path = client_file(tmp_path, BLOCK)
    done = rotate(read(path).client, today=TODAY, selector="k2", days=30)
    wanted = BLOCK.replace("byodkim: k1 #", "byodkim: k2 #").replace(
        "generate: rsa   # since May\n",
        'generate: rsa   # since May\n        until: "2026-12-24"\n      k2: {generate: rsa}\n',
    )
    assert path.read_text() == wanted
    assert "SES signs with k2" in " ".join(done.steps("acme"))


def test_a_second_rotation_in_a_month_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = client_file(tmp_path, FLOW)
    assert rotate(read(path).client, today=TODAY).new == "s202611"
    assert rotate(read(path).client, today=TODAY).new == "s20261124"
    assert rotate(read(path).client, today=TODAY).new == "s20261124-2"
    assert [name for name, key in read(path).client.email.dkim.items() if key.active] == ["s20261124-2"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"selector": "s1"}, "in the file already"),
        ({"selector": "no_selector!"}, "no DKIM selector"),
        ({"retire": "s9"}, "no active generated key"),
        ({"days": 0}, "1 to 366"),
    ],
)
def test_what_can_not_be_rotated_leaves_the_file(
    tmp_path: Path, options: dict[str, object], told: str
) -> None:
    path = client_file(tmp_path, FLOW)
    with pytest.raises(InputError, match=told):
        rotate(read(path).client, today=TODAY, **options)  # type: ignore[arg-type]
    assert path.read_text() == FLOW


def test_of_several_active_keys_one_is_named(tmp_path: Path) -> None:
    path = client_file(tmp_path, FLOW.replace("rsa}}", "rsa}, e1: {generate: ed25519}}"))
    with pytest.raises(InputError, match="s1, e1"):
        rotate(read(path).client, today=TODAY)
    assert rotate(read(path).client, today=TODAY, retire="e1").new == "s202611"


def test_a_file_that_would_be_refused_is_not_written(tmp_path: Path) -> None:
    text = FLOW.replace("launchready:portal: none", "launchready:records: [{name: x, type: A, content: bad}]")
    path = client_file(tmp_path, text)
    with pytest.raises(ClientFileError):
        rotate(read(path).client, today=TODAY)
    assert path.read_text() == text


def test_an_anchor_that_a_change_would_spread_is_refused(tmp_path: Path) -> None:
    text = FLOW.replace("{generate: rsa}}", "&k {generate: rsa}}").replace(
        "portal: none", "portal: none\n  other:x: *k"
    )
    path = client_file(tmp_path, text)
    after = set_value(text, ("email", "dkim", "s1", "until"), "2026-12-08")
    with pytest.raises(InputError):
        prove(text, after, {("email", "dkim", "s1", "until"): "2026-12-08"}, path)


def test_windows_line_ends_stay(tmp_path: Path) -> None:
    path = client_file(tmp_path, "")
    path.write_bytes(BLOCK.replace("\n", "\r\n").encode())
    rotate(read(path).client, today=TODAY)
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")


def test_the_command_prints_its_document(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from launchready.cli import exits
    from launchready.cli.dkim import rotate as command
    from launchready.cli.dkim import show

    client_file(tmp_path, FLOW)
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    command("acme", None, None, 14, json_=True)
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((root / "launchready/cli/schemas/dkim_rotation.schema.json").read_text())
    jsonschema.validate(document, schema)
    assert (document["retired"], document["selector"]) == ("s1", "s202611")
    # without the stack's outputs the record is not known, and nobody makes one up
    assert exits.run(lambda: show("acme", "s202611")) == 3
    assert "PULUMI_CONFIG_PASSPHRASE" in capsys.readouterr().err
    assert exits.run(lambda: show("acme", "s9")) == 2


def test_a_key_of_the_file_is_shown_without_a_stack(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from launchready.cli.dkim import show

    key = "A" * 43 + "="
    client_file(tmp_path, FLOW.replace("generate: rsa", f'public_key: "{key}", type: ed25519'))
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\n")
    monkeypatch.chdir(tmp_path)
    show("acme", "s1")
    shown = f"s1._domainkey.acme.example. TXT v=DKIM1; k=ed25519; p={key}"
    assert capsys.readouterr().out.strip() == shown
    show("acme", "s1", json_=True)
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((root / "launchready/cli/schemas/dkim_record.schema.json").read_text())
    jsonschema.validate(document, schema)
