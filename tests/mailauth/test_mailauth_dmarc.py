"""DMARC: records, the tree walk of RFC 9989, alignment, permission for reports."""

from __future__ import annotations

import pytest

from launchready.mailauth import dmarc
from launchready.mailauth.dmarc import Policy
from launchready.mailauth.dns import Answer
from tests.mailauth.zones import lookup_in

PLAIN = "v=DMARC1; p=reject"
SELF = PLAIN + "; psd=n"
SUFFIX = PLAIN + "; psd=y"


def zone(**records: str) -> dict:
    return {f"_dmarc.{name.replace('_', '.')}": {"TXT": [text]} for name, text in records.items()}


def test_a_record_is_read_with_its_defaults() -> None:
    record = dmarc.parse("v=DMARC1; p=quarantine; rua=mailto:a@example.com, mailto:b@example.net")
    assert (record.p, record.sp, record.np, record.adkim, record.aspf, record.psd) == (
        "quarantine",
        None,
        None,
        "r",
        "r",
        "u",
    )
    assert record.rua == ("mailto:a@example.com", "mailto:b@example.net")
    assert record.problems == record.remarks == ()


@pytest.mark.parametrize(
    ("text", "policies"),
    [
        ("v=DMARC1; p=reject", ("reject", "reject", "reject")),
        ("v=DMARC1; p=reject; sp=none", ("reject", "none", "none")),
        ("v=DMARC1; p=reject; np=none", ("reject", "reject", "none")),
        ("v=DMARC1; p=none; sp=quarantine; np=reject", ("none", "quarantine", "reject")),
        ("v=DMARC1; p=reject; t=y", ("quarantine", "quarantine", "quarantine")),
        ("v=DMARC1; p=quarantine; np=reject; t=y", ("none", "none", "quarantine")),
        ("v=DMARC1; P=Reject; ADKIM=s", ("reject", "reject", "reject")),
        ("v=DMARC1; rua=mailto:a@example.com", ("none", "none", "none")),
        ("v=DMARC1; p=reject; sp=nonsense; rua=mailto:a@example.com", ("none", "none", "none")),
        ("v=DMARC1; adkim=s; p=reject", ("reject", "reject", "reject")),
    ],
)
def test_the_policy_that_receivers_apply(text: str, policies: tuple[str, str, str]) -> None:
    record = dmarc.parse(text)
    assert (record.policy, record.subdomain_policy, record.absent_policy) == policies


@pytest.mark.parametrize("text", ["v=DMARC1", "v=DMARC1;", "v = DMARC1 ; p=none", "v=DMARC1;p=none;"])
def test_these_are_dmarc_records(text: str) -> None:
    assert dmarc.is_dmarc(text)


@pytest.mark.parametrize(
    "text", ["v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC2; p=none", "v=DMARC10", "v=spf1 -all", ""]
)
def test_these_are_none(text: str) -> None:
    assert not dmarc.is_dmarc(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("v=DMARC1; p=block", "p=block"),
        ("v=DMARC1", "without a valid p="),
        ("v=DMARC1; p=none; adkim=x", "adkim=x"),
        ("v=DMARC1; p=none; p=reject", "more than once"),
        ("v=DMARC1; p=none; rua=dmarc@example.com", "is no URI"),
        ("v=DMARC1; p=none; rua=mailto:nobody", "no mail address"),
        ("v=DMARC1; p=none; rua=mailto:[", "no mail address"),
        ("v=DMARC1; p=none; rua=http://[", "is no URI"),
        ("v=DMARC1; p=none; ruf=mailto:a@example.com; fo=2", "fo=2"),
        ("v=DMARC1; p=none,rua=mailto:a@example.com", "p=none,rua"),
        ("v=DMARC1; p none", "no tag=value"),
        ("v=DMARC1;; p=none", "empty tag"),
        ("v=DMARC1; p=none; t=maybe", "t=maybe"),
        ("v=DMARC1; p=none; psd=x", "psd=x"),
    ],
)
def test_a_breach_of_the_grammar_is_named(text: str, problem: str) -> None:
    assert any(problem in found for found in dmarc.parse(text).problems)


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("v=DMARC1; p=none; pct=50", "pct="),
        ("v=DMARC1; p=none; rf=afrf", "rf="),
        ("v=DMARC1; p=none; ri=86400", "ri="),
        ("v=DMARC1; p=none; foo=bar", "foo="),
        ("v=DMARC1; p=none; fo=1", "without ruf="),
        ("v=DMARC1; p=none; rua=mailto:a@example.com!10m", "size limit"),
        ("v=DMARC1; p=none; rua=https://example.com/x", "https:"),
    ],
)
def test_what_has_no_effect_is_remarked_but_no_error(text: str, remark: str) -> None:
    record = dmarc.parse(text)
    assert any(remark in found for found in record.remarks)
    assert record.problems == ()


def test_the_walk_asks_at_most_eight_names() -> None:
    """RFC 9989 §4.10's own example of a long name."""
    assert dmarc.walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == [
        "a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com", "h.i.j.mail.example.com",
        "i.j.mail.example.com", "j.mail.example.com", "mail.example.com", "example.com", "com",
    ]  # fmt: skip
    for labels in range(1, 20):
        names = dmarc.walk_names(".".join("abcdefghijklmnopqrst"[:labels]))
        assert len(names) == min(labels, 8)


@pytest.mark.parametrize(
    ("domain", "records", "organizational", "policy_domain"),
    [
        # the examples of §4.10.2 and appendix B.4, by their facts
        (
            "a.mail.example.com", {"mail_example_com": PLAIN, "example_com": PLAIN},
            "example.com", "example.com",
        ),
        (
            "a.mail.example.com", {"mail_example_com": SELF, "example_com": PLAIN},
            "mail.example.com", "mail.example.com",
        ),
        ("a.mail.example.com", {"com": SUFFIX}, "example.com", "com"),
        ("a.b.c.d.e.f.g.h.i.j.k.example.com", {"example_com": PLAIN}, "example.com", "example.com"),
        (
            "signing.example.com", {"example_com": PLAIN, "signing_example_com": PLAIN},
            "example.com", "signing.example.com",
        ),
        (
            "giant.bank.example", {"bank_example": SUFFIX, "giant_bank_example": PLAIN},
            "giant.bank.example", "giant.bank.example",
        ),
        ("mail.mega.bank.example", {"bank_example": SUFFIX}, "mega.bank.example", "bank.example"),
        ("bank.example", {"bank_example": SUFFIX}, "bank.example", "bank.example"),
        ("alone.example", {}, "alone.example", None),
    ],
)  # fmt: skip
def test_the_walk_finds_the_organisational_domain_and_the_policy(
    domain: str, records: dict[str, str], organizational: str, policy_domain: str | None
) -> None:
    found = dmarc.discover(domain, lookup_in(zone(**records)))
    assert (found.organizational, found.policy_domain) == (organizational, policy_domain)


def test_the_walk_stops_at_a_psd_tag() -> None:
    found = dmarc.discover(
        "mail.giant.bank.example", lookup_in(zone(bank_example=PLAIN + "; psd=y", example=PLAIN))
    )
    assert found.queries[-1] == "_dmarc.bank.example"


def test_several_records_at_one_name_count_as_none() -> None:
    names = zone(example_com=PLAIN)
    names["_dmarc.mail.example.com"] = {"TXT": [PLAIN, "v=DMARC1; p=none"]}
    found = dmarc.discover("mail.example.com", lookup_in(names))
    assert (found.repeated, found.policy_domain, found.policy) == (
        ("mail.example.com",),
        "example.com",
        Policy.REJECT,
    )


def test_an_inherited_policy_is_the_subdomain_policy() -> None:
    found = dmarc.discover("x.example.com", lookup_in(zone(example_com="v=DMARC1; p=reject; sp=none")))
    assert found.policy is Policy.NONE


def test_a_failed_lookup_is_an_error_that_names_it() -> None:
    with pytest.raises(dmarc.WalkError, match="SERVFAIL") as caught:
        dmarc.discover("mail.example.com", lookup_in({"_dmarc.example.com": {"TXT": "SERVFAIL"}}))
    assert (caught.value.name, caught.value.failure) == ("_dmarc.example.com", "SERVFAIL")


@pytest.mark.parametrize(
    ("author", "identifier", "mode", "aligned"),
    [
        ("example.com", "example.com", "s", True),
        ("example.com", "EXAMPLE.com.", "s", True),
        ("example.com", "child.example.com", "s", False),
        ("example.com", "child.example.com", "r", True),
        ("child.example.com", "example.com", "r", True),
        ("a.example.com", "b.example.com", "r", True),
        ("child.example.com", "example.net", "r", False),
        ("giant.bank.example", "mail.giant.bank.example", "r", True),
        ("giant.bank.example", "mail.mega.bank.example", "r", False),
    ],
)
def test_alignment_by_the_examples_of_appendix_b(
    author: str, identifier: str, mode: str, aligned: bool
) -> None:
    names = zone(example_com=PLAIN, bank_example=PLAIN + "; psd=y", giant_bank_example=PLAIN)
    assert dmarc.aligned(author, identifier, mode, lookup_in(names)) is aligned


def test_permission_for_reports_is_asked_at_the_receivers_name() -> None:
    name = dmarc.authorization_name("Example.com", "thirdparty.example.net")
    assert name == "example.com._report._dmarc.thirdparty.example.net"
    assert dmarc.is_authorization(['"v=DMARC1;"'])
    assert not dmarc.is_authorization(['"v=spf1 -all"'])


def test_wanted_names_the_open_questions_of_the_walk() -> None:
    known = {("_dmarc.com", "TXT"): Answer()}
    assert dmarc.wanted("mail.example.com", lambda *q: known.get(q)) == {
        ("_dmarc.mail.example.com", "TXT"), ("_dmarc.example.com", "TXT"),
    }  # fmt: skip
