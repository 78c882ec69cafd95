"""What this machine has for a launch, and what to do about what it lacks."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from dataclasses import dataclass
from typing import Literal

from launchready.engine.build import built_path, pinned_version
from launchready.engine.locate import Engine, engine_or_reason

State = Literal["ok", "local", "missing"]
MINIMUM_NODE = 20
"""What the local edge runs Workers with (launchready/edge/workers)."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `launch doctor`. ``required`` for a rehearsal; ``state`` "local" = a stand-in of ours."""

    subject: str
    state: State
    detail: str
    fix: str = ""
    required: bool = False


def examine(environment: dict[str, str] | None = None) -> list[Finding]:
    """Look at the engine, the plugins, credentials, DNS and tools. Shows no secret's value."""
    env = dict(os.environ if environment is None else environment)
    engine, reason = engine_or_reason()
    return [*_engine(engine, reason), *_credentials(env), _dns(), *_tools(), _javascript()]


def _engine(engine: Engine | None, reason: str) -> list[Finding]:
    if engine is None:
        go = shutil.which("go")
        fix = "run `make setup`" if go else "install Pulumi, or Go 1.25 or newer, then run `make setup`"
        return [Finding("engine", "missing", reason, fix, required=True)]
    words = {
        "path": "found on PATH",
        "official": "official release",
        "built": "built from the pinned Go module",
    }
    detail = f"pulumi {engine.version}, {words[engine.origin]}: {engine.pulumi}"
    findings = [Finding("engine", "ok", detail, required=True)]
    for plugin in engine.plugins:
        if plugin.official:
            findings.append(Finding(plugin.executable, "ok", "official"))
            continue
        note = "local stand-in"
        if plugin.name == "cloudflare":
            note += ": talks to a loopback address only, so it rehearses but can't launch live"
        findings.append(Finding(plugin.executable, "local", note, "install the official Pulumi distribution"))
    return findings


def _credentials(env: dict[str, str]) -> list[Finding]:
    wanted = {
        "CLOUDFLARE_API_TOKEN": "a live launch needs an API token with Zone and DNS edit rights",
        "PULUMI_CONFIG_PASSPHRASE": "a live launch needs the passphrase of the client's stack file",
    }
    findings = []
    for name, why in wanted.items():
        given = bool(env.get(name) or env.get(f"{name}_FILE"))
        findings.append(
            Finding(name, "ok" if given else "missing", "set" if given else "not set", "" if given else why)
        )
    aws = bool(env.get("AWS_ACCESS_KEY_ID") or env.get("AWS_PROFILE"))
    aws_fix = "" if aws else "needed live by monitors, environment, email.ses and generated DKIM keys"
    state: State = "ok" if aws else "missing"
    return [*findings, Finding("AWS credentials", state, "set" if aws else "not set", aws_fix)]


def _dns() -> Finding:
    """Does this machine resolve public names? Asked of the system's resolver, for a reserved name."""
    try:
        socket.getaddrinfo("example.com", 443, proto=socket.IPPROTO_TCP)
    except OSError as error:
        return Finding(
            "public DNS", "missing", f"example.com doesn't resolve ({error.strerror or error})",
            "live verification needs DNS; a rehearsal brings its own",
        )  # fmt: skip
    return Finding("public DNS", "ok", "example.com resolves")


def _javascript() -> Finding:
    """Node, which runs the Workers of a local edge. Cloudflare runs them itself when the launch is live."""
    subject, node = "JavaScript (Node)", shutil.which("node")
    fix = f"install Node {MINIMUM_NODE} or newer; without it a rehearsal can't show an MTA-STS policy"
    if node is None:
        return Finding(subject, "missing", "not found: Workers don't run in a rehearsal", fix)
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(subject, "missing", f"{node} does not run ({type(error).__name__})", fix)
    version = re.match(r"v(\d+)\.", told.stdout)
    if version is None or int(version[1]) < MINIMUM_NODE:
        return Finding(subject, "missing", f"{node} is too old ({told.stdout.strip() or 'no version'})", fix)
    return Finding(subject, "ok", f"{told.stdout.strip()}: {node}")


def _tools() -> list[Finding]:
    go = shutil.which("go")
    built = built_path().exists()
    detail = f"{go}" if go else "not found"
    need = "" if go or built else f"only needed to build pulumi {pinned_version()} without the internet"
    return [Finding("go", "ok" if go else "missing", detail, need)]
