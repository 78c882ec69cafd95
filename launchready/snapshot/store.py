"""Where snapshots are kept: a directory, or a prefix of an S3 bucket. Whole, or not at all.

A snapshot is its manifest and the files that it lists; without a manifest it is not there. A directory
gets it by one rename, a bucket gets the manifest last.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from launchready.errors import InputError, LaunchreadyError, Where
from launchready.snapshot.manifest import NAME

ID = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}")
DEFAULT = Path(".launchready") / "snapshots"
_TEMPORARY = ".writing-"


class StoreError(LaunchreadyError):
    """The place of the snapshots can't be read or written (exit code 3)."""


class Store(Protocol):
    """Snapshots of one client. Ids sort by time."""

    def ids(self) -> list[str]:
        """Every snapshot that is there, oldest first; one without a manifest is not. Raises StoreError."""

    def read(self, snapshot: str, name: str) -> bytes | None:
        """A file's content; None when it is not there. Raises StoreError."""

    def write(self, snapshot: str, files: Mapping[str, bytes]) -> None:
        """Store a snapshot, manifest included. Raises StoreError, with nothing stored."""

    def rewrite(self, snapshot: str, manifest: bytes) -> None:
        """Put another manifest in the place of a snapshot's, in one step. Raises StoreError."""

    def delete(self, snapshot: str) -> None:
        """Remove a snapshot. Raises StoreError."""

    def place(self, snapshot: str = "") -> str:
        """Where it is, for a person."""

    @property
    def known(self) -> bool:
        """Was anything ever stored here?"""


def open_store(spec: str | None, root: Path, client: str) -> Store:
    """The store that ``spec`` names: ``s3://bucket/prefix``, a directory, or None for the project's own.

    Raises InputError for a specification that names neither.
    """
    if spec is None or not spec.strip():
        return DirectoryStore(root / DEFAULT / client)
    if spec.startswith("s3://"):
        from launchready.snapshot.s3 import S3Store

        return S3Store.of(spec, client)
    if "://" in spec:
        raise InputError(f"snapshots can't be kept at {spec}", fix="name a directory, or s3://BUCKET/PREFIX")
    return DirectoryStore(Path(spec).expanduser() / client)


class DirectoryStore:
    """``<directory>/<id>/<file>``; only the owner may read it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def ids(self) -> list[str]:
        if not self.directory.is_dir():
            return []
        with _told(self.directory):
            names = sorted(entry.name for entry in self.directory.iterdir() if ID.fullmatch(entry.name))
        return [name for name in names if (self.directory / name / NAME).is_file()]

    def read(self, snapshot: str, name: str) -> bytes | None:
        path = self.directory / _plain(snapshot) / _plain(name)
        with _told(path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None

    def write(self, snapshot: str, files: Mapping[str, bytes]) -> None:
        with _told(self.directory):
            self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._clean()
            # The name tells who writes: what a dead process left is taken away by the next one.
            scratch = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-", dir=self.directory))
            try:
                for name, content in files.items():
                    _write(scratch / _plain(name), content)
                _sync(scratch)
                scratch.rename(self.directory / _plain(snapshot))
                _sync(self.directory)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise

    def rewrite(self, snapshot: str, manifest: bytes) -> None:
        with _told(self.directory):
            target = self.directory / _plain(snapshot) / NAME
            scratch = target.with_name(f".{NAME}-{os.getpid()}")
            scratch.unlink(missing_ok=True)
            _write(scratch, manifest)
            scratch.replace(target)
            _sync(target.parent)

    def delete(self, snapshot: str) -> None:
        with _told(self.directory):
            # Renamed first, so that no one ever sees half of it.
            doomed = Path(tempfile.mkdtemp(prefix=f"{_TEMPORARY}{os.getpid()}-", dir=self.directory))
            (self.directory / _plain(snapshot)).rename(doomed / "doomed")
            shutil.rmtree(doomed)

    def place(self, snapshot: str = "") -> str:
        return str(self.directory / snapshot) if snapshot else str(self.directory)

    @property
    def known(self) -> bool:
        return self.directory.is_dir()

    def _clean(self) -> None:
        """Take away what a process that is gone had begun to write."""
        for left in self.directory.glob(f"{_TEMPORARY}*"):
            pid = left.name.removeprefix(_TEMPORARY).split("-")[0]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc").is_dir():
                shutil.rmtree(left, ignore_errors=True)


def _plain(name: str) -> str:
    """A file's name that leads nowhere else; a manifest may be forged."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise InputError(f"{name!r} is no name of a snapshot or of a file in one")
    return name


def _write(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"the snapshots can't be reached: {error.strerror or error}",
            where=Where(path),
            fix="check the directory, or name another one: --snapshots or LAUNCHREADY_SNAPSHOTS",
        ) from error
