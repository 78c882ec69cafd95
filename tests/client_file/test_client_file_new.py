"""`launch new`'s writer: commented, valid, clean; never over something, never half."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from launchready.client_file import read
from launchready.client_file.files import write_atomically
from launchready.client_file.lint import Level, lint
from launchready.client_file.new import new_client
from launchready.client_file.secrets import PassphraseKey
from launchready.errors import InputError, Where
from launchready.mailauth.presets import PRESETS
from tests.client_file.lint_twins import TODAY


def test_a_new_file_says_what_was_asked_for(tmp_path: Path) -> None:
    path = new_client("acme", "Acme.Example", address="203.0.113.10", mail="google", root=tmp_path)
    assert path == tmp_path / "stacks" / "Pulumi.acme.yaml"
    client = read(path).client
    assert client.domain == "acme.example"
    assert client.hosts["@"].address == ("203.0.113.10",)
    assert client.hosts["www"].redirect == "@"
    assert (client.email.senders, client.email.receive) == (("google",), "google")
    assert (client.portal, client.monitors) == ("none", "none")


@pytest.mark.parametrize("mail", ["none", *PRESETS])
@pytest.mark.parametrize("address", [None, ("203.0.113.10", "2001:db8::1")])
def test_a_new_file_lints_without_errors(tmp_path: Path, mail: str, address: tuple[str, ...] | None) -> None:
    loaded = read(new_client("acme", "acme.example", address=address, mail=mail, root=tmp_path))
    found = lint(loaded.client, loaded.positions, today=TODAY)
    assert [p for p in found if p.level is Level.ERROR] == []
    assert {p.lint for p in found} <= {"client_file.sender.unaligned"}  # a key that only the sender can give


def test_several_senders_are_all_named(tmp_path: Path) -> None:
    client = read(new_client("a", "acme.example", mail=("ses", "microsoft365"), root=tmp_path)).client
    assert client.email.senders == ("ses", "microsoft365")
    assert client.email.receive == "microsoft365"


def test_the_commented_lines_are_valid_keys_too(tmp_path: Path) -> None:
    path = new_client("acme", "acme.example", root=tmp_path)
    text = path.read_text(encoding="utf-8")
    opened = text.replace("  # launchready:", "  launchready:").replace('  #   "@"', '    "@"')
    opened = opened.replace("  #   www", "    www").replace("  #   -", "    -")
    path.write_text(opened, encoding="utf-8")
    loaded = read(path)
    assert loaded.client.records
    assert loaded.client.redirects
    assert lint(loaded.client, loaded.positions, today=TODAY) == []


def test_an_existing_file_stays_as_it_is(tmp_path: Path) -> None:
    path = new_client("acme", "acme.example", root=tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        new_client("acme", "other.example", root=tmp_path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["Pulumi.acme.yaml"]


def test_of_two_writers_at_once_one_wins_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    start = threading.Barrier(8)
    lost: list[InputError] = []

    def write(number: int) -> None:
        start.wait()
        try:
            write_atomically(path, f"{number}\n" * 1000, replace=False)
        except InputError as error:
            lost.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(lost) == 7
    assert len(set(path.read_text().split())) == 1
    assert path.read_text().count("\n") == 1000
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../evil", "a/b", "a\\b", ".hidden", "-x", "a b", "a\n", "x" * 101, "a..b", "a\x00", "é"],
)
def test_a_name_that_could_leave_the_directory_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="no client name"):
        new_client(name, "acme.example", root=tmp_path)
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a b.example", "192.0.2.1", "*.example.com", "-x.example", "a..b"]
)
def test_what_is_no_domain_is_refused(tmp_path: Path, domain: str) -> None:
    with pytest.raises(InputError, match="domain"):
        new_client("acme", domain, root=tmp_path)
    assert list(tmp_path.rglob("*")) == []


def test_an_address_or_a_preset_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no IP address"):
        new_client("acme", "acme.example", address="203.0.113.300", root=tmp_path)
    with pytest.raises(InputError, match="did you mean `google`"):
        new_client("acme", "acme.example", mail="gogle", root=tmp_path)
    with pytest.raises(InputError, match="none"):
        new_client("acme", "acme.example", mail=("none", "google"), root=tmp_path)


def test_a_salt_is_written_only_with_a_passphrase(tmp_path: Path) -> None:
    without = new_client("one", "acme.example", root=tmp_path).read_text()
    given = new_client("two", "acme.example", root=tmp_path, passphrase="word").read_text()
    assert "encryptionsalt" not in without
    salt = given.rpartition("encryptionsalt: ")[2].strip()
    PassphraseKey.open(salt, "word", Where())
    with pytest.raises(InputError):
        PassphraseKey.open(salt, "other", Where())
