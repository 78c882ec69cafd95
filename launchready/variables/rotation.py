"""A new value for one variable: generated or given, encrypted into the client file, then sent."""

from __future__ import annotations

import difflib
import secrets
import string
from collections.abc import Mapping
from pathlib import Path

from launchready.client_file import environment_model, load
from launchready.errors import InputError, Where
from launchready.variables import edit

ALPHABET = string.ascii_letters + string.digits + "-_"
SHORTEST, LONGEST = 16, 4096


def generated(length: int) -> str:
    """A random value of ``length`` characters of base64url's alphabet: 6 bits each."""
    if not SHORTEST <= length <= LONGEST:
        raise InputError(f"--generate {length}: from {SHORTEST} to {LONGEST} characters")
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def given(text: str) -> str:
    """A value as it came in, without the line end that ``echo`` appends. Raises InputError when empty."""
    value = text.removesuffix("\n").removesuffix("\r")
    if not value:
        raise InputError("the new value is empty", fix="give it on standard input, or use --generate 48")
    if "\0" in value:
        raise InputError("the new value has a NUL in it, which no environment can hold")
    return value


def into_file(path: Path, name: str, value: str, environ: Mapping[str, str]) -> None:
    """Encrypt a new value into the client file; a plain one becomes a secret.

    Raises InputError for a name that the file doesn't have (a new variable comes by import or by hand).
    """
    environment = environment_model.of(load(path))
    variables = environment.variables if environment else {}
    if name not in variables:
        near = difflib.get_close_matches(name, variables, 1)
        fix = f"did you mean {near[0]}?" if near else "`launch env import` adds variables"
        raise InputError(f"there is no variable {name}", where=Where(path), fix=fix)
    key = edit.opened_key(path, environ)
    edit.save(path, {name: {"secret": {"secure": key.encrypt(value)}}}, key)
