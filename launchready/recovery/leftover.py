"""What is left of a dead run on this machine: its processes, and its engine's lock in the backend."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from launchready.errors import EngineError

_PROC = Path("/proc")
END_SECONDS = 10.0
_HELD = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)")
"""How the engine tells of a lock in a backend of its own (pkg/backend/diy/lock.go)."""


def process_started(pid: int) -> str | None:
    """When a process started, in the kernel's ticks; None if it is gone, a zombie, or can't be told."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    if _PROC.is_dir() and (_PROC / "self").exists():
        return process_started(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def end_processes(variable: str, runs: Collection[str], seconds: float = END_SECONDS) -> int:
    """End whatever dead runs left running: engines and plugins have one of them as ``variable``. How many.

    The API behind them is gone with the run's gateway, so nothing that they do can still succeed.
    Raises EngineError when one does not end.
    """
    found = list(_marked({f"{variable}={run}".encode() for run in runs}))
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while left := [pid for pid in found if process_started(pid) is not None]:
        if loop.time() > end:
            raise EngineError(
                f"process {left[0]} of a run that died does not end", fix=f"end it by hand: kill -9 {left[0]}"
            )
        await asyncio.sleep(0.02)
    return len(found)


def _marked(marks: set[bytes]) -> Iterator[int]:
    """This user's processes with one of those in their environment, but for this one."""
    for entry in _PROC.glob("[0-9]*/environ"):
        pid = int(entry.parent.name)
        try:
            if pid != os.getpid() and marks & set(entry.read_bytes().split(b"\0")):
                yield pid
        except OSError:
            continue


@dataclass(frozen=True, slots=True)
class EngineLock:
    """A lock that an engine holds or left in the backend."""

    pid: int
    host: str
    user: str
    since: str

    @property
    def dead(self) -> bool:
        """Whether its process is known to be gone: it ran on this machine, and no such process is there."""
        return self.host == socket.gethostname() and not alive(self.pid)


def locks_in_directory(backend_url: str, project: str, stack: str) -> list[EngineLock] | None:
    """The engine's locks of a stack where the backend is a directory; None where it is something else."""
    root = _root(backend_url)
    if root is None:
        return None
    place = root / "locks" / "organization" / project / stack
    found = []
    for path in sorted(place.glob("*.json")):
        try:
            held = json.loads(path.read_text())
            found.append(
                EngineLock(
                    int(held["pid"]), str(held["hostname"]), str(held["username"]), str(held["timestamp"])
                )
            )
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError):
            # a lock that was being written when its engine died: it names nobody
            found.append(EngineLock(0, socket.gethostname(), "", ""))
    return found


def mend_directory(backend_url: str, project: str, stack: str) -> int:
    """Take away what a write that was cut short left in a backend directory; how many files.

    The engine writes a file's attributes beside it before it puts the file there (gocloud.dev/blob/fileblob);
    killed in between, it leaves an empty ``.attrs``, and from then on can't read a file that is whole. A file
    without attributes it reads well.
    """
    root = _root(backend_url)
    if root is None:
        return 0
    own = [
        *(root / "stacks" / project).glob(f"{stack}.json*"),
        *(root / "locks" / "organization" / project / stack).glob("*"),
        *(root / "history" / project / stack).glob("*"),
        *(root / "backups" / project / stack).glob("*"),
    ]
    cut = [path for path in own if path.suffix == ".tmp" or (path.suffix == ".attrs" and _cut(path))]
    for path in cut:
        path.unlink(missing_ok=True)
    return len(cut)


def _cut(path: Path) -> bool:
    try:
        json.loads(path.read_text())
    except ValueError:
        return True
    except OSError:
        return False
    return False


def _root(backend_url: str) -> Path | None:
    """Where a backend keeps its files; None where that is no directory of this machine."""
    parts = urlsplit(backend_url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(unquote(parts.path)).expanduser() / ".pulumi"


def locks_told(text: str) -> list[EngineLock]:
    """The locks that an engine names when it refuses to run."""
    return [
        EngineLock(int(match["pid"]), match["host"], match["user"], match["at"])
        for match in _HELD.finditer(text)
    ]


def refuse_living(locks: list[EngineLock]) -> None:
    """Raises EngineError that names the first lock whose engine may be alive."""
    for lock in locks:
        if not lock.dead:
            raise EngineError(
                f"an engine of {lock.user} on {lock.host} (process {lock.pid}, since {lock.since}) "
                "holds the stack",
                fix="wait for it; if it is dead, `launch pulumi -- cancel -s CLIENT` frees the stack",
            )
