"""Writing values where only their owner can read them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from launchready.declared.environment import Environment
from launchready.errors import InputError, Where
from launchready.variables.dotenv_file import render


def write_private(path: Path, values: Mapping[str, str], environment: Environment, *, replace: bool) -> None:
    """Write a ``.env`` file with mode 0600, whole or not at all.

    Raises InputError when the file exists (unless it may be replaced) or can't be written.
    """
    head = (
        f"variables of {environment.client}, from {environment.path}",
        "keep this file out of version control",
    )
    text = render(values, head)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", where=Where(path)) from None
    temporary = Path(name)  # mkstemp makes it with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        raise InputError(
            "exists already and is not overwritten", where=Where(path), fix="--force, or another --output"
        ) from None
    except OSError as error:
        raise InputError(f"can't be written: {error.strerror}", where=Where(path)) from None
    finally:
        temporary.unlink(missing_ok=True)
