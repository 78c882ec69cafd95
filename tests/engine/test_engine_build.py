"""Building the engine: a real Go build of a small module, and what happens without Go or with bad Go."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from launchready.engine.build import MODULE, build, built_path, pinned_version
from launchready.errors import EngineError

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="Go is not on this machine")


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAUNCHREADY_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def small_module(directory: Path, source: str) -> Path:
    directory.mkdir()
    (directory / "go.mod").write_text("module small.invalid/cli\n\ngo 1.22\n")
    (directory / "go.sum").write_text("")
    (directory / "main.go").write_text(source)
    return directory


@needs_go
def test_a_build_yields_an_executable_and_tells_how_far_it_is(own_cache: Path, tmp_path: Path) -> None:
    module = small_module(tmp_path / "module", 'package main\nfunc main() { println("hello") }\n')
    told: list[tuple[str, float | None]] = []

    path = build(lambda text, share: told.append((text, share)), module=module, package="small.invalid/cli")

    done = subprocess.run([path], capture_output=True, text=True, check=True)
    assert done.stderr == "hello\n"
    assert own_cache in path.parents
    assert told[-1] == ("the engine is built", 1.0)
    assert not list(own_cache.rglob("*.partial"))


@needs_go
def test_a_second_build_is_the_first_one(own_cache: Path, tmp_path: Path) -> None:
    module = small_module(tmp_path / "module", "package main\nfunc main() {}\n")
    first = build(lambda *_: None, module=module, package="small.invalid/cli")
    written = first.stat().st_mtime_ns
    assert build(lambda *_: None, module=module, package="small.invalid/cli") == first
    assert first.stat().st_mtime_ns == written


@needs_go
def test_a_failing_build_says_what_the_compiler_said_and_leaves_nothing(
    own_cache: Path, tmp_path: Path
) -> None:
    module = small_module(tmp_path / "module", "package main\nfunc main() { undefined_thing() }\n")
    with pytest.raises(EngineError, match="undefined_thing"):
        build(lambda *_: None, module=module, package="small.invalid/cli")
    assert not built_path(module).exists()


def test_without_go_the_error_says_what_to_install(
    own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError) as caught:
        build(lambda *_: None)
    assert "no Go" in caught.value.what
    assert caught.value.fix is not None
    assert "install Pulumi" in caught.value.fix
    assert caught.value.exit_code == 3


def test_the_module_pins_one_version_and_names_no_download_address() -> None:
    assert pinned_version().count(".") == 2
    text = (MODULE / "go.mod").read_text() + (MODULE / "go.sum").read_text()
    assert "://" not in text
    assert os.path.basename(MODULE) == "pulumi_cli_module"
