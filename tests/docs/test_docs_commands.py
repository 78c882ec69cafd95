"""Every command in the pages exists, with its options; each block is run, or says why not.

The README's walk and the tutorial's are run from top to bottom, in projects of their own.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from launchready.cli.app import app
from tests.conftest import ROOT
from tests.docs.docs_blocks import README, Block, blocks

pytestmark = pytest.mark.slow

LAUNCH = re.compile(r"(?:^|\$\(|&& |\| )launch ([^|;)&]*)")
ZONE = """$ORIGIN acme.example.
@ 300 IN SOA ns.acme.example. root.acme.example. 1 3600 600 604800 300
@ 300 IN A 203.0.113.10
www 300 IN CNAME acme.example.
"""


def words() -> Iterator[tuple[Block, list[str]]]:
    """The arguments of each `launch` in a block."""
    for block in blocks(ROOT):
        for line in block.lines:
            for match in LAUNCH.finditer(line):
                yield block, shlex.split(match[1].strip().rstrip('"'), comments=True)


def complaint(arguments: list[str]) -> str | None:
    """What the command line lacks of what these words name; nothing is run."""
    command: Any = typer.main.get_command(app)
    rest = list(arguments)
    while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            break
        command = command.commands[rest.pop(0)]
    if command.name in (None, "launch") or (
        hasattr(command, "commands") and not command.invoke_without_command
    ):
        return f"there is no command {' '.join(arguments)}"
    if command.name == "pulumi":
        return None
    options = {opt for parameter in command.params for opt in (*parameter.opts, *parameter.secondary_opts)}
    known = options | {"-h", "--help"}
    strange = [one for one in rest if one.startswith("-") and one.partition("=")[0] not in known]
    return f"{command.name} has no {', '.join(strange)}" if strange else None


def test_every_launch_command_in_the_pages_parses() -> None:
    found = list(words())
    assert len(found) >= 25
    wrong = [f"{b.page}:{b.line}: {said}" for b, line in found if (said := complaint(line)) is not None]
    assert wrong == []


def test_a_command_or_an_option_that_is_gone_is_noticed() -> None:
    assert complaint(["verifi", "acme"]) is not None
    assert complaint(["verify", "acme", "--formats", "html"]) is not None
    assert complaint(["env", "diff", "acme"]) is None


def test_every_make_target_in_the_pages_exists(root: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.M))
    asked = {m for b in blocks(root) for line in b.lines for m in re.findall(r"^make ([a-z]+)", line)}
    assert asked
    assert asked <= targets


def test_every_block_is_run_or_says_why_not(root: Path) -> None:
    found = list(blocks(root))
    assert all(len(block.why) >= 4 for block in found if block.why is not None)
    silent = [f"{b.page}:{b.line}" for b in found if b.why is None and b.page not in RUN]
    assert silent == [], "run it (RUN), or write <!-- not run: why --> above it"
    lines = " && ".join(line for b in found if b.page == "README.md" for line in b.lines)
    assert [line for line in README if line not in lines] == []


# ---- the walks ----------------------------------------------------------------------------------

RUN = ("README.md", "docs/tutorial.md", "docs/howto/adopt.md", "docs/howto/sender.md", "docs/howto/editor.md")
"""Pages whose unmarked blocks are run."""
ENGINE = ("README.md", "docs/tutorial.md")


@pytest.fixture
def project(root: Path, tmp_path: Path) -> Path:
    """What a checkout has for those who use it, and the files that the pages speak of."""
    for name in ("Pulumi.yaml", "__main__.py", ".venv"):
        (tmp_path / name).symlink_to(root / name)
    (tmp_path / "stacks").mkdir()
    example = "Pulumi.example.yaml"
    (tmp_path / "stacks" / example).write_bytes((root / "stacks" / example).read_bytes())
    (tmp_path / "acme.zone").write_text(ZONE)
    (tmp_path / "acme.tsv").write_text("old.acme.example\thttps://acme.example/\t301\n")
    return tmp_path


def walk(page: str, project: Path) -> None:
    """Run a page's blocks in order, each in a shell that stops at the first failure."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
    env["PATH"] = f"{project}/.venv/bin:{env['PATH']}"
    for block in blocks(ROOT):
        if block.page != page or not block.run:
            continue
        if "launch adopt" in block.text:
            (project / "stacks" / "Pulumi.acme.yaml").unlink(missing_ok=True)
        script = "\n".join(block.run).replace("/tmp/edge", str(project / "edge"))
        if "launch edge --dir" in script:
            edge = project / "edge"
            script = script.replace(
                " &\n", f" >{edge}.log 2>&1 &\nuntil [ -s {edge}/edge.json ]; do sleep 0.1; done\n"
            )
            script = script.replace("up -s example", "up -s example --yes --skip-preview")
            script = f"trap 'launch edge stop --dir {edge} 2>/dev/null || true' EXIT\n{script}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=project, env=env, capture_output=True, text=True, timeout=280, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (
            f"{page}:{block.line}: {script}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        )


@pytest.mark.parametrize("page", [page for page in RUN if page not in ENGINE])
def test_what_a_page_says_works(page: str, project: Path) -> None:
    walk(page, project)


@pytest.mark.engine
@pytest.mark.timeout(900)
@pytest.mark.slow
@pytest.mark.parametrize("page", ENGINE)
def test_a_newcomer_can_walk_the_page(page: str, project: Path) -> None:
    walk(page, project)
    if page == "docs/tutorial.md":
        assert (project / "report" / "verification.html").stat().st_size > 10_000
