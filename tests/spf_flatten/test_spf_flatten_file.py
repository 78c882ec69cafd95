"""The snapshot in the client file: written as a person would, everything else untouched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from launchready.client_file import from_engine, read
from launchready.client_file.mail_options_model import SpfFlattened
from launchready.client_file.spf_snapshot import edited, write
from launchready.errors import InputError

SNAPSHOT = SpfFlattened(
    taken=date(2026, 11, 24),
    includes={
        "_spf.google.com": ("ip4:74.125.0.0/16", "ip6:2001:db8::", "exists:%{i}.x.example"),
        "n.example": (),
    },
)
FILE = """\
# yaml-language-server: $schema=…
config:
  launchready:domain: acme.example   # the apex
  # who sends
  launchready:email:
    senders: [google]        # more to come
    spf: {flatten: true}

  # and what answers
  launchready:hosts:
    "@": {address: 203.0.113.10}
encryptionsalt: v1:abc
"""


def put(tmp_path: Path, text: str, newline: str = "\n") -> Path:
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_bytes(text.replace("\n", newline).encode())
    return path


def test_the_snapshot_follows_email_and_every_other_line_stays(tmp_path: Path) -> None:
    path = put(tmp_path, FILE)
    assert write(path, "acme", SNAPSHOT)
    lines = path.read_text().splitlines()
    at = lines.index("  # Written by `launch spf flatten acme`: review it like code, don't edit it.")
    assert lines[at - 1] == "    spf: {flatten: true}"
    assert lines[at + 1 : at + 8] == [
        "  launchready:spf_flattened:",
        "    taken: 2026-11-24",
        "    includes:",
        "      _spf.google.com:",
        '        - "ip4:74.125.0.0/16"',
        '        - "ip6:2001:db8::"',
        '        - "exists:%{i}.x.example"',
    ]
    assert lines[at + 8 : at + 10] == ["      n.example: []", ""]
    assert [line for line in lines if line not in lines[at : at + 9]] == FILE.splitlines()
    assert read(path).client.spf_flattened == SNAPSHOT


def test_the_same_snapshot_again_changes_nothing_and_another_replaces_it(tmp_path: Path) -> None:
    path = put(tmp_path, FILE)
    assert write(path, "acme", SNAPSHOT)
    assert not write(path, "acme", SNAPSHOT)
    newer = SpfFlattened(taken=date(2026, 12, 1), includes={"n.example": ("ip4:192.0.2.1",)})
    assert write(path, "acme", newer)
    assert read(path).client.spf_flattened == newer
    assert path.read_text().count("spf_flattened") == 1
    assert write(path, "acme", None)
    assert path.read_text() == FILE
    assert not write(path, "acme", None)


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  launchready:domain: acme.example",
        "config:\n  launchready:domain: acme.example\n  launchready:email: {senders: [google]}\n\n\n",
        "config:\n  domain: acme.example\n  email:\n    senders:\n    - google\n  hosts: {}\n",
        "config:\n    launchready:domain: acme.example\n    aws:region: eu-west-1\n# the end\n",
        'config:\n  launchready:email:\n    senders: []\n    dmarc: {fo: "1"}\n'
        "  launchready:domain: acme.example\n",
        "encryptionsalt: x\nconfig:\n  launchready:domain: acme.example\n  launchready:waivers: []\n",
        "config:\n  launchready:domain: acme.example\n  launchready:email:\n"
        "    spf_all: |-\n      -all\n  x:y: 1\n",
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_files_of_every_shape_keep_what_they_have(tmp_path: Path, text: str, newline: str) -> None:
    path = put(tmp_path, text, newline)
    before = path.read_bytes()
    assert write(path, "acme", SNAPSHOT)
    after = path.read_bytes()
    assert read(path).client.spf_flattened == SNAPSHOT
    assert newline.encode() in after
    assert (b"\r\n" in after) == (newline == "\r\n")
    assert set(before.splitlines()) <= set(after.splitlines())
    assert write(path, "acme", None)
    assert path.read_bytes().rstrip() == before.rstrip()


def test_the_cost_of_what_is_kept_is_written_with_it(tmp_path: Path) -> None:
    path = put(tmp_path, FILE)
    snapshot = SNAPSHOT.model_copy(update={"lookups": {"include:deep.example": 4}})
    assert write(path, "acme", snapshot)
    assert '      "include:deep.example": 4' in path.read_text().splitlines()
    assert read(path).client.spf_flattened == snapshot


def test_a_config_on_one_line_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = "config: {launchready:domain: acme.example}\n"
    path = put(tmp_path, text)
    with pytest.raises(InputError, match="one key a line"):
        write(path, "acme", SNAPSHOT)
    assert path.read_text() == text
    assert list(tmp_path.iterdir()) == [path]


def test_the_engine_and_the_file_give_the_same_snapshot(tmp_path: Path) -> None:
    path = put(tmp_path, FILE)
    write(path, "acme", SNAPSHOT)
    values = {
        "launchready:domain": "acme.example",
        "launchready:email": {"senders": ["google"], "spf": {"flatten": True}},
        "launchready:hosts": {"@": {"address": "203.0.113.10"}},
        "launchready:spf_flattened": {
            "taken": "2026-11-24 00:00:00 +0000 UTC",
            "includes": {k: list(v) for k, v in SNAPSHOT.includes.items()},
        },
    }
    assert from_engine(values, path) == read(path).client


def test_a_text_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        edited("config: [", tmp_path / "x.yaml", "acme", SNAPSHOT)
