"""Everything that a repository's history reaches, object by object, by the user's own git.

Git is run without a shell, without what a hostile repository's configuration could start (pagers,
signature programs, text converters, fetches from a promisor), and only reads.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from launchready.errors import InputError, Where
from launchready.leaks.stream import PIECE, Budget

_SAFE = (
    "--no-pager", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never",
    "-c", "core.hooksPath=/dev/null", "-c", "core.quotePath=false",
)  # fmt: skip
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C.UTF-8",
}
ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Object:
    """``kind``: blob, commit or tag. ``path``: where it lies first, "" for the others."""

    sha: str
    kind: str
    size: int
    path: str


class Broken(Exception):  # noqa: N818 - not an error of ours: git could not read on
    """Git ended before everything was read."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository on this machine."""

    directory: Path

    def command(self, *arguments: str) -> list[str]:
        return ["git", *_SAFE, "-C", str(self.directory), *arguments]

    def ask(self, *arguments: str) -> str | None:
        """Git's short answer without its last newline, None when it refused."""
        try:
            done = subprocess.run(
                self.command(*arguments), env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
                timeout=ANSWER_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.decode("utf-8", "replace").rstrip("\n") if done.returncode == 0 else None

    @property
    def top(self) -> Path | None:
        """Where the working tree is; None for a bare one."""
        found = self.ask("rev-parse", "--show-toplevel")
        return Path(found) if found else None

    def partial(self) -> str:
        """Why this copy has less than the whole history; "" when it has it all."""
        if self.ask("rev-parse", "--is-shallow-repository") == "true":
            return "a shallow clone: fetch the rest with `git fetch --unshallow`"
        if self.ask("config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$"):
            return "a partial clone: clone it without --filter"
        return ""

    def commit_of(self, sha: str) -> str:
        """The short name of the first commit that has a blob, "" where git does not say."""
        found = self.ask(
            "log", "--all", "-m", "--no-ext-diff", "--no-textconv", f"--find-object={sha}", "--format=%h"
        )
        return (found or "").rpartition("\n")[2]

    def objects(self, budget: Budget) -> Iterator[tuple[Object, Iterator[bytes]]]:
        """Each blob, commit and tag that any ref reaches, with its bytes in pieces. Raises Broken."""
        with tempfile.TemporaryFile() as wanted:
            self._list(wanted, budget)
            wanted.seek(0)
            form = "--batch=%(objectname) %(objecttype) %(objectsize) %(rest)"
            with _running(self.command("cat-file", form, "--buffer"), wanted, budget) as out:
                while header := out.readline():
                    sha, kind, size, path = _header(header)
                    yield Object(sha, kind, size, path), _content(out, size, budget)
                    if budget.why:
                        return

    def _list(self, wanted: IO[bytes], budget: Budget) -> None:
        """Write ``sha path`` of everything but trees."""
        refs = ["--all", *(["HEAD"] if self.ask("rev-parse", "--verify", "--quiet", "HEAD") else [])]
        form = "--batch-check=%(objectname) %(objecttype) %(objectsize) %(rest)"
        with (
            _running(self.command("rev-list", "--objects", *refs), subprocess.DEVNULL, budget) as names,
            _running(self.command("cat-file", form, "--buffer"), names, budget) as out,
        ):
            for line in out:
                sha, kind, _, path = _header(line)
                if kind != "tree":
                    wanted.write(f"{sha} {path}\n".encode("utf-8", "surrogateescape"))


def _header(line: bytes) -> tuple[str, str, int, str]:
    parts = line.decode("utf-8", "surrogateescape").rstrip("\n").split(" ", 3)
    if len(parts) < 3 or not parts[2].isdigit():
        raise Broken("an object of the history is missing")
    return parts[0], parts[1], int(parts[2]), parts[3] if len(parts) > 3 else ""


def _content(out: IO[bytes], size: int, budget: Budget) -> Iterator[bytes]:
    left = size
    while left > 0:
        piece = out.read(min(PIECE, left))
        if not piece:
            raise Broken("git ended in the middle of an object")
        left -= len(piece)
        if not budget.take(len(piece)):
            return
        yield piece
    out.read(1)


@contextlib.contextmanager
def _running(command: list[str], stdin: IO[bytes] | int, budget: Budget) -> Iterator[IO[bytes]]:
    """A git that reads, ended at the budget's time whatever it does. Raises Broken if it failed by itself."""
    import time

    process = subprocess.Popen(
        command, env=environment(), stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    if process.stdout is None:
        raise Broken("git has no output")
    alarm = threading.Timer(max(0.0, budget.until - time.monotonic()), process.kill)
    alarm.start()
    try:
        yield process.stdout
        if not budget.why and process.wait() != 0:
            late = time.monotonic() >= budget.until
            raise Broken("it took too long" if late else "git could not read the whole history")
    finally:
        alarm.cancel()
        process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait()


def environment() -> dict[str, str]:
    """Ours without what would point git elsewhere."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | _ENVIRONMENT


def open_repository(directory: Path) -> Repository:
    """Raises InputError when there is no git, or no repository there."""
    if shutil.which("git") is None:
        raise InputError("git is not installed, and only git reads a history", fix="install git")
    if not directory.is_dir():
        raise InputError("there is no such directory", where=Where(directory), fix="name a git repository")
    repository = Repository(directory)
    if repository.ask("rev-parse", "--git-dir") is None:
        raise InputError(
            "no git repository, or one of another user", where=Where(directory),
            fix="name a clone of the application's repository that you own",
        )  # fmt: skip
    return repository
