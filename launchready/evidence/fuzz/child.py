"""schemathesis in a process of its own: its configuration, its run, what its report says."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.evidence.fuzz.description import SESSION_HEADER

SEED = 20_261_124
SECONDS = 150.0
GRACE = 30.0
MAX_REPORT = 256 << 20
CHECKS = ("not_a_server_error", "negative_data_rejection", "ignored_auth")
INSTALL = "pip install 'launchready[fuzz]'"


@dataclass(frozen=True, slots=True)
class Failure:
    """One kind of failure of one operation. ``status``: of the answer; ``part``: what was wrong."""

    check: str
    operation: str
    status: int | None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """``cases``: requests made for each operation; ``errors``: what schemathesis could not do."""

    failures: tuple[Failure, ...]
    cases: Mapping[str, int]
    errors: tuple[str, ...]
    finished: bool


def installed() -> bool:
    return importlib.util.find_spec("schemathesis") is not None


def configuration(url: str, mark: str, examples: int, report: Path) -> str:
    """schemathesis.toml: what must not stand on a command line stands here."""
    lines = [
        f"base-url = {json.dumps(url)}",
        f"seed = {SEED}",
        "workers = 1",
        "max-redirects = 1",
        "request-timeout = 30.0",
        "continue-on-failure = true",
        'suppress-health-check = ["all"]',
        f"headers = {{ {json.dumps(SESSION_HEADER)} = {json.dumps(mark)} }}",
        "[generation]",
        'mode = "all"',
        f"max-examples = {examples}",
        "no-shrink = true",
        "with-security-parameters = false",
        'database = "none"',
        "[cache]",
        "enabled = false",
        "[phases.stateful]",
        "enabled = false",
        "[phases.coverage]",
        "unexpected-methods = []",
        "[reports]",
        "preserve-bytes = false",
        "[reports.ndjson]",
        f"path = {json.dumps(str(report))}",
        "[checks]",
        "enabled = false",
        *(f"[checks.{name}]\nenabled = true" for name in CHECKS),
    ]
    return "\n".join(lines) + "\n"


async def run(directory: Path, document: Mapping[str, Any], url: str, mark: str, examples: int) -> Report:
    """One run over a description; ends it when it takes too long. ``directory``: nobody else's."""
    schema, config, report = (
        directory / name for name in ("openapi.json", "schemathesis.toml", "report.ndjson")
    )
    schema.write_text(json.dumps(document), encoding="utf-8")
    descriptor = os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(configuration(url, mark, examples, report))
    command = (sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "--no-color", "run")
    with (directory / "output").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, str(schema), cwd=directory, env=_environment(directory),
            stdin=asyncio.subprocess.DEVNULL, stdout=output,
            stderr=asyncio.subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            async with asyncio.timeout(SECONDS + GRACE):
                finished = await process.wait() in (0, 1)
        except TimeoutError:
            finished = False
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    return parsed(report, finished=finished)


def _environment(directory: Path) -> dict[str, str]:
    """Nothing of ours but where programs are: no credential, no proxy, no hook."""
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV", "LANG") if name in os.environ}
    return {**kept, "HOME": str(directory), "NO_PROXY": "*", "PYTHONDONTWRITEBYTECODE": "1"}


def parsed(report: Path, *, finished: bool) -> Report:
    """What a report file (NDJSON, one event a line) says. A file that is not there says that nothing ran."""
    failures: dict[Failure, None] = {}
    cases: dict[str, int] = {}
    errors: list[str] = []
    ended = False
    for event in _events(report):
        kind, data = next(iter(event.items()))
        if kind == "ScenarioFinished":
            _scenario(data, failures, cases)
        elif kind in ("NonFatalError", "FatalError"):
            errors.append(_error(data))
        ended = ended or kind == "EngineFinished"
    return Report(tuple(failures), cases, tuple(dict.fromkeys(errors)), finished and ended)


def _events(report: Path) -> Iterator[dict[str, Any]]:
    if not report.is_file() or report.stat().st_size > MAX_REPORT:
        return
    with report.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and event:
                    yield event


def _scenario(data: Mapping[str, Any], failures: dict[Failure, None], cases: dict[str, int]) -> None:
    """Count a scenario's cases and take its failures; a shape that is not known adds nothing."""
    recorder = data.get("recorder") or {}
    label = str(recorder.get("label", ""))[:300]
    interactions = recorder.get("interactions") or {}
    if interactions:
        cases[label] = cases.get(label, 0) + len(interactions)
    for case, checks in (recorder.get("checks") or {}).items():
        for one in checks:
            if one.get("status") != "failure" or one.get("name") not in CHECKS:
                continue
            told = ((one.get("failure_info") or {}).get("failure") or {}).get("message") or ""
            response = (interactions.get(case) or {}).get("response") or {}
            status = response.get("status_code")
            found = Failure(
                one["name"], label, status if isinstance(status, int) else None, _component(str(told))
            )
            failures.setdefault(found)


def _component(message: str) -> str:
    """Which part of a request was wrong; not what was sent, nor what was answered."""
    line = next((one for one in message.splitlines() if one.startswith("Invalid component: ")), "")
    return line.removeprefix("Invalid component: ")[:120]


def _error(data: Mapping[str, Any]) -> str:
    """Where and of what kind an error was: its text may repeat what was sent."""
    value = data.get("value") or data.get("exception") or {}
    kind = value.get("type", "error") if isinstance(value, dict) else "error"
    return f"{str(data.get('label') or 'the run')[:200]}: {str(kind)[:80]}"
