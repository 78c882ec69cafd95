"""One run at a time, and the note of a run until it has ended well."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from launchready.errors import EngineError
from launchready.recovery.leftover import (
    EngineLock,
    end_processes,
    locks_in_directory,
    locks_told,
    mend_directory,
    process_started,
    refuse_living,
)
from launchready.recovery.lock import RUN, HeldError, Lock, hold

HOLDER = """
import sys, time
from pathlib import Path
from launchready.recovery.lock import hold
with hold(Path(sys.argv[1]), "acme", "live", "up") as lock:
    with lock.work():
        print(lock.run, flush=True)
        time.sleep(600)
"""
MADE = {
    "op": "create",
    "urn": "urn:pulumi:acme::launchready::cloudflare:index/zone:Zone::zone",
    "type": "cloudflare:index/zone:Zone",
    "provider": "p::1",
    "new": {"type": "cloudflare:index/zone:Zone", "inputs": {"name": "acme.example"}},
}
BEGUN = {"resourcePreEvent": {"metadata": {"op": "create", "urn": MADE["urn"]}}}
FAILED = {"resOpFailedEvent": {"metadata": {**MADE, "old": None}}}


def holder(root: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@contextmanager
def failing(root: Path) -> Iterator[Lock]:
    """A run that ends with an error."""
    with suppress(EngineError), hold(root, "acme", "live", "up") as lock, lock.work():
        yield lock
        raise EngineError("the API was away")


def test_a_run_that_is_alive_is_named_and_the_second_ends_with_3(tmp_path: Path) -> None:
    process, _ = holder(tmp_path)
    try:
        with (
            pytest.raises(HeldError, match=f"process {process.pid} .launch up") as refused,
            hold(tmp_path, "acme", "live", "destroy"),
        ):
            pass
        assert refused.value.exit_code == 3
        assert f"kill -INT {process.pid}" in str(refused.value.fix)
    finally:
        process.kill()
        process.wait()


def test_a_run_that_was_killed_is_recognised_and_its_note_found(tmp_path: Path) -> None:
    process, run = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with hold(tmp_path, "acme", "live", "up") as lock:
        assert lock.last is not None
        assert lock.last.runs == [run]
        assert lock.run != run


def test_a_run_that_ended_well_leaves_nothing(tmp_path: Path) -> None:
    with hold(tmp_path, "acme", "live", "up") as lock, lock.work():
        lock.watch(BEGUN)
    with hold(tmp_path, "acme", "live", "up") as lock:
        assert lock.last is None


def test_a_run_that_changed_nothing_leaves_nothing_though_it_failed(tmp_path: Path) -> None:
    with failing(tmp_path) as lock:
        lock.watch({"resourcePreEvent": {"metadata": {"op": "same"}}})
    with hold(tmp_path, "acme", "live", "up") as lock:
        assert lock.last is None


def test_what_failed_is_noted_for_the_next_run_until_it_is_settled(tmp_path: Path) -> None:
    with failing(tmp_path) as first:
        first.watch(BEGUN)
        first.watch(FAILED)
        first.watch({"resOpFailedEvent": {"metadata": {"op": "update", "urn": "u", "new": {"inputs": {}}}}})
    with failing(tmp_path) as second:
        assert second.last is not None
        assert second.last.failed[0] == MADE
        assert "new" not in second.last.failed[1]
        assert second.last.began == first.holder.began
    with hold(tmp_path, "acme", "live", "up") as third, third.work():
        assert third.last is not None
        assert third.last.began == first.holder.began, "the earliest run that is not settled"
        assert third.last.runs == [first.run, second.run]
        third.settle([])
    with hold(tmp_path, "acme", "live", "up") as fourth:
        assert fourth.last is None


def test_what_has_to_be_read_anew_is_not_forgotten(tmp_path: Path) -> None:
    with failing(tmp_path) as lock:
        lock.watch(BEGUN)
    with failing(tmp_path) as lock:
        lock.settle(["urn:a"])
    with hold(tmp_path, "acme", "live", "up") as lock:
        assert lock.last is not None
        assert (lock.last.failed, lock.last.stale) == ([], ["urn:a"])


def test_a_launch_of_an_edge_and_the_live_one_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with hold(tmp_path, "acme", "live", "up") as live, hold(tmp_path, "acme", "edge:0123", "up") as edge:
        assert live.path.name == "acme.lock"
        assert live.path != edge.path
        assert live.note_path != edge.note_path


def test_a_run_of_another_machine_is_named(tmp_path: Path) -> None:
    path = tmp_path / ".launchready" / "locks" / "acme.lock"
    path.parent.mkdir(parents=True)
    held = {"pid": 1, "started": None, "host": "elsewhere", "run": "r", "operation": "up",
            "began": "2026-11-24T10:00:00+00:00"}  # fmt: skip
    path.write_text(json.dumps(held))
    with pytest.raises(HeldError, match="elsewhere"), hold(tmp_path, "acme", "live", "up"):
        pass
    assert json.loads(path.read_text()) == held, "it stays as it is"


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"pid": "x"}', "\x00\x00"])
def test_a_lock_file_of_no_sense_is_nobodys(tmp_path: Path, text: str) -> None:
    path = tmp_path / ".launchready" / "locks" / "acme.lock"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    path.with_suffix(".unfinished.json").write_text(text)
    with hold(tmp_path, "acme", "live", "up") as lock:
        assert lock.last is None


# ---- the engine's own lock ------------------------------------------------------------------------


def engine_lock(root: Path, pid: int, host: str, name: str = "a") -> None:
    place = root / ".pulumi" / "locks" / "organization" / "launchready" / "acme"
    place.mkdir(parents=True, exist_ok=True)
    held = {"pid": pid, "username": "me", "hostname": host, "timestamp": "2026-11-24T10:00:00Z"}
    (place / f"{name}.json").write_text(json.dumps(held))


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_lock_of_a_dead_engine_is_told_from_that_of_a_living_one(tmp_path: Path) -> None:
    url, here = f"file://{tmp_path}", socket.gethostname()
    assert locks_in_directory(url, "launchready", "acme") == []
    engine_lock(tmp_path, dead_pid(), here)
    found = locks_in_directory(url, "launchready", "acme")
    assert found is not None
    assert [lock.dead for lock in found] == [True]
    refuse_living(found)
    for pid, host in ((os.getpid(), here), (dead_pid(), "elsewhere")):
        engine_lock(tmp_path, pid, host)
        found = locks_in_directory(url, "launchready", "acme")
        assert found is not None
        with pytest.raises(EngineError, match=f"process {pid}"):
            refuse_living(found)


def test_a_backend_that_is_no_directory_is_asked_through_the_engine(tmp_path: Path) -> None:
    assert locks_in_directory("s3://bucket", "launchready", "acme") is None
    told = (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or "
        "delete the lock file with `pulumi cancel`.\n"
        "  s3://bucket/.pulumi/locks/organization/launchready/acme/x.json: created by me@laptop "
        "(pid 4711) at 2026-11-24T10:00:00Z"
    )
    assert locks_told(told) == [EngineLock(4711, "laptop", "me", "2026-11-24T10:00:00Z")]


def test_what_was_half_written_goes_and_what_is_whole_stays(tmp_path: Path) -> None:
    """The engine's file store, killed between a file's attributes and the file."""
    place = tmp_path / ".pulumi" / "stacks" / "launchready"
    place.mkdir(parents=True)
    whole = {"acme.json": "{}", "other.json.attrs": ""}
    cut = {"acme.json.attrs": "", "acme.json.18a0.tmp": "{", "acme.json.bak.attrs": '{"user.cache'}
    for name, text in {**whole, **cut}.items():
        (place / name).write_text(text)
    assert mend_directory(f"file://{tmp_path}", "launchready", "acme") == 3
    assert sorted(path.name for path in place.iterdir()) == ["acme.json", "other.json.attrs"]
    assert mend_directory(f"file://{tmp_path}", "launchready", "acme") == 0
    assert mend_directory("s3://bucket", "launchready", "acme") == 0


async def test_processes_of_a_dead_run_are_ended_and_no_others() -> None:
    def sleeping(run: str) -> subprocess.Popen[bytes]:
        code = "import time; time.sleep(600)"
        return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, RUN: run})

    mine, other = sleeping("run-that-died"), sleeping("run-that-died-not")
    try:
        assert await end_processes(RUN, ["run-that-died"]) == 1
        assert process_started(mine.pid) is None
        assert process_started(other.pid) is not None
        assert await end_processes(RUN, ["run-that-died"]) == 0
    finally:
        other.kill()
        mine.wait()
        other.wait()
