"""What an include stands for: qualifiers, nesting, macros, hosts, failures; and how records are laid out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file.lint import lint
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Positions
from launchready.client_file.spf_record import compose, to_flatten
from launchready.declared import declare
from launchready.mailauth import spf
from launchready.mailauth.dns import Answer, text_of
from launchready.mailauth.spf.flatten import NotFlattenedError, flatten, kept_lookups
from tests.mailauth.zones import lookup_in

HOSTS = {
    "h.example": {"A": ["192.0.2.1", "192.0.2.200"], "AAAA": ["2001:db8::1"]},
    "m.example": {"MX": ["10 h.example."]},
    "p.example": {"TXT": ["v=spf1 ip4:192.0.2.0/25 ~all"]},
    "n.example": {"TXT": ["v=spf1 -ip4:192.0.2.0/26 ip4:192.0.2.0/24 -all"]},
    "x.example": {"TXT": ["v=spf1 ip4:192.0.2.9 exists:%{i}.x.example ?all"]},
    "d.example": {"TXT": ["v=spf1 ip4:192.0.2.9 exists:%{i}.%{d} ?all"]},
    "q.example": {"TXT": ["v=spf1 -exists:%{i}.q.example ip4:192.0.2.9 ~all"]},
}


def stands_for(record: str, **more: str) -> tuple[str, ...]:
    zone: dict[str, Any] = {**HOSTS, "i.example": {"TXT": [record]}}
    zone |= {name.replace("_", "."): {"TXT": [text]} for name, text in more.items()}
    return flatten("i.example", lookup_in(zone)).terms()


@pytest.mark.parametrize(
    ("record", "terms"),
    [
        ("v=spf1 ip4:192.0.2.1 ip4:192.0.2.0 ~all", ("ip4:192.0.2.0/31",)),
        ("v=spf1 ip6:2001:db8::/33 ip6:2001:db8:8000::/33 -all", ("ip6:2001:db8::/32",)),
        ("v=spf1 -ip4:192.0.2.0 ip4:192.0.2.0/31 ~all", ("ip4:192.0.2.1",)),
        ("v=spf1 ~ip4:192.0.2.0 ?ip4:192.0.2.2 ip4:192.0.2.0/30 -all", ("ip4:192.0.2.1", "ip4:192.0.2.3")),
        ("v=spf1 ip4:192.0.2.0/31 -ip4:192.0.2.0 ~all", ("ip4:192.0.2.0/31",)),
        ("v=spf1 -all ip4:192.0.2.1", ()),
        ("v=spf1 ip4:192.0.2.1", ("ip4:192.0.2.1",)),
        ("v=spf1 -ip4:0.0.0.0/1 +all", ("ip4:128.0.0.0/1", "ip6:::/0")),
        ("v=spf1 a:h.example -all", ("ip4:192.0.2.1", "ip4:192.0.2.200", "ip6:2001:db8::1")),
        ("v=spf1 a:h.example/24//64 -all", ("ip4:192.0.2.0/24", "ip6:2001:db8::/64")),
        ("v=spf1 mx:m.example -all", ("ip4:192.0.2.1", "ip4:192.0.2.200", "ip6:2001:db8::1")),
        ("v=spf1 a:gone.example mx:gone.example -all", ()),
        ("v=spf1 include:p.example -all", ("ip4:192.0.2.0/25",)),
        ("v=spf1 -include:p.example ip4:192.0.2.0/24 -all", ("ip4:192.0.2.128/25",)),
        ("v=spf1 include:n.example -all", ("ip4:192.0.2.64/26", "ip4:192.0.2.128/25")),
        ("v=spf1 -ip4:192.0.2.0/26 redirect=p.example", ("ip4:192.0.2.64/26",)),
        ("v=spf1 include:%{d2}.example.net -all", ("ip4:203.0.113.1",)),
        ("v=spf1 include:x.example -all", ("ip4:192.0.2.9", "exists:%{i}.x.example")),
        ("v=spf1 include:d.example -all", ("include:d.example",)),
        ("v=spf1 include:q.example -all", ("include:q.example",)),
        ("v=spf1 ip4:192.0.2.1 ptr -all", ("ip4:192.0.2.1", "ptr:i.example")),
        ("v=spf1 ip4:192.0.2.1 exists:%{d}.x.example -all", ("include:i.example",)),
        ("v=spf1 ip4:192.0.2.1 a:%{l}.x.example/24 ~all", ("ip4:192.0.2.1", "a:%{l}.x.example/24")),
        ("v=spf1 ip4:192.0.2.1 redirect=%{o}.x.example", ("ip4:192.0.2.1", "include:%{o}.x.example")),
        ("v=spf1 exists:%{i}.x.example -ip4:192.0.2.1 ip4:192.0.2.0/24 -all", ("include:i.example",)),
        ("v=spf1 exists:%{i}.x.example +all", ("include:i.example",)),
    ],
)
def test_an_include_stands_for_what_it_lets_pass(record: str, terms: tuple[str, ...]) -> None:
    assert stands_for(record, i_example_example_net="v=spf1 ip4:203.0.113.1 -all") == terms


ELEVEN = [f"1 h{n}.example." for n in range(11)]


@pytest.mark.parametrize(
    ("zone", "failure"),
    [
        ({}, None),
        ({"i.example": {"TXT": ["v=spf1 -all", "v=spf1 ~all"]}}, None),
        ({"i.example": {"TXT": ["v=spf1 ip4:192.0.2.300 -all"]}}, None),
        ({"i.example": {"TXT": ["v=spf1 include:i.example -all"]}}, None),
        ({"i.example": {"TXT": ["v=spf1 include:gone.example -all"]}}, None),
        ({"i.example": {"TXT": ["v=spf1 redirect=gone.example"]}}, None),
        ({"i.example": {"TXT": ["v=spf1 mx:b.example"]}, "b.example": {"MX": ELEVEN}}, None),
        ({"i.example": {"TXT": "SERVFAIL"}}, "SERVFAIL"),
        ({"i.example": {"TXT": ["v=spf1 a:h.example"]}, "h.example": {"AAAA": "TIMEOUT"}}, "TIMEOUT"),
    ],
)  # fmt: skip
def test_what_receivers_cannot_use_or_dns_cannot_tell_is_not_flattened(
    zone: Any, failure: str | None
) -> None:
    with pytest.raises(NotFlattenedError) as caught:
        flatten("i.example", lookup_in(zone))
    assert caught.value.failure == failure


def test_an_include_without_end_is_given_up() -> None:
    def endless(name: str, rdtype: str) -> Answer:
        return Answer((f"v=spf1 include:a.{name[:60]} include:b.{name[:60]} -all",))

    with pytest.raises(NotFlattenedError):
        flatten("x.example", endless)


# --- layout ------------------------------------------------------------------------------------

SINGLE = tuple(f"ip4:203.0.113.{2 * n}" for n in range(128))


def client(senders: list[Any], flat: object, includes: dict[str, tuple[str, ...]]) -> ClientFile:
    values = {
        "domain": "acme.example",
        "email": {"senders": senders, "spf": {"flatten": flat}},
        "spf_flattened": {"taken": "2026-11-24", "includes": includes},
    }
    return ClientFile.model_validate(values)


def texts(client: ClientFile) -> list[str]:
    composed = compose(client)
    assert composed is not None
    return [record.text for record in composed.records]


def test_addresses_take_the_place_of_the_include_and_the_rest_stays_in_order() -> None:
    own = {"name": "own", "spf": ["-ip4:192.0.2.7", "ip4:198.51.100.1", "include:k.example"]}
    asked = client([own, "google"], ["google"], {"_spf.google.com": ("ip4:74.125.0.0/16",)})
    assert texts(asked) == ["v=spf1 -ip4:192.0.2.7 ip4:74.125.0.0/16 ip4:198.51.100.1 include:k.example -all"]
    assert to_flatten(asked) == {"_spf.google.com": ("google",)}


def test_an_include_with_a_qualifier_gives_it_to_its_addresses() -> None:
    own = {"name": "own", "spf": ["~include:k.example", "include:j.example"]}
    includes = {"k.example": ("ip4:192.0.2.1", "ptr:k.example"), "j.example": ("ip4:192.0.2.2",)}
    assert texts(client([own], True, includes)) == ["v=spf1 ~ip4:192.0.2.1 ~ptr:k.example ip4:192.0.2.2 -all"]


def test_addresses_that_need_room_get_records_of_their_own_that_only_pass_on() -> None:
    asked = client(["google"], True, {"_spf.google.com": SINGLE})
    spf_records = [r for r in declare(asked).records if "v=spf1" in r.content]
    assert [r.name for r in spf_records] == ["acme.example", *(f"_spf{n}.acme.example" for n in range(1, 7))]
    assert (
        spf_records[0].content
        == '"v=spf1 ' + " ".join(f"include:_spf{n}.acme.example" for n in range(1, 7)) + ' -all"'
    )
    found = [text_of(record.content) for record in spf_records[1:]]
    assert {record.key for record in spf_records[1:]} == {"email.spf"}
    assert all(len(text) <= 450 and text.endswith(" -all") for text in found)
    assert {term for text in found for term in text.split()[1:-1]} == set(SINGLE)
    assert len({r.resource for r in declare(asked).records}) == len(declare(asked).records)


def lints(asked: ClientFile) -> set[str]:
    found = lint(asked, Positions(Path("Pulumi.acme.yaml")), today=date(2026, 11, 24))
    return {problem.lint for problem in found}


def test_the_records_that_hold_addresses_are_there_for_the_lints_too() -> None:
    crm = {"name": "crm", "spf": ["include:mailgun.org", "include:zohomail.com", "include:zohomail.eu"]}
    other = {"name": "other", "spf": ["include:sendgrid.net", "include:amazonses.com"]}
    found = lints(client(["google", crm, other], ["google"], {"_spf.google.com": SINGLE}))
    assert found == {"client_file.spf.lookups"}
    assert lints(client(["google", crm], ["google"], {"_spf.google.com": SINGLE[:100]})) == set()


def test_what_stands_beside_the_spf_record_counts_against_the_rrset() -> None:
    values = client(["google"], False, {}).model_dump(exclude={"spf_flattened"})
    texts = [{"name": "@", "type": "TXT", "content": letter * 4_080} for letter in "xy"]
    asked = ClientFile.model_validate({**values, "records": texts})
    assert "client_file.spf.size" in lints(asked)


def test_records_grow_before_there_are_more_than_ten_lookups() -> None:
    many = tuple(f"ip4:198.51.{n // 128}.{2 * (n % 128)}" for n in range(1_000))
    composed = compose(
        client(["google", {"name": "own", "spf": ["a", "mx"]}], ["google"], {"_spf.google.com": many})
    )
    assert composed is not None
    assert composed.lookups <= spf.MAX_LOOKUPS
    assert max(len(record.text) for record in composed.records) <= 3_800


def test_what_is_kept_leaves_less_room_for_records_of_addresses() -> None:
    own = {"name": "own", "spf": ["include:k.example", "include:j.example", "a"]}
    includes = {"k.example": SINGLE, "j.example": ("include:deep.example",)}
    values = client([own], True, includes).model_dump()
    values["spf_flattened"]["lookups"] = {"include:deep.example": 7}
    composed = compose(ClientFile.model_validate(values))
    assert composed is not None
    assert composed.lookups == 7 + 1 + len(composed.records) - 1 <= spf.MAX_LOOKUPS
    assert len(composed.records) == 3


def test_what_is_kept_is_counted_with_all_that_it_includes() -> None:
    zone: dict[str, Any] = HOSTS | {
        "i.example": {"TXT": ["v=spf1 include:q.example include:x.example -all"]},
        "q.example": {"TXT": ["v=spf1 -exists:%{i}.q.example a:h.example include:p.example ~all"]},
    }
    flat = flatten("i.example", lookup_in(zone))
    assert flat.kept == ("include:q.example", "exists:%{i}.x.example")
    assert kept_lookups(flat, lookup_in(zone)) == {"include:q.example": 4}


def test_the_report_says_what_is_flattened_and_since_when() -> None:
    notes = declare(client(["google"], True, {"_spf.google.com": ("ip4:74.125.0.0/16",)})).notes
    assert any("SPF: 0 of 10 DNS look-ups (google 0)" in note for note in notes)
    assert any("google flattened as of 2026-11-24 (otherwise 1 look-ups or more)" in note for note in notes)


def test_an_include_that_was_not_resolved_yet_is_published_as_it_is() -> None:
    assert texts(client(["google", "zoho"], True, {"_spf.google.com": ("ip4:192.0.2.1",)})) == [
        "v=spf1 ip4:192.0.2.1 include:zohomail.com -all"
    ]


def test_nothing_is_flattened_that_was_not_asked_for() -> None:
    assert texts(client(["google"], False, {"_spf.google.com": ("ip4:192.0.2.1",)})) == [
        "v=spf1 include:_spf.google.com -all"
    ]
    assert date(2026, 11, 24) == client(["google"], False, {}).spf_flattened.taken  # type: ignore[union-attr]
