"""Where the project is: the directory whose Pulumi.yaml is launchready's."""

from __future__ import annotations

import re
from pathlib import Path

from launchready.errors import InputError


def find_root(start: Path | None = None) -> Path:
    """The nearest directory upwards from ``start`` (default: here) with launchready's Pulumi.yaml.

    Falls back to the checkout that this code is installed from. Raises InputError without either.
    """
    here = (start or Path.cwd()).resolve()
    for directory in (here, *here.parents, Path(__file__).resolve().parents[2]):
        manifest = directory / "Pulumi.yaml"
        if manifest.is_file() and re.search(r"^name:\s*launchready\s*$", manifest.read_text(), re.M):
            return directory
    raise InputError(
        "this is not a launchready project: no Pulumi.yaml with `name: launchready` here or above",
        fix="change to the project's directory",
    )
