"""After the twins have run: each check's catch rate and false alarms, as ``make twins`` prints them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.bad_twins.rates import Rates


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, when twins ran."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    rates = Rates.of(_properties(reports))
    if rates.twins:
        terminalreporter.section("catch rate and false alarms")
        for line in rates.lines():
            terminalreporter.write_line(line)


def _properties(reports: Iterable[object]) -> Iterable[tuple[str, object]]:
    for report in reports:
        if getattr(report, "when", "") == "call":
            yield from getattr(report, "user_properties", ())
