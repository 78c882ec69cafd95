"""Runs as they are written and read back: alive, ended, killed, hostile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from launchready.serve import record as records
from launchready.serve.record import DOCUMENT, EVENTS, PLACE, REPORT, RUN_VARIABLE, Record, forget_old
from launchready.serve.runs import Runs
from tests.serve.serve_kit import begun, ended, until


def runs(root: Path) -> Runs:
    return Runs(root / PLACE)


def test_a_run_is_told_as_it_goes(tmp_path: Path) -> None:
    record = begun(tmp_path, command="rehearse", group="g")
    record.step("starting the local edge")
    record.resource("create", "zone")
    record.step("round 1: probing 3 of 6", 0.5)
    (run,) = runs(tmp_path).all()
    assert (run.state, run.command, run.client, run.domain) == ("running", "rehearse", "acme", "acme.example")
    assert (run.step, run.share, run.steps) == (
        "round 1: probing 3 of 6", 0.5, ("starting the local edge",),
    )  # fmt: skip
    assert (run.resources, run.count, run.group) == ((("create", "zone"),), 1, "g")
    record.close()


def test_a_verdict_is_kept_with_its_document_and_its_page(tmp_path: Path) -> None:
    name = ended(begun(tmp_path))
    run = runs(tmp_path).get(name)
    assert run is not None
    assert (run.state, run.score, run.files) == ("ready", 100, {DOCUMENT, REPORT})
    assert runs(tmp_path).document(name)["verdict"] == "ready"
    assert b"Ready" in (runs(tmp_path).text(name, REPORT) or b"")


def test_a_run_is_its_owners_alone_and_never_committed(tmp_path: Path) -> None:
    name = ended(begun(tmp_path))
    directory = tmp_path / PLACE / name
    modes = {path.name: path.stat().st_mode & 0o777 for path in (directory, *directory.iterdir())}
    assert modes == {name: 0o700, EVENTS: 0o600, DOCUMENT: 0o600, REPORT: 0o600}
    assert (tmp_path / PLACE / ".gitignore").read_text() == "*\n"


def test_an_error_is_kept_in_its_words_on_one_line(tmp_path: Path) -> None:
    record = begun(tmp_path)
    record.failed("the edge\x1b[31m died\n  fix: start it")
    record.close()
    (run,) = runs(tmp_path).all()
    assert (run.state, run.error) == ("failed", "the edge\\u001b[31m died   fix: start it")


def test_a_run_that_was_killed_does_not_look_alive(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from launchready.serve.record import Record\n"
        "r = Record.begin(Path(sys.argv[1]), command='verify', client='acme', domain='acme.example')\n"
        "r.step('probing'); print('on', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / PLACE)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    reader = runs(tmp_path)
    assert [run.state for run in reader.all()] == ["running"]
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    assert until(lambda: [run.state for run in reader.all()] == ["broken"])


def test_what_ended_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(begun(tmp_path))
    reader = runs(tmp_path)
    first = reader.all()
    monkeypatch.setattr("launchready.serve.runs._read", lambda *_: pytest.fail("read again"))
    assert reader.all() == first


def test_a_wished_id_is_taken_once_and_only_if_it_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wished = "20261124T120000-0123abcd"
    monkeypatch.setenv(RUN_VARIABLE, wished)
    assert ended(begun(tmp_path)) == wished
    assert ended(begun(tmp_path)) != wished
    monkeypatch.setenv(RUN_VARIABLE, "../../escape")
    assert records.RUN_ID.fullmatch(ended(begun(tmp_path)))
    assert not (tmp_path.parent / "escape").exists()


def test_what_cannot_be_written_is_not_recorded_and_fails_nothing(tmp_path: Path) -> None:
    (tmp_path / ".launchready").write_text("a file")
    found = Record.begin(tmp_path / PLACE, command="verify", client=None, domain="acme.example")
    assert found is None
    record = begun(tmp_path / "other")
    assert record._descriptor is not None
    os.close(record._descriptor)
    record._descriptor = os.open("/dev/full", os.O_WRONLY)
    record.step("on a full disk")
    ended(record)


def test_events_are_bounded_and_the_end_is_always_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "EVENTS_AT_MOST", 5)
    record = begun(tmp_path)
    for number in range(20):
        record.resource("create", str(number))
    name = ended(record)
    assert len((tmp_path / PLACE / name / EVENTS).read_text().splitlines()) <= 6
    assert [run.state for run in runs(tmp_path).all()] == ["ready"]


def test_the_oldest_go_and_what_runs_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN_VARIABLE, "20200101T000000-00000000")
    oldest = begun(tmp_path)
    monkeypatch.setenv(RUN_VARIABLE, "20200101T000001-00000000")
    ended(begun(tmp_path))
    monkeypatch.delenv(RUN_VARIABLE)
    newest = [ended(begun(tmp_path)) for _ in range(2)]
    forget_old(tmp_path / PLACE, keep=2)
    assert {run.id for run in runs(tmp_path).all()} == {oldest.id, *newest}
    oldest.close()


@pytest.mark.parametrize(
    "line",
    [b"", b"not json", b"[1]", b"{}", b'{"kind": "start", "at": 5, "client": []}', b"\xff\xfe",
     b"[" * 100_000,
     b'{"kind": "end", "verdict": "<script>", "score": "9"}', b'{"kind": "step", "share": NaN, "text": 5}',
     b'{"kind": "step", "share": "half"}'],
)  # fmt: skip
def test_whatever_stands_in_the_events_is_read(tmp_path: Path, line: bytes) -> None:
    name = ended(begun(tmp_path))
    (tmp_path / PLACE / name / EVENTS).write_bytes(line + b"\n")
    for run in runs(tmp_path).all():
        assert run.state == "broken"
        assert run.seconds >= 0


def test_a_line_that_is_half_written_waits(tmp_path: Path) -> None:
    record = begun(tmp_path)
    with (record.directory / EVENTS).open("ab") as stream:
        stream.write(b'{"kind": "step", "te')
    assert [run.state for run in runs(tmp_path).all()] == ["running"]
    record.close()


def test_nothing_outside_a_run_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("outside")
    name = ended(begun(tmp_path))
    directory, reader = tmp_path / PLACE / name, runs(tmp_path)
    (directory / REPORT).unlink()
    (directory / REPORT).symlink_to(secret)
    assert reader.text(name, REPORT) is None
    assert reader.text(name, "../../../secret.html") is None
    assert reader.text("..", REPORT) is None
    other = tmp_path / "elsewhere"
    directory.rename(other)
    directory.symlink_to(other)
    assert reader.get(name) is None
    assert reader.text(name, DOCUMENT) is None


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    name = ended(begun(tmp_path))
    for file in (EVENTS, REPORT):
        (tmp_path / PLACE / name / file).unlink()
        os.mkfifo(tmp_path / PLACE / name / file)
    assert runs(tmp_path).all() == []
    assert runs(tmp_path).text(name, REPORT) is None


def test_a_document_that_is_none_is_empty(tmp_path: Path) -> None:
    name = ended(begun(tmp_path))
    for text in ("", "[]", "{", json.dumps("x"), "[" * 100_000):
        (tmp_path / PLACE / name / DOCUMENT).write_text(text)
        assert runs(tmp_path).document(name) == {}
