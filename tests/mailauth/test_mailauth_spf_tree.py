"""The look-up tree: counts where others miscount, and names what stands in the way."""

from __future__ import annotations

import pytest

from launchready.mailauth import spf
from launchready.mailauth.dns import Answer
from launchready.mailauth.presets import PRESETS, world_records
from launchready.mailauth.spf import Fault
from tests.mailauth.zones import lookup_in

HOST = {"A": ["198.51.100.1"], "AAAA": ["2001:db8::1"]}


def tree_of(record: str, **zone: dict[str, list[str] | str]) -> spf.Tree:
    names = {name.replace("_", "."): types for name, types in zone.items()}
    return spf.tree("example.org", lookup_in({"example.org": {"TXT": [record], **HOST}, **names}))


@pytest.mark.parametrize(
    ("record", "lookups"),
    [
        ("v=spf1 -all", 0),
        ("v=spf1 ip4:192.0.2.1 ip6:::1 -all", 0),
        ("v=spf1 +include:inc.org -all", 1),
        ("v=spf1 ?a -all", 1),
        ("v=spf1 ~mx -all", 1),
        ("v=spf1 -exists:%{i}.inc.org -all", 1),
        ("v=spf1 ptr -all", 1),
        ("V=SPF1 A MX -ALL", 2),
        ("v=spf1 redirect=inc.org", 1),
        ("v=spf1 redirect=inc.org -all", 0),
        ("v=spf1 redirect=deep.org", 2),
        ("v=spf1 -all include:inc.org a", 0),
        ("v=spf1 include:deep.org include:deep.org -all", 4),
        ("v=spf1 include:open.org include:inc.org -all", 1),
        ("v=spf1 a:%{d} -all", 1),
        ("v=spf1 include:%{l}.org -all", 1),
        ("v=spf1 exp=inc.org -all", 0),
    ],
)
def test_lookups_are_counted_as_the_rfc_does(record: str, lookups: int) -> None:
    tree = tree_of(
        record,
        inc_org={"TXT": ["v=spf1 ip4:192.0.2.1 ~all"]},
        deep_org={"TXT": ["v=spf1 include:inc.org ~all"]},
        open_org={"TXT": ["v=spf1 +all"]},
    )
    assert tree.lookups == lookups
    assert tree.having(Fault.LOOKUPS, Fault.SYNTAX, Fault.LOOP, Fault.INCLUDE_NONE) == ()


@pytest.mark.parametrize("preset", [p for p in PRESETS.values() if p.spf_include], ids=lambda p: p.name)
def test_a_preset_costs_what_it_says(preset) -> None:
    world = {name: dict(types) for name, types in world_records().items()}
    world["acme.example"] = {"TXT": [f'"v=spf1 include:{preset.spf_include} -all"']}
    tree = spf.tree("acme.example", lookup_in(world))
    assert tree.lookups == preset.spf_lookups
    assert tree.troubles == ()


def test_a_loop_is_named_and_ends() -> None:
    tree = tree_of("v=spf1 include:a.org -all", a_org={"TXT": ["v=spf1 include:example.org -all"]})
    (trouble,) = tree.having(Fault.LOOP)
    assert trouble.domain == "example.org"


def test_an_exploding_tree_is_not_walked_forever() -> None:
    zone = {
        f"l{i}_org": {"TXT": ["v=spf1 " + " ".join([f"include:l{i + 1}.org"] * 9) + " -all"]}
        for i in range(12)
    }
    tree = tree_of("v=spf1 include:l0.org -all", **zone)
    assert 10 < tree.lookups < 500
    assert tree.having(Fault.LOOKUPS)


def test_void_lookups_are_counted_for_each_family() -> None:
    four = {"A": ["198.51.100.1"]}
    tree = tree_of(
        "v=spf1 a:a.org a:b.org a:c.org a:d.org -all", a_org=four, b_org=four, c_org=four, d_org={}
    )
    assert (tree.void4, tree.void6, tree.voids) == (1, 4, 4)
    (trouble,) = tree.having(Fault.VOID)
    assert "4 void" in trouble.detail


def test_mx_hosts_are_limited_to_ten() -> None:
    for count, faults in ((10, 0), (11, 1)):
        zone = {f"m{i}_org": HOST for i in range(count)}
        hosts = {"MX": [f"{i} m{i}.org." for i in range(count)]}
        tree = spf.tree(
            "example.org",
            lookup_in(
                {
                    "example.org": {"TXT": ["v=spf1 mx -all"], **hosts},
                    **{k.replace("_", "."): v for k, v in zone.items()},
                }
            ),
        )
        assert len(tree.having(Fault.MX_FANOUT)) == faults


@pytest.mark.parametrize(
    ("types", "fault"),
    [
        ({"TXT": ["unrelated"]}, Fault.INCLUDE_NONE),
        ({}, Fault.INCLUDE_NONE),
        ({"TXT": ["v=spf1 -all", "v=spf1 ~all"]}, Fault.MANY_RECORDS),
        ({"TXT": ["v=spf1 foo -all"]}, Fault.SYNTAX),
        ({"TXT": "TIMEOUT"}, Fault.DNS),
    ],
)
def test_what_is_wrong_behind_an_include_is_told_apart(
    types: dict[str, list[str] | str], fault: Fault
) -> None:
    tree = tree_of("v=spf1 include:inc.org -all", inc_org=types)
    (trouble,) = tree.troubles
    assert (trouble.fault, trouble.domain) == (fault, "inc.org")
    assert trouble.failure == ("TIMEOUT" if fault is Fault.DNS else None)


def test_the_explanation_shows_every_costly_term() -> None:
    tree = tree_of(
        "v=spf1 include:inc.org mx -all",
        inc_org={"TXT": ["v=spf1 ip4:192.0.2.0/24 a:h.org ~all"]},
        h_org=HOST,
    )
    lines = tree.explain().splitlines()
    assert lines[0].startswith("example.org: 3 of 10 look-ups, 1 of 2 void")
    assert lines[1].strip().startswith("include:inc.org (2)")
    assert lines[2].startswith("    a:h.org (1)")
    assert lines[3].strip().startswith("mx (1)")


def test_wanted_names_everything_that_can_be_told_in_one_round() -> None:
    record = Answer(("v=spf1 include:a.org include:b.org a:h.org mx -all",))
    known = {("example.org", "TXT"): record}
    assert spf.wanted("example.org", lambda *question: known.get(question)) == {
        ("a.org", "TXT"), ("b.org", "TXT"), ("h.org", "A"), ("h.org", "AAAA"), ("example.org", "MX"),
    }  # fmt: skip
    assert spf.wanted("example.org", lambda *question: None) == {("example.org", "TXT")}
