"""Building the Pulumi CLI from our pinned Go module, for machines that reach only package registries.

`go install module@version` refuses Pulumi's own module (it has replace directives), so a small module
of ours (`pulumi_cli_module/`, with `go.sum`) names it as a tool. Measured: facts in
docs/decisions/0001-engine-from-a-go-module.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from launchready.engine.cache import cache_directory, exclusive
from launchready.errors import EngineError

MODULE = Path(__file__).parent / "pulumi_cli_module"
PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
Progress = Callable[[str, float | None], None]
"""Called with a sentence and, where it is known, the share done (0–1)."""


def pinned_version() -> str:
    """The Pulumi version that `go.mod` names, without the v."""
    text = (MODULE / "go.mod").read_text()
    found = re.search(r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)", text)
    if found is None:
        raise EngineError(f"{MODULE / 'go.mod'} names no Pulumi version")
    return found.group(1)


def built_path(module: Path = MODULE) -> Path:
    """Where the build of exactly this go.mod and go.sum lies, or will lie."""
    pins = b"".join((module / name).read_bytes() for name in ("go.mod", "go.sum"))
    digest = hashlib.sha256(pins).hexdigest()[:12]
    return cache_directory() / "engine" / f"pulumi-{pinned_version()}-{digest}" / "pulumi"


def build(progress: Progress, *, module: Path = MODULE, package: str = PACKAGE) -> Path:
    """Build once, keep for ever; a second caller waits for the first.

    Raises EngineError with the compiler's last words when Go fails, or without Go.
    """
    target = built_path(module)
    if target.exists():
        return target
    compiler = shutil.which("go")
    if compiler is None:
        raise EngineError(
            "there is no pulumi on PATH and no Go to build it with",
            fix="install Pulumi (pulumi.com/docs/install), or Go 1.25 or newer, then run this again",
        )
    with exclusive(target.parent.with_suffix(".lock")):
        if not target.exists():
            _compile(compiler, module, package, target, progress)
    return target


def _compile(go: str, pinned: Path, package: str, target: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(prefix="launchready-engine-") as scratch:
        module = Path(scratch) / "module"
        shutil.copytree(pinned, module)
        environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}
        progress("downloading the engine's Go modules (about a minute the first time)", None)
        listed = _go([go, "list", "-deps", package], module, environment, _downloads(progress))
        total = max(1, len(listed.splitlines()))
        output = Path(scratch) / "pulumi"
        flags = f"-s -w -X {VERSION_VARIABLE}={pinned_version()}"
        command = [go, "build", "-v", "-trimpath", "-ldflags", flags, "-o", str(output), package]
        _go(command, module, environment, _compiled(progress, total))
        progress("the engine is built", 1.0)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"pulumi.{os.getpid()}.partial")
        shutil.move(output, partial)
        partial.chmod(0o755)
        partial.rename(target)


def _downloads(progress: Progress) -> Callable[[str], None]:
    seen = 0

    def line(text: str) -> None:
        nonlocal seen
        if text.startswith("go: downloading"):
            seen += 1
            progress(f"downloading the engine's Go modules: {seen}", None)

    return line


def _compiled(progress: Progress, total: int) -> Callable[[str], None]:
    seen = 0

    def line(text: str) -> None:
        nonlocal seen
        seen += 1
        progress(f"compiling the engine: {seen} of at most {total} packages", min(1.0, seen / total))

    return line


def _go(command: list[str], module: Path, environment: dict[str, str], on_line: Callable[[str], None]) -> str:
    """Run Go; hand each line of standard error to ``on_line``; return standard output."""
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            command, cwd=module, env=environment, stdout=out, stderr=subprocess.PIPE, text=True
        )
        last: list[str] = []
        try:
            for text in process.stderr or ():
                last = [*last[-15:], text.rstrip()]
                on_line(text.strip())
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if code != 0:
            said = "\n    ".join(last)
            raise EngineError(
                f"building the engine failed: {' '.join(command[:2])} ended with {code}\n    {said}",
                fix="check that Go 1.25 or newer reaches its module proxy (go env GOPROXY)",
            )
        out.seek(0)
        return out.read()
