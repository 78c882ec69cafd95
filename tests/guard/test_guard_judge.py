"""What a plan would lose, and what the guard lets pass: pure."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.guard import Allowed, judge, losses, plan_of, render
from launchready.guard.losses import record_losses
from tests.guard.guard_events import DOMAIN, RECORD, create, delete, event, record, replace, update, urn

MX = record("MX", "smtp.google.com", priority=1)
A, AAAA = record("A", "203.0.113.10"), record("AAAA", "2001:db8::10")
SPF = record("TXT", '"v=spf1 include:_spf.google.com -all"')
DMARC = record("TXT", '"v=DMARC1; p=reject"', f"_dmarc.{DOMAIN}")
DKIM = record("TXT", '"v=DKIM1; k=rsa; p=MIIB"', f"google._domainkey.{DOMAIN}")
CAA = record("CAA", "", data={"flags": 0, "tag": "issue", "value": "letsencrypt.org"})
NS = record("NS", "ns1.elsewhere.example", f"sub.{DOMAIN}")
DNSSEC, ZONE = "cloudflare:index/zoneDnssec:ZoneDnssec", "cloudflare:index/zone:Zone"
OWN = "pulumi-python:dynamic/launchready:"
HEALTH, PARAMETER, ALARM = f"{OWN}HealthCheck", f"{OWN}Parameter", f"{OWN}Alarm"


def lost(*events: Any) -> list[str]:
    return [loss.name for loss in losses(plan_of(_flat(events)), DOMAIN)]


def _flat(events: Any) -> list[Any]:
    return [one for event in events for one in (event if isinstance(event, list) else [event])]


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([delete("@/MX", MX)], ["six.example MX"]),
        ([delete("@", A)], ["six.example address"]),
        ([delete("@", A), create("@#1", AAAA)], []),
        ([delete("@#1", AAAA)], ["six.example address"]),
        ([replace("@", A, record("CNAME", "x.example"), delete_first=True)], ["six.example address"]),
        ([replace("@", A, record("CNAME", "x.example"), delete_first=False)], []),
        ([delete("@/TXT/spf", SPF)], ["six.example SPF"]),
        ([delete("_dmarc/TXT/dmarc", DMARC)], ["_dmarc.six.example DMARC"]),
        ([delete("google._domainkey/TXT/dkim", DKIM)], ["google._domainkey.six.example DKIM"]),
        ([delete("@/CAA", CAA)], ["six.example CAA"]),
        ([delete("sub/NS", NS)], ["sub.six.example NS"]),
        ([delete("six.example", {"name": DOMAIN}, ZONE)], ["six.example zone"]),
        ([replace("six.example", {"name": DOMAIN}, {"name": DOMAIN}, ZONE, delete_first=False)],
         ["six.example zone"]),
        ([delete("dnssec", {"status": "active"}, DNSSEC)], ["six.example DNSSEC"]),
        ([update("dnssec", {"status": "active"}, {"status": "disabled"}, DNSSEC)], ["six.example DNSSEC"]),
        ([delete("check /", {"name": "x"}, HEALTH)], ["check /"]),
        ([update("check /", {"disabled": False}, {"disabled": True}, HEALTH)], ["check /"]),
        ([delete("alarm /", {}, ALARM)], ["alarm /"]),
        ([delete("variable KEY", {"name": "/l/six/KEY"}, PARAMETER)], ["/l/six/KEY"]),
        ([update("variable KEY", {"name": "/l/six/KEY", "value": "[secret]"},
                 {"name": "/l/six/KEY", "value": ""}, PARAMETER)], ["/l/six/KEY"]),
        ([update("@/MX", MX, record("MX", ".", priority=0))], ["six.example MX"]),
        ([update("@/MX", MX, record("MX", "mx.other.example", priority=1))], []),
        ([update("@/TXT/spf", SPF, record("TXT", '"v=spf1 -all"'))], ["six.example SPF"]),
        ([update("_dmarc/TXT/dmarc", DMARC, DMARC | {"content": '"v=DMARC1; p=none"'})],
         ["_dmarc.six.example DMARC"]),
        ([update("k", DKIM, DKIM | {"content": '"v=DKIM1; p="'})], ["google._domainkey.six.example DKIM"]),
        ([update("c", CAA, CAA | {"data": {"flags": 0, "tag": "issue", "value": ";"}})], ["six.example CAA"]),
        ([update("@", A, record("A", "0.0.0.0"))], ["six.example address"]),
        ([update("@", A, record("A", "203.0.113.99"))], []),
        ([update("@/TXT/spf", SPF, record("TXT", '"hello"'))], ["six.example SPF"]),
        ([delete("@/MX#1", MX), create("@/MX#2", record("MX", "mx2.example"))], []),
        ([delete("shop", record("A", "203.0.113.3", f"shop.{DOMAIN}"))], []),
        ([delete("t", record("TXT", '"x"'))], []),
    ],
)  # fmt: skip
def test_just_what_a_launch_hangs_on_must_be_named(events: Any, names: list[str]) -> None:
    assert lost(*events) == names


def test_what_stays_in_the_world_is_not_lost() -> None:
    retained = frozenset({urn(ZONE, DOMAIN)})
    plan = plan_of([delete(DOMAIN, {"name": DOMAIN}, ZONE)], retained)
    assert (losses(plan, DOMAIN), plan.deleted) == ((), 0)
    assert "Lets go of" in render(plan)


def test_the_number_is_absolute_so_a_zone_of_six_records_is_protected() -> None:
    six = [delete(f"h{n}", record("A", f"203.0.113.{n}", f"h{n}.{DOMAIN}")) for n in range(6)]
    verdict = judge(plan_of(six).deleted, (), Allowed(3))
    assert verdict.refuses
    assert (verdict.excess, verdict.deleted) == (3, 6)
    told = str(verdict.error())
    assert "6 resources" in told
    assert "max_delete: 6" in told
    assert not judge(plan_of(six[:3]).deleted, (), Allowed(3)).refuses
    assert judge(1, (), Allowed(0)).refuses


def test_a_replacement_counts_once_and_what_is_no_resource_not_at_all() -> None:
    plan = plan_of([
        *replace("@", A, record("CNAME", "x"), delete_first=True),
        event("delete", "pulumi:providers:cloudflare", "default", {}, None),
        {"resourcePreEvent": {"metadata": {
            "op": "delete", "urn": "urn:x", "type": "launchready:index:Dns", "old": {"type": "x"},
        }}},
        event("refresh", RECORD, "@/MX", MX, MX),
        event("same", RECORD, "@/TXT", SPF, SPF),
    ])  # fmt: skip
    assert [(step.action, step.gap) for step in plan.steps] == [("replace", True)]
    assert plan.deleted == 1


def test_a_loss_is_named_by_any_of_its_names_but_never_by_one_that_means_several() -> None:
    found = losses(
        plan_of([delete("@/MX", MX), delete("@/TXT/spf", SPF), delete("_dmarc/TXT/dmarc", DMARC)]), DOMAIN
    )
    for name in (
        "six.example MX",
        "MX six.example",
        "six.example/MX",
        "@/MX",
        "SIX.example mx",
        "six.example. MX",
    ):
        left = {loss.name for loss in judge(1, found, Allowed(9, frozenset({name}))).unnamed}
        assert ("six.example MX" in left) == (name == "six.example. MX"), name
    assert len(judge(1, found, Allowed(9, frozenset({DOMAIN}))).unnamed) == 3
    assert len(judge(1, found, Allowed(9, frozenset({f"_dmarc.{DOMAIN}"}))).unnamed) == 2
    every = frozenset(loss.name for loss in found)
    assert not judge(3, found, Allowed(9, every)).refuses
    assert judge(1, found, Allowed(9, frozenset({"six.example NS"}))).unused == ("six.example NS",)


def test_a_setting_that_is_given_back_is_not_deleted() -> None:
    setting = delete(
        "ssl", {"settingId": "ssl", "value": "strict"}, "cloudflare:index/zoneSetting:ZoneSetting"
    )
    plan = plan_of([setting, delete("t", record("TXT", '"x"'))])
    assert plan.deleted == 1
    assert "Gives back (as before the launch) 1:" in render(plan)


def test_naming_a_loss_does_not_raise_the_number() -> None:
    plan = plan_of([delete("@/MX", MX)])
    assert judge(plan.deleted, losses(plan, DOMAIN), Allowed(0, frozenset({"six.example MX"}))).refuses


def test_a_plan_is_bound_by_what_it_does() -> None:
    one = plan_of([update("@", A, A | {"content": "203.0.113.11"}), delete("@/MX", MX)])
    same = plan_of([delete("@/MX", MX), update("@", A, A | {"content": "203.0.113.11"})])
    other = plan_of([update("@", A, A | {"content": "203.0.113.12"}), delete("@/MX", MX)])
    assert one.hash == same.hash
    assert one.hash != other.hash
    assert one.hash[:12] in render(one)


def test_a_change_of_the_state_alone_is_no_empty_plan() -> None:
    same = event("same", ZONE, DOMAIN, {"name": DOMAIN}, {"name": DOMAIN})
    assert plan_of([same]).empty
    assert not plan_of([event("same", ZONE, DOMAIN, {"name": DOMAIN}, {"name": DOMAIN}, protect=True)]).empty


def test_a_variables_value_is_never_told() -> None:
    old, new = {"name": "/l/six/KEY", "value": "s3cret-old"}, {"name": "/l/six/KEY", "value": "s3cret-new"}
    plan = plan_of([update("variable KEY", old, new, PARAMETER), delete("variable B", old, PARAMETER)])
    told = render(plan, losses(plan, DOMAIN))
    assert "s3cret" not in told
    assert "variable /l/six/KEY: value" in told


def test_records_of_other_hands_are_lost_only_when_nothing_of_them_is_left() -> None:
    second = SPF | {"content": '"v=spf1 -all"'}
    assert record_losses([second], [SPF], DOMAIN) == ()
    assert [loss.name for loss in record_losses([MX], [SPF], DOMAIN)] == ["six.example MX"]
