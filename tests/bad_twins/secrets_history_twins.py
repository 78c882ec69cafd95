"""Twins of secrets in a repository's history and in logs: real repositories, searched as a user would."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from launchready.leaks import look
from tests.bad_twins.clients import client
from tests.bad_twins.harness import Break, Scene, Twin
from tests.history import material

ROWS = ("secrets",)
HISTORY, LOGS = "secrets.history.clean", "secrets.logs.clean"


def _looked(make: Callable[[Path], tuple[Path | None, list[Path]]]) -> Break:
    """Make a repository and logs, and look through them before the verifier runs."""

    async def prepare(scene: Scene) -> None:
        directory = Path(scene.stack.enter_context(tempfile.TemporaryDirectory(prefix="history-")))
        repository, logs = make(directory)
        scene.given = look(scene.client, repository=repository, log_paths=logs)

    return prepare


def _removed_later(directory: Path) -> tuple[Path, list[Path]]:
    commits = ({"app/pay.py": f'KEY = "{material.stripe()}"\n'}, {"app/pay.py": "KEY = os.environ['KEY']\n"})
    return material.repository(directory, material.harmless(), *commits), []


def _environment(directory: Path) -> tuple[Path, list[Path]]:
    return material.repository(
        directory, {".env": "SESSION_SECRET=horse-and-staple-77\n"}, {".env": None}
    ), []


def _logged(directory: Path) -> tuple[None, list[Path]]:
    line = f"charge failed: Authorization: Bearer {material.stripe('log')}"
    return None, [material.log(directory / "app.log.1.gz", *material.QUIET_LOG, line)]


def _clean(directory: Path) -> tuple[Path, list[Path]]:
    repository = material.repository(
        directory / "application",
        material.harmless(),
        {
            "handbook/keys.txt": f"an example of ours: {material.aws()}\n",
            ".launchready-allow": "handbook/** | the training account's key, deleted | 2099-12-31\n",
        },
    )
    return repository, [material.log(directory / "access.log", *material.QUIET_LOG)]


GOOD: dict[str, Twin] = {
    "a history and logs without secrets": Twin(client(), frozenset(), _looked(_clean), ROWS),
}

TWINS: dict[str, Twin] = {
    "a key that was committed and removed": Twin(
        client(), frozenset({HISTORY}), _looked(_removed_later), ROWS
    ),
    "an environment file that was committed": Twin(
        client(), frozenset({HISTORY}), _looked(_environment), ROWS
    ),
    "a key in a log": Twin(client(), frozenset({LOGS}), _looked(_logged), ROWS),
}
