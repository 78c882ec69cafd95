"""The registry as a whole: every check says what a reader wants to know, and no two say the same."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from launchready import checklist
from launchready.checklist.registry import Check, Fix, Registry, Severity, check, passed

CHECKS = list(checklist.load())
REQUIRED = (
    "dns.record.served",
    "dns.record.undeclared",
    "tls.version.minimum",
    "tls.https.forced",
    "tls.chain.valid",
    "redirects.declared",
    "email_auth.spf.single",
    "email_auth.spf.lookups",
    "email_auth.dmarc.policy",
    "email_auth.dkim.key",
)


@pytest.mark.parametrize("found", CHECKS, ids=lambda found: found.id)
def test_a_check_tells_what_it_proves_refers_to_and_advises(found: Check) -> None:
    assert re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+){1,3}", found.id)
    assert found.proves.endswith(".")
    assert len(found.reference) >= 8
    assert found.defect
    assert not found.defect.endswith(".")
    assert found.fix.key.startswith("launchready:")
    assert found.fix.text


def test_no_two_checks_have_the_same_reference_and_defect() -> None:
    pairs = Counter((found.reference, found.defect) for found in CHECKS)
    assert [pair for pair, count in pairs.items() if count > 1] == []


def test_the_ids_that_outside_tools_use_are_there() -> None:
    assert set(REQUIRED) <= {found.id for found in CHECKS}


def test_the_rows_have_depth() -> None:
    rows = Counter(found.row for found in CHECKS)
    assert rows["dns"] >= 12
    assert rows["redirects"] >= 6
    assert rows["tls"] >= 14


def test_loading_twice_registers_nothing_twice() -> None:
    assert len(checklist.load()) == len(checklist.load()) == len(CHECKS)


def test_a_check_can_be_taken_away_and_the_rest_stays() -> None:
    registry = checklist.load()
    without = registry.without("tls.chain.valid")
    assert len(without) == len(registry) - 1
    assert "tls.chain.valid" not in without.checks


@pytest.mark.parametrize(("check_id", "words"), [("dns.a.b", "twice"), ("kitchen.a.b", "no row")])
def test_a_second_check_or_an_unknown_row_is_refused(check_id: str, words: str) -> None:
    registry = Registry()
    register = check(
        "dns.a.b", severity=Severity.LOW, reference="r", defect="d", fix=Fix("k", "t"), registry=registry
    )
    register(lambda subject: passed("x"))
    again = check(
        check_id, severity=Severity.LOW, reference="r", defect="d", fix=Fix("k", "t"), registry=registry
    )
    with pytest.raises(ValueError, match=words):
        again(lambda subject: passed("x"))
