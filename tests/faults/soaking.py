"""A soak's result: a dated file outside the repository that says what was tried, where, and what survived.

A soak that was interrupted goes on where it stopped: what the file of the same commit has is not tried again.
The files lie in ``$LAUNCHREADY_SOAK``, by default ``build/soak`` beside the checkout.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from launchready.client_file.files import write_atomically

ROOT = Path(__file__).resolve().parents[2]
SURVIVED = "survived"


class Result:
    """``name``: of the soak. ``every``: with ``$LAUNCHREADY_SOAK_EVERY`` = n, only each nth is tried."""

    def __init__(self, name: str) -> None:
        commit, changed = _git("rev-parse", "--short=12", "HEAD"), bool(_git("status", "--porcelain"))
        place = Path(os.environ.get("LAUNCHREADY_SOAK") or ROOT.parent / "build" / "soak")
        place.mkdir(parents=True, exist_ok=True)
        earlier = sorted(place.glob(f"{name}-*-{commit}.json"))
        now = datetime.now(UTC)
        self.every = int(os.environ.get("LAUNCHREADY_SOAK_EVERY") or 1)
        self.path = earlier[-1] if earlier else place / f"{name}-{now:%Y%m%d}-{commit}.json"
        self.document: dict[str, Any] = {
            "schema": "launchready.soak/1",
            "soak": name,
            "commit": commit,
            "uncommitted": changed,
            "machine": {
                "host": platform.node(), "system": platform.platform(), "cores": os.cpu_count(),
                "python": platform.python_version(),
            },
            "started": now.isoformat(timespec="seconds"),
            "tried": {},
        }  # fmt: skip
        if earlier:
            self.document = json.loads(self.path.read_text())

    @property
    def tried(self) -> dict[str, str]:
        found: dict[str, str] = self.document["tried"]
        return found

    def survived(self, key: str) -> bool:
        """Has this been tried already, and well?"""
        return self.tried.get(key) == SURVIVED

    def note(self, key: str, told: str, **more: Any) -> None:
        """One more was tried."""
        self.tried[key] = told
        alive = sum(one == SURVIVED for one in self.tried.values())
        self.document.update(more)
        self.document.update(
            survived=alive, of=len(self.tried), updated=datetime.now(UTC).isoformat(timespec="seconds")
        )
        write_atomically(self.path, json.dumps(self.document, indent=1) + "\n")

    @property
    def failed(self) -> dict[str, str]:
        return {key: told for key, told in self.tried.items() if told != SURVIVED}

    def text(self) -> str:
        alive = len(self.tried) - len(self.failed)
        return f"{self.document['soak']}: {alive} survived / {len(self.tried)} tried ({self.path})"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
