"""The tables that are made of the twins: rates after a run, and the page of all checks."""

from __future__ import annotations

from launchready.checklist import load
from launchready.checklist.table import markdown
from script.checks_table import TARGET, document
from tests.bad_twins.rates import GOOD, TWIN, Rates


def test_a_missed_twin_and_a_false_alarm_show() -> None:
    rates = Rates.of(
        [
            (TWIN, [["a.b.c"], ["a.b.c"]]),
            (TWIN, [["a.b.c", "d.e.f"], ["a.b.c"]]),
            (TWIN, [["a.b.c"], ["a.b.c", "x.y.z"]]),
            (GOOD, ["d.e.f"]),
            (GOOD, []),
            ("something else", 1),
        ]
    )
    assert rates.lines() == [
        "a.b.c  3 of 3 twins caught, 0 false alarms",
        "d.e.f  0 of 1 twins caught, 1 false alarms",
        "x.y.z  0 of 0 twins caught, 0 false alarms, 1 twins besides",
        "3 checks, 3 twins: 3 of 4 caught (75.0 %); 1 false alarms over 2 good clients",
    ]


def test_without_twins_there_is_no_rate() -> None:
    assert Rates.of([]).lines() == [
        "0 checks, 0 twins: 0 of 0 caught (none); 0 false alarms over 0 good clients"
    ]


def test_the_page_of_checks_is_current() -> None:
    assert TARGET.read_text() == document(), "run: python -m script.checks_table"


def test_every_check_has_a_line_that_stays_in_its_table() -> None:
    lines = [line for line in markdown(load()).splitlines() if line.startswith("| `")]
    assert len(lines) == len(load())
    assert {line.replace("\\|", "").count("|") for line in lines} == {5}
