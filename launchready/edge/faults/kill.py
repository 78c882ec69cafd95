"""SIGKILL for a whole run: the processes of a group and all that they started, in whatever group.

Linux only (it reads /proc), and never this process or one that it stems from.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from launchready.errors import InputError

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    group: int


def kill_group(group: int, program: str | None = None) -> list[int]:
    """Kill the group and its descendants; the pids that were.

    ``program``: only those whose command line has it. Raises InputError where that would be this
    process's own group, or where there is no /proc.
    """
    running = {one.pid: one for one in _processes()}
    if not running:
        raise InputError("processes can't be listed here: /proc is missing")
    spared = set(_line(os.getpid(), running))
    doomed = [pid for pid in _of(group, running) if pid not in spared]
    if any(running[pid].group == group for pid in spared):
        raise InputError(f"faults: {group} is the edge's own process group")
    killed = []
    for pid in doomed:
        if program is not None and program not in _command(pid):
            continue
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    return killed


def _of(group: int, running: dict[int, _Process]) -> list[int]:
    """The group's processes and all their descendants, parents first."""
    found = [pid for pid, one in running.items() if one.group == group]
    for pid in found:  # grows as it goes
        found.extend(one.pid for one in running.values() if one.parent == pid and one.pid not in found)
    return found


def _line(pid: int, running: dict[int, _Process]) -> Iterator[int]:
    """A process, its parent, and so on."""
    while pid in running:
        yield pid
        pid = running[pid].parent


def _processes() -> Iterator[_Process]:
    for entry in _PROC.glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        yield _Process(int(entry.parent.name), int(fields[1]), int(fields[2]))


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
