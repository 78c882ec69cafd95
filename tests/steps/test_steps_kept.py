"""What is kept of a launch's steps: whole or not at all, and nothing that is not ours is believed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from launchready.cli.steps import seconds
from launchready.errors import InputError, LaunchreadyError
from launchready.evidence.types import Cause
from launchready.steps import Progress, State, load, place, save, to_document
from launchready.steps.certificate import covers
from launchready.steps.delegation import own_ds
from launchready.steps.outcome import done, unknown
from launchready.steps.store import Entry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def kept(path: Path) -> Progress:
    return load(path, "acme", "acme.example", "live")


def test_what_is_kept_comes_back_as_it_was(tmp_path: Path) -> None:
    path = place(tmp_path, "acme", "edge:0123")
    progress = Progress("acme", "acme.example", "live")
    progress.entries["zone"] = Entry(done("there"), NOW, NOW, NOW)
    progress.entries["stale_ds"] = Entry(unknown(Cause.SERVFAIL, "no answer"), NOW, NOW, None, {"a": "b"})
    save(path, to_document(progress))
    again = kept(path)
    assert {name: again.entries[name] for name in progress.entries} == progress.entries
    assert path.name == "acme@edge-0123.json"
    assert [one.name for one in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"schema": "other/1"}', '{"schema": "launchready.steps/1"}', "\x00" * 50,
     '{"schema": "launchready.steps/1", "domain": "acme.example", "steps": [{"name": "zone"}]}',
     '{"schema": "launchready.steps/1", "domain": "other.example", "steps": []}'],
)  # fmt: skip
def test_what_is_no_document_of_this_launch_begins_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "steps.json"
    path.write_text(text)
    assert kept(path).entries == {}
    assert kept(tmp_path / "absent.json").entry("zone").look.state is State.PENDING


def test_a_place_that_can_not_be_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchreadyError, match="can't be kept"):
        save(tmp_path / "file" / "steps.json", {})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(None, None), ("0", 0), ("90", 90), ("90s", 90), ("10m", 600), ("2H", 7200), ("1d", 86400)],
)
def test_a_time_to_wait_is_read(text: str | None, wanted: float | None) -> None:
    assert seconds(text) == wanted


@pytest.mark.parametrize("text", ["", "-1", "1w", "ten", "31d", "1.5h", "9999999d"])
def test_a_time_to_wait_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--wait"):
        seconds(text)


def test_a_wildcard_covers_one_label_and_a_ds_has_one_form() -> None:
    assert covers("*.acme.example", "www.acme.example")
    assert not covers("*.acme.example", "a.b.acme.example")
    assert not covers("*.acme.example", "acme.example")
    key = {"status": "pending", "key_tag": 7, "algorithm": "13", "digest_type": "2", "digest": "ab cd"}
    assert own_ds(key) == "7 13 2 ABCD"
    assert own_ds({**key, "status": "disabled"}) is None
