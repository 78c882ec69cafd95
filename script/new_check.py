"""Write a new check's four files: the check, its bad twin, its test, its documentation.

    script/new-check ROW NAME        # script/new-check tls certificate.pinned

None of them passes as it is written: the check finds nothing out, the twin expects it to, and so does the
test. Fill them in, in that order; CONTRIBUTING.md says how. Nothing that exists is overwritten.
Exit 2 on a row or a name that can't be.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Template

from launchready.checklist import load
from launchready.checklist.registry import ROWS

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,2}")

CHECK = Template('''"""$Title."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    inconclusive,
    undecided,
)
from launchready.evidence.types import Cause, HttpProbe, Probe


def _page(subject: Subject) -> Iterator[Probe]:
    """What this check reads. Name every probe here, so that all checks' probes are sent together."""
    yield HttpProbe(f"https://{subject.client.domain}/")


@check(
    "$id",
    severity=Severity.MEDIUM,
    needs=[_page],
    reference="the RFC and its section, or the page, that asks for $title",
    defect="what is wrong where $title is not as it should be, as a user would say it",
    fix=Fix("launchready:hosts", "what to change, in one sentence"),
)
def $function(subject: Subject) -> Outcome:
    """What is true of every launch that passes, in one sentence."""
    domain = subject.client.domain
    page = subject.evidence.http(f"https://{domain}/")
    if page.cause is not None:
        return undecided(domain, page)
    return inconclusive(domain, Cause.NOT_PROBED, "nothing is judged yet")
''')

TWIN = Template('''"""What breaks $title, and nothing else."""

from __future__ import annotations

from tests.bad_twins.clients import client
from tests.bad_twins.harness import Scene, Twin


async def _broken(scene: Scene) -> None:
    """Break what the check is about: a page, a record (scene.api), a defect of the edge (scene.defect)."""
    scene.pages("203.0.113.10", {"/": {"status": 200, "headers": {}, "body": "what is wrong here"}})


TWINS = {
    "$id": Twin(client(), frozenset({"$id"}), _broken, rows=("$row",)),
}
"""List every check of these rows that a twin trips: the observed set must equal the list."""
''')

TEST = Template('''"""$Title: what passes, what fails, and what can't be told."""

from __future__ import annotations

from datetime import UTC, datetime

from launchready.checklist.$row.$module import $function
from launchready.checklist.registry import Outcome, Status, Subject
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.evidence.types import Cause, Evidence, HttpProbe, HttpResult

CLIENT = ClientFile(domain="acme.example")


def judged(
    *headers: tuple[str, str], status: int = 200, body: bytes = b"", cause: Cause | None = None
) -> Outcome:
    """The outcome where the front page answers so."""
    probe = HttpProbe("https://acme.example/")
    page = HttpResult(probe, cause, status, headers, body)
    evidence = Evidence({probe.id: (page,)}, {"now": datetime(2026, 11, 24, tzinfo=UTC)})
    found = $function(Subject(CLIENT, declare(CLIENT), evidence))
    assert isinstance(found, Outcome)
    return found


def test_what_is_good_passes() -> None:
    assert judged(("x-replace-me", "by what is good")).status is Status.PASS


def test_what_is_bad_fails_and_says_what_was_seen() -> None:
    found = judged(("x-replace-me", "by what is bad"))
    assert found.status is Status.FAIL
    assert found.observed


def test_what_could_not_be_found_out_is_neither() -> None:
    found = judged(cause=Cause.TIMEOUT)
    assert (found.status, found.cause) == (Status.INCONCLUSIVE, Cause.TIMEOUT)
''')

PAGE = Template("""# $id

What a launch risks where this fails, in a sentence that its owner understands.

| | |
| --- | --- |
| proves | what is true of every launch that passes |
| how it shows | what a customer would notice |
| how to mend it | the key of the client file, and what to set it to |
| reference | the RFC and its section, or the page |
| what it can't see | where this check stays inconclusive, and why |
""")


def files(row: str, name: str) -> dict[Path, str]:
    """Path below the root → text, of everything that a check needs."""
    module = name.replace(".", "_")
    words = name.replace(".", " ").replace("_", " ")
    values = {
        "id": f"{row}.{name}", "row": row, "module": module, "function": f"{module}_is_right",
        "title": words, "Title": words[0].upper() + words[1:],
    }  # fmt: skip
    return {
        Path("launchready/checklist", row, f"{module}.py"): CHECK.substitute(values),
        Path("tests/bad_twins", f"{row}_{module}_twins.py"): TWIN.substitute(values),
        Path("tests/checklist", f"test_checklist_{row}_{module}.py"): TEST.substitute(values),
        Path("docs/checks", f"{row}.{name}.md"): PAGE.substitute(values),
    }


def problem(row: str, name: str, root: Path) -> str | None:
    """Why there can't be such a check."""
    if row not in ROWS:
        return f"there is no row {row!r}; rows are {', '.join(ROWS)}"
    if not NAME.fullmatch(name):
        return f"{name!r} is no name: subject.property in lower case, such as certificate.lifetime"
    if f"{row}.{name}" in load().checks:
        return f"there is a check {row}.{name}"
    there = [path for path in files(row, name) if (root / path).exists()]
    return f"{there[0]} is there already" if there else None


def tidy(root: Path, written: Iterable[Path]) -> None:
    """Imports in order and lines wrapped, which long names ask for."""
    python = [str(path) for path in written if path.suffix == ".py"]
    for step in (["check", "-q", "--select", "I", "--fix"], ["format", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *step, *python], cwd=root, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/new-check", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("row", metavar="ROW", help="a row of the checklist, such as tls")
    parser.add_argument("name", metavar="NAME", help="what follows in the id: subject.property")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args()
    wrong = problem(options.row, options.name, options.root)
    if wrong is not None:
        sys.stderr.write(f"error: {wrong}\n")
        return 2
    for path, text in files(options.row, options.name).items():
        target = options.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        sys.stdout.write(f"wrote {path}\n")
    tidy(options.root, files(options.row, options.name))
    check = f"{options.row}.{options.name}"
    sys.stdout.write(f"next: make them pass, then `make twins`; `launch checks` lists {check}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
