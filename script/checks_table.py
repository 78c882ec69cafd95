"""Write docs/checks.md from the registry and the bad twins: `python -m script.checks_table`."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from launchready.checklist import load
from launchready.checklist.table import markdown
from tests.bad_twins.catalogue import GOOD, TWINS

TARGET = Path(__file__).parents[1] / "docs" / "checks.md"
HEAD = """# The checks

{checks} checks in {rows} rows; {twins} bad twins break one thing each in a local edge, and each must fail
exactly the checks that it lists; {good} good clients must fail none. `make twins` runs them and prints each
check's catch rate and false alarms; `make mutants` takes each check away in turn. `launch checks` prints the
checks of the version that is installed.

Generated: `python -m script.checks_table`.

"""


def tripped_by() -> dict[str, list[str]]:
    """Check → the twins that list it."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, twin in TWINS.items():
        for check in twin.trips:
            found[check].append(name)
    return {check: sorted(names) for check, names in found.items()}


def document() -> str:
    """The whole page."""
    checks = list(load())
    head = HEAD.format(
        checks=len(checks), rows=len({check.row for check in checks}), twins=len(TWINS), good=len(GOOD)
    )
    return head + markdown(checks, tripped_by())


if __name__ == "__main__":
    TARGET.write_text(document())
