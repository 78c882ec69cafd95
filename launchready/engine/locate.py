"""Finding the engine: `pulumi` on PATH, else the official release, else a build; and its plugins.

Official plugins are used where they can be had; local ones take their place elsewhere, and `launch
doctor` says which is in use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from launchready.engine.build import Progress, build, built_path
from launchready.engine.cache import cache_directory
from launchready.engine.download import download, downloaded_path
from launchready.errors import EngineError

Origin = Literal["path", "official", "built"]
PLUGINS = {
    "language": "pulumi-language-python",
    "dynamic": "pulumi-resource-pulumi-python",
    "cloudflare": "pulumi-resource-cloudflare",
}
"""Our name of each plugin → the executable that the engine looks for on PATH."""
TRACE = "PULUMI_DEBUG_GRPC"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that the engine will use. ``shim`` is the PATH directory of a local one, else None."""

    name: str
    executable: str
    official: bool
    shim: Path | None


@dataclass(frozen=True, slots=True)
class Engine:
    """A Pulumi CLI and the plugins that this machine has for it."""

    pulumi: Path
    version: str
    origin: Origin
    plugins: tuple[Plugin, ...]

    def environment(self, base: dict[str, str] | None = None) -> dict[str, str]:
        """``base`` (default: this process's environment) with PATH leading to the plugins.

        TRACE is taken out: the engine would write every call's content to a file, the whole configuration
        decrypted among it.
        """
        env = dict(os.environ if base is None else base)
        env.pop(TRACE, None)
        shims = [str(plugin.shim) for plugin in self.plugins if plugin.shim is not None]
        env["PATH"] = os.pathsep.join([*shims, str(self.pulumi.parent), env.get("PATH", os.defpath)])
        env.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
        if shims:
            env.setdefault("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
        return env


def quiet(sentence: str, share: float | None) -> None:
    """A Progress that says nothing."""


def find_engine(progress: Progress = quiet, *, install: bool = True, official: bool = True) -> Engine:
    """The engine of this machine; with ``install``, downloaded or built where it is missing.

    Raises EngineError that says what is missing and what to do.
    """
    found = _present()
    if found is None and install:
        path = download(progress) if official else None
        found = (path, "official") if path is not None else (build(progress), "built")
    if found is None:
        raise EngineError(
            "there is no Pulumi engine yet",
            fix="run `make setup` (or `launch doctor --fix`), which downloads or builds it",
        )
    pulumi, origin = found
    version = _version(pulumi)
    return Engine(pulumi, version, origin, tuple(_plugin(name, pulumi) for name in PLUGINS))


def _present() -> tuple[Path, Origin] | None:
    on_path = shutil.which("pulumi")
    if on_path is not None:
        return Path(on_path), "path"
    if downloaded_path().exists():
        return downloaded_path(), "official"
    if built_path().exists():
        return built_path(), "built"
    return None


def _version(pulumi: Path) -> str:
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [str(pulumi), "version"], capture_output=True, text=True, timeout=60, env=env, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EngineError(f"{pulumi} can't be run: {error}") from error
    if done.returncode != 0:
        raise EngineError(f"`{pulumi} version` ended with {done.returncode}: {done.stderr.strip()[:300]}")
    return done.stdout.strip().lstrip("v")


def _plugin(name: str, pulumi: Path) -> Plugin:
    executable = PLUGINS[name]
    if _official(name, executable, pulumi):
        return Plugin(name, executable, True, None)
    return Plugin(name, executable, False, write_shim(name))


def _official(name: str, executable: str, pulumi: Path) -> bool:
    """Is the official plugin here: beside the CLI, on PATH, or among Pulumi's installed plugins?"""
    if (pulumi.parent / executable).exists():
        return True
    beside = shutil.which(executable)
    if beside is not None and not _is_shim(Path(beside)):
        return True
    if name != "cloudflare":
        return False
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    return any(home.glob("plugins/resource-cloudflare-v6.*/pulumi-resource-cloudflare*"))


def _shim_home() -> Path:
    return cache_directory() / "shims"


def _is_shim(path: Path) -> bool:
    return _shim_home() in path.parents


def write_shim(name: str) -> Path:
    """Write the launcher of a local plugin; return the directory to put on PATH.

    The directory is named by the interpreter, so that two checkouts never start each other's plugins.
    """
    from hashlib import sha256

    tag = sha256(sys.executable.encode()).hexdigest()[:10]
    directory = _shim_home() / tag / name
    directory.mkdir(parents=True, exist_ok=True)
    script = directory / PLUGINS[name]
    text = f'#!/bin/sh\nexec "{sys.executable}" -u -m launchready.engine.run_plugin {name} "$@"\n'
    if not script.exists() or script.read_text() != text:
        partial = script.with_name(f"{script.name}.{os.getpid()}")
        partial.write_text(text)
        partial.chmod(0o755)
        partial.rename(script)
    return directory


def engine_or_reason() -> tuple[Engine | None, str]:
    """The engine without installing anything, or why there is none (for `launch doctor`)."""
    try:
        return find_engine(install=False), ""
    except EngineError as error:
        return None, error.what
