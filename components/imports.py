"""What `launch adopt --live` found and this run takes over: resource → import id.

A file that the environment names, for one run of the engine: once a resource is in the state, nothing of
this is needed again. The engine refuses an import whose inputs differ from what is live, so that taking
over never changes anything.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

VARIABLE = "LAUNCHREADY_IMPORTS"
"""Names a JSON file: ``{"<type token>::<resource name>": "<import id>"}``."""


def import_id(token: str, name: str) -> str | None:
    """The id under which the resource is taken over; None, as always but in an adoption: it is not."""
    path = os.environ.get(VARIABLE)
    return _ids(path).get(f"{token}::{name}") if path else None


@lru_cache(maxsize=1)
def _ids(path: str) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(Path(path).read_text())
    return found
