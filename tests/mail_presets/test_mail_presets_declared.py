"""What each preset declares, in each region and with each option, by the provider's own documentation."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file.lint import lint
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Positions
from launchready.declared import declare
from launchready.mailauth.presets import AS_OF, OWN_DOMAIN, PRESETS, patterned_records, world_records

DOMAIN = "acme.example"
Found = set[tuple[str, str, str, int | None]]


def declared(*senders: object, **email: Any) -> Found:
    """(name below the domain, type, content, priority) of every record that these senders declare."""
    client = client_of(*senders, **email)
    return {
        (r.name.removesuffix(DOMAIN).rstrip(".") or "@", r.type, r.content.strip('"').rstrip("."), r.priority)
        for r in declare(client).records
        if r.type in ("TXT", "MX", "CNAME") and not r.name.startswith("_dmarc.")
    }


def client_of(*senders: object, **email: Any) -> ClientFile:
    return ClientFile.model_validate({"domain": DOMAIN, "email": {"senders": list(senders), **email}})


def lints(client: ClientFile) -> set[str]:
    found = lint(client, Positions(Path("Pulumi.acme.yaml")), today=date(2026, 11, 24))
    return {problem.lint for problem in found}


def spf(*includes: str) -> tuple[str, str, str, None]:
    return ("@", "TXT", " ".join(["v=spf1", *(f"include:{i}" for i in includes), "-all"]), None)


def mx(*hosts: tuple[int, str], at: str = "@") -> Found:
    return {(at, "MX", host, priority) for priority, host in hosts}


def cname(name: str, target: str) -> tuple[str, str, str, None]:
    return (name, "CNAME", target, None)


EXPECTED: dict[str, tuple[list[object], dict[str, Any], Found]] = {
    "google": (["google"], {"receive": "google"}, {spf("_spf.google.com"), *mx((1, "smtp.google.com"))}),
    "microsoft365": (
        [{"preset": "microsoft365", "account": "acme.onmicrosoft.com"}],
        {"receive": "microsoft365"},
        {
            spf("spf.protection.outlook.com"),
            *mx((0, "acme-example.mail.protection.outlook.com")),
            cname("selector1._domainkey", "selector1-acme-example._domainkey.acme.onmicrosoft.com"),
            cname("selector2._domainkey", "selector2-acme-example._domainkey.acme.onmicrosoft.com"),
        },
    ),
    "microsoft365, a domain added since May 2025": (
        [{"preset": "microsoft365", "account": "acme.r-v1.dkim.mail.microsoft"}],
        {},
        {
            spf("spf.protection.outlook.com"),
            cname("selector1._domainkey", "selector1-acme-example._domainkey.acme.r-v1.dkim.mail.microsoft"),
            cname("selector2._domainkey", "selector2-acme-example._domainkey.acme.r-v1.dkim.mail.microsoft"),
        },
    ),
    "ses": (["ses"], {}, {spf()}),
    "ses, MAIL FROM": (
        [{"preset": "ses", "region": "eu-west-1", "return_path": "mail.acme.example"}],
        {},
        {
            spf(),
            *mx((10, "feedback-smtp.eu-west-1.amazonses.com"), at="mail"),
            ("mail", "TXT", "v=spf1 include:amazonses.com ~all", None),
        },
    ),
    "postmark": (["postmark"], {}, {spf()}),
    "postmark, pm-bounces": (
        [{"preset": "postmark", "return_path": "pm-bounces"}],
        {},
        {spf(), cname("pm-bounces", "pm.mtasv.net")},
    ),
    "sendgrid": (["sendgrid"], {}, {spf()}),
    "sendgrid, em1234": (
        [{"preset": "sendgrid", "account": "u1234567.wl123", "return_path": "em1234"}],
        {},
        {
            spf(),
            cname("em1234", "u1234567.wl123.sendgrid.net"),
            cname("s1._domainkey", "s1.domainkey.u1234567.wl123.sendgrid.net"),
            cname("s2._domainkey", "s2.domainkey.u1234567.wl123.sendgrid.net"),
        },
    ),
    "mailgun": (["mailgun"], {}, {spf("mailgun.org")}),
    "mailgun, mg in the EU": (
        [{"preset": "mailgun", "region": "eu", "return_path": "mg"}],
        {},
        {
            spf(),
            *mx((10, "mxa.eu.mailgun.org"), (10, "mxb.eu.mailgun.org"), at="mg"),
            ("mg", "TXT", "v=spf1 include:mailgun.org ~all", None),
        },
    ),
    "zoho": (
        ["zoho"],
        {"receive": "zoho"},
        {spf("zohomail.com"), *mx((10, "mx.zoho.com"), (20, "mx2.zoho.com"), (50, "mx3.zoho.com"))},
    ),
    "zoho in the EU": (
        [{"preset": "zoho", "region": "EU"}],
        {"receive": "zoho"},
        {spf("zohomail.eu"), *mx((10, "mx.zoho.eu"), (20, "mx2.zoho.eu"), (50, "mx3.zoho.eu"))},
    ),
    "zoho in Canada": (
        [{"preset": "zoho", "region": "ca"}],
        {"receive": "zoho"},
        {
            spf("zohocloud.ca"),
            *mx((10, "mx.zohocloud.ca"), (20, "mx2.zohocloud.ca"), (50, "mx3.zohocloud.ca")),
        },
    ),
    "fastmail": (
        ["fastmail"],
        {"receive": "fastmail"},
        {
            spf("spf.messagingengine.com"),
            *mx((10, "in1-smtp.messagingengine.com"), (20, "in2-smtp.messagingengine.com")),
            *(cname(f"fm{n}._domainkey", f"fm{n}.acme.example.dkim.fmhosted.com") for n in (1, 2, 3)),
        },
    ),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_a_preset_declares_what_its_provider_asks_for(case: str) -> None:
    senders, email, expected = EXPECTED[case]
    assert declared(*senders, **email) == expected


def test_every_preset_has_a_case() -> None:
    assert set(PRESETS) == {case.partition(",")[0].partition(" ")[0] for case in EXPECTED}


@pytest.mark.parametrize("name", PRESETS)
def test_under_strict_alignment_a_foreign_return_path_needs_dkim_and_gets_no_include(name: str) -> None:
    preset = PRESETS[name]
    client = client_of(name)
    (apex,) = (r.content for r in declare(client).records if r.name == DOMAIN and r.type == "TXT")
    foreign = preset.return_path != OWN_DOMAIN
    assert ("client_file.sender.unaligned" in lints(client)) == foreign
    assert (f"include:{preset.spf_include}" in apex) != foreign
    assert any("passes DMARC by DKIM" in note for note in declare(client).notes) == foreign


@pytest.mark.parametrize("name", [n for n, p in PRESETS.items() if p.return_path_option is not None])
def test_a_custom_return_path_is_aligned_only_when_relaxed(name: str) -> None:
    option = PRESETS[name].return_path_option
    assert option is not None
    needed = {"region": "eu" if name == "mailgun" else "eu-west-1"} if "region" in option.needs else {}
    sender = {"preset": name, "return_path": option.label, **needed}
    if name == "sendgrid":  # with an account its DKIM keys would be known
        sender = {"preset": name, "return_path": option.label}
    strict, relaxed = (client_of(sender, dmarc={"aspf": mode}) for mode in ("s", "r"))
    assert "client_file.sender.unaligned" in lints(strict)
    assert "client_file.sender.unaligned" not in lints(relaxed)
    assert any("under aspf=r it is aligned" in note for note in declare(relaxed).notes)


def test_a_sending_subdomain_says_what_it_signs_as() -> None:
    notes = declare(client_of({"preset": "mailgun", "return_path": "mg"})).notes
    assert any("signs as mg.acme.example" in note and "d=acme.example" in note for note in notes)


@pytest.mark.parametrize(
    ("sender", "trips"),
    [
        ({"preset": "google", "return_path": "bounce"}, "sender.return_path"),
        ({"preset": "zoho", "return_path": "bounce"}, "sender.return_path"),
        ({"preset": "ses", "return_path": "mail"}, "sender.return_path"),
        ({"preset": "sendgrid", "return_path": "em1"}, "sender.return_path"),
        (
            {"preset": "ses", "return_path": "mail.other.example.", "region": "eu-west-1"},
            "sender.return_path",
        ),
        ({"preset": "postmark", "return_path": "@"}, "sender.return_path"),
        ({"preset": "postmark", "return_path": "pm_bounces"}, "sender.return_path"),
        ({"preset": "ses", "region": "europe"}, "sender.region"),
        ({"preset": "google", "region": "eu"}, "sender.region"),
        ({"preset": "google", "account": "acme"}, "sender.account"),
        ({"preset": "microsoft365", "account": "acme"}, "sender.account"),
        ({"preset": "gogle"}, "sender.unknown"),
    ],
)
def test_what_a_provider_does_not_offer_is_refused(sender: dict[str, str], trips: str) -> None:
    assert f"client_file.{trips}" in lints(client_of(sender))


def test_a_sender_that_contradicts_the_ses_identity_is_refused() -> None:
    identity = {"region": "eu-west-1", "mail_from": "mail"}
    sender = {"preset": "ses", "return_path": "bounces"}
    assert "client_file.sender.return_path" in lints(client_of(sender, ses=identity))
    same = client_of({"preset": "ses", "return_path": "mail", "region": "eu-west-1"}, ses=identity)
    assert "client_file.sender.return_path" not in lints(same)
    assert declared("ses", ses=identity) >= mx((10, "feedback-smtp.eu-west-1.amazonses.com"), at="mail")


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_fact_has_a_dated_source(preset) -> None:
    assert preset.sources
    for source in preset.sources:
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", source.seen)
        assert date.fromisoformat(source.seen) <= date.fromisoformat(AS_OF)
        assert source.url
        assert source.shows
    assert preset.default_region is None or preset.default_region in preset.regions
    if preset.account is not None:
        assert preset.account.fits(preset.account.example)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_the_world_serves_every_regions_names(preset) -> None:
    world = world_records()
    for region in preset.regions or (None,):
        here = preset.in_region(region)
        assert "TXT" in world[here.spf_include]
        for _, host in here.mx(DOMAIN):
            assert "A" in (world.get(host) or world["*." + host.split(".", 1)[1]])
        option = here.return_path_option
        values = {"region": region or "", "base": here.base, "account": "u1234567.wl123"}
        for record in option.records if option is not None else ():
            target = record.content.format(**values)
            assert record.type == "TXT" or target in world or patterned_records(target), target
