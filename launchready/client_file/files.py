"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from launchready.errors import InputError, Where


def write_atomically(path: Path, text: str, *, replace: bool = True) -> None:
    """Write a text file so that a reader (or a crash) never sees half of it.

    With ``replace=False`` an existing file stays as it is and InputError is raised, even when two
    writers race (a hard link is refused where a rename would overwrite).
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        if replace:
            temporary.replace(path)
        else:
            try:
                os.link(temporary, path)
            except FileExistsError:
                raise InputError(
                    "exists already and is never overwritten",
                    where=Where(path),
                    fix="edit it, or move it away",
                ) from None
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
