"""The pure parts: when an alarm rings, which moments are played, what a template becomes."""

from __future__ import annotations

import json

import pytest

from launchready.edge.monitoring.alarms import Datum, Rule, evaluate, series, windows
from launchready.edge.monitoring.bridge import filled, found_at, transformed
from launchready.edge.monitoring.expression import ExpressionError, value_of
from launchready.edge.monitoring.outbox import is_loopback
from launchready.edge.monitoring.timeline import Series, moments, rounds

KEEP = "kept"
STATES = {"A": "ALARM", "O": "OK", "I": "INSUFFICIENT_DATA", "R": KEEP}


def verdict(points: str, missing: str, needed: int) -> str:
    """``points``: oldest first, X breaching, 0 good, - missing; three periods of a minute are evaluated."""
    found = [None if c == "-" else (0.0, 1.0 if c == "X" else 0.0) for c in reversed(points)]
    rule = Rule(60, 3, needed, "GreaterThanThreshold", 0.5, missing)
    return evaluate(rule, found, KEEP).state


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # The tables of "Configuring how CloudWatch alarms treat missing data", 3 out of 3;
        # columns: missing, ignore, breaching, notBreaching.
        ("0-X-X", "OOOO"),
        ("----0", "OOOO"),
        ("-----", "IRAO"),
        ("0XX-X", "AAAA"),
        ("--X--", "ARAO"),
    ],
)
def test_an_alarm_of_three_out_of_three_treats_missing_data_as_documented(points: str, expected: str) -> None:
    ways = ("missing", "ignore", "breaching", "notBreaching")
    assert [verdict(points, way, 3) for way in ways] == [STATES[letter] for letter in expected]


@pytest.mark.parametrize(
    ("points", "expected"),
    [("0-X-X", "AAAA"), ("00X0X", "AAAA"), ("0-X--", "OOAO"), ("----0", "OOAO"), ("---X-", "ARAO")],
)
def test_an_alarm_of_two_out_of_three_treats_missing_data_as_documented(points: str, expected: str) -> None:
    ways = ("missing", "ignore", "breaching", "notBreaching")
    assert [verdict(points, way, 2) for way in ways] == [STATES[letter] for letter in expected]


@pytest.mark.parametrize(
    ("comparison", "value", "rings"),
    [
        ("LessThanThreshold", 1.0, False),
        ("LessThanThreshold", 0.9, True),
        ("LessThanOrEqualToThreshold", 1.0, True),
        ("GreaterThanThreshold", 1.0, False),
        ("GreaterThanOrEqualToThreshold", 1.0, True),
    ],
)
def test_a_threshold_is_compared_as_the_operator_says(comparison: str, value: float, rings: bool) -> None:
    found = evaluate(Rule(60, 1, 1, comparison, 1.0), [(0.0, value)], "OK")
    assert (found.state == "ALARM") is rings


def test_windows_roll_and_take_the_statistic_over_what_lies_in_them() -> None:
    data = [Datum(at, v, v, v) for at, v in ((940.0, 9.0), (941.0, 1.0), (1000.0, 3.0), (1001.0, 7.0))]
    assert series(data, 60, 2, 1000.0, "Average") == [(940.0, 2.0), (880.0, 9.0)]
    assert series(data, 60, 1, 1000.0, "Sum") == [(940.0, 4.0)]
    assert series(data, 60, 1, 1000.0, "SampleCount") == [(940.0, 2.0)]
    assert series(data, 60, 1, 1000.0, "p50") == [(940.0, 2.0)]
    assert series([], 60, 1, 1000.0, "Minimum") == [None]
    sets = [Datum(990.0, 30.0, 1.0, 9.0, 10.0)]
    assert series(sets, 60, 1, 1000.0, "Average") == [(940.0, 3.0)]
    assert series(sets, 60, 1, 1000.0, "Maximum") == [(940.0, 9.0)]


def test_only_short_periods_are_looked_for_late_data() -> None:
    assert windows(Rule(60, 1, 1, "LessThanThreshold", 1)) == 3
    assert windows(Rule(86_400, 2, 2, "LessThanThreshold", 1)) == 2


def test_a_long_stretch_is_played_by_the_rounds_that_matter() -> None:
    assert rounds(Series("a", 100.0, 10.0, 3), 100.0, 1_000_000.0) == [100.0, 110.0, 120.0, 1_000_000.0]
    assert rounds(Series("a", 130.0, 30.0, 3), 100.0, 190.0) == [130.0, 160.0, 190.0]
    assert rounds(Series("a", 300.0, 30.0, 3), 100.0, 190.0) == []
    assert rounds(Series("a", 0.0, 30.0, 3), 100.0, 100.0) == [100.0]


def test_the_last_round_of_a_minute_counts_although_clocks_are_not_exact() -> None:
    begin = 1_795_521_750.123_456_7
    assert len(rounds(Series("a", begin + 30.0, 30.0, 2), begin, begin + 60.0)) == 2


def test_alarms_are_looked_at_every_minute_of_a_short_stretch_and_at_the_ends_of_a_long_one() -> None:
    assert [at for at, _ in moments([], 0.0, 150.0)] == [60.0, 120.0, 150.0]
    assert len(moments([Series("a", 0.0, 10.0, 3)], 0.0, 365 * 86_400.0)) < 40


def test_a_variable_in_quotes_becomes_text_and_outside_json() -> None:
    values = {"name": 'a "b"', "count": 3, "list": ["x"]}
    assert json.loads(filled('{"text": "<name>: <count>", "n": <count>, "l": <list>}', values)) == {
        "text": 'a "b": 3',
        "n": 3,
        "l": ["x"],
    }
    assert filled("<unknown>", {}) == "<unknown>"


def test_a_target_gets_what_it_asked_for() -> None:
    event = {"detail": {"state": {"value": "ALARM"}}, "resources": ["arn:1"]}
    assert transformed({"Input": '{"a": 1}'}, event) == '{"a": 1}'
    assert json.loads(transformed({"InputPath": "$.detail"}, event)) == event["detail"]
    assert json.loads(transformed({}, event)) == event
    transformer = {"InputPathsMap": {"s": "$.detail.state.value"}, "InputTemplate": '{"text": "<s>"}'}
    assert json.loads(transformed({"InputTransformer": transformer}, event)) == {"text": "ALARM"}
    assert found_at(event, "$.resources[0]") == "arn:1"
    assert found_at(event, "$.resources[7]") is None
    assert found_at(event, "$.nothing.here") is None


def test_metric_math_computes_an_error_rate() -> None:
    expressions = {"rate": "100 * errors / FILL(requests, 1)", "worst": "MAX([rate, 5])"}
    assert value_of("rate", expressions, {"errors": 3.0, "requests": 60.0}) == 5.0
    assert value_of("worst", expressions, {"errors": 30.0, "requests": 60.0}) == 50.0
    assert value_of("rate", expressions, {"errors": None, "requests": 60.0}) is None
    assert value_of("rate", {"rate": "errors / requests"}, {"errors": 3.0, "requests": 0.0}) is None
    assert value_of("e", {"e": "IF(requests > 10, errors, 0)"}, {"errors": 3.0, "requests": 5.0}) == 0.0


@pytest.mark.parametrize("text", ["SEARCH('x')", "__import__('os')", "a +", "b.c", "a"])
def test_metric_math_refuses_what_it_does_not_know(text: str) -> None:
    with pytest.raises(ExpressionError):
        value_of("e", {"e": text, "a": "e"}, {})


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8000/x", True),
        ("http://[::1]:8000/x", True),
        ("https://hooks.slack.com/services/T/B/x", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost/", False),
        ("file:///etc/passwd", False),
        ("http://169.254.169.254/", False),
    ],
)
def test_messages_leave_for_addresses_of_this_machine_only(url: str, ours: bool) -> None:
    assert is_loopback(url) is ours
