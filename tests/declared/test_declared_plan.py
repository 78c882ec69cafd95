"""declare: hosts, records, TLS and mail by value; what is named how; what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchready.client_file.model import ClientFile
from launchready.declared import Declared, Origin, Record, declare
from launchready.errors import InputError


def declared(**keys: object) -> Declared:
    keys.setdefault("tls", {"caa": "none"})
    keys.setdefault("email", "none")
    return declare(ClientFile.model_validate({"domain": "acme.example", **keys}))


def values(records: tuple[Record, ...]) -> list[tuple[str, str, str]]:
    return [(record.name, record.type, record.content) for record in records]


def resources(**keys: object) -> dict[str, Record]:
    return {f"{record.type} {record.content}": record for record in declared(**keys).records}


# --- hosts -----------------------------------------------------------------------------------


def test_hosts_become_address_cname_and_redirect_records() -> None:
    plan = declared(
        hosts={
            "@": {"address": ["203.0.113.10", "2001:DB8::1"]},
            "App": {"cname": "Acme-App.Host.Example.", "proxied": False, "ttl": 300},
            "www.acme.example": {"redirect": "@"},
            "bücher": {"address": "203.0.113.11"},
        }
    )
    assert [(r.name, r.type, r.content, r.proxied, r.ttl, r.key) for r in plan.records] == [
        ("acme.example", "A", "203.0.113.10", True, 1, "hosts.@"),
        ("acme.example", "AAAA", "2001:db8::1", True, 1, "hosts.@"),
        ("app.acme.example", "CNAME", "acme-app.host.example", False, 300, "hosts.app"),
        ("www.acme.example", "AAAA", "100::", True, 1, "hosts.www"),
        ("xn--bcher-kva.acme.example", "A", "203.0.113.11", True, 1, "hosts.xn--bcher-kva"),
    ]
    assert plan.hosts == (
        "acme.example", "app.acme.example", "www.acme.example", "xn--bcher-kva.acme.example"
    )  # fmt: skip


def test_origins_are_the_distinct_places_and_a_redirect_has_none() -> None:
    plan = declared(
        hosts={
            "@": {"address": "203.0.113.10"},
            "shop": {"address": "203.0.113.10"},
            "direct": {"address": "203.0.113.10", "proxied": False},
            "app": {"cname": "app.host.example"},
            "www": {"redirect": "@"},
        }
    )
    assert plan.origins == (
        Origin("203.0.113.10", ("acme.example", "shop.acme.example"), True),
        Origin("203.0.113.10", ("direct.acme.example",), False),
        Origin("app.host.example", ("app.acme.example",), True),
    )


# --- records ---------------------------------------------------------------------------------


def test_records_are_canonical_and_keep_what_else_was_given() -> None:
    plan = declared(
        records=[
            {"name": "Foo.ACME.example.", "type": "mx", "content": "10 Mail.Example.", "ttl": 600},
            {"name": "@", "type": "CAA", "data": {"flags": 0, "tag": "issue", "value": "ca.example"},
             "comment": "ours", "tags": ["team:web"]},
        ]
    )  # fmt: skip
    mx, caa = plan.records
    assert (mx.name, mx.type, mx.content, mx.priority, mx.ttl, mx.key) == (
        "foo.acme.example", "MX", "mail.example", 10, 600, "records[0]"
    )  # fmt: skip
    assert (caa.content, caa.comment, caa.tags) == ('0 issue "ca.example"', "ours", ("team:web",))
    assert caa.data == {"flags": 0, "tag": "issue", "value": "ca.example"}
    assert (mx.served_ttl, caa.served_ttl) == (600, 300)
    assert mx.presentation == "10 mail.example."


def test_a_record_that_has_no_canonical_form_is_refused_by_its_key() -> None:
    with pytest.raises(InputError, match="no IPv4 address") as caught:
        declared(records=[{"name": "@", "type": "A", "content": "x.example"}])
    assert str(caught.value).startswith("launchready:records[0]")
    with pytest.raises(InputError, match=r"launchready:hosts\.@"):
        declared(hosts={"@": {"address": "300.1.1.1"}})


# --- Pulumi names ----------------------------------------------------------------------------


def test_the_only_address_of_a_host_is_named_by_the_host_whatever_its_type() -> None:
    for host in ({"address": "203.0.113.1"}, {"address": "2001:db8::1"}, {"cname": "a.example"}):
        assert declared(hosts={"www": host}).records[0].resource == "www"
    assert declared(hosts={"@": {"address": "203.0.113.1"}}).records[0].resource == "@"


def test_a_second_value_keeps_the_first_ones_resource_by_alias_both_ways() -> None:
    one = declared(hosts={"@": {"address": "203.0.113.1"}}).records[0]
    first, second = declared(hosts={"@": {"address": ["203.0.113.1", "203.0.113.2"]}}).records
    assert one.resource in first.aliases
    assert second.aliases == ()
    assert second.after == first.resource
    assert first.resource in one.aliases, "going back to one value finds the resource again"


def test_the_heir_of_a_lone_address_is_an_ipv4_address() -> None:
    six, four = declared(hosts={"@": {"address": ["2001:db8::1", "203.0.113.1"]}}).records
    assert (four.aliases, six.aliases, six.after) == (("@",), (), four.resource)


def test_the_order_of_values_does_not_change_their_names() -> None:
    names = {
        r.content: r.resource
        for r in declared(hosts={"@": {"address": ["203.0.113.1", "203.0.113.2"]}}).records
    }
    swapped = {
        r.content: r.resource
        for r in declared(hosts={"@": {"address": ["203.0.113.2", "203.0.113.1"]}}).records
    }
    assert names == swapped


def test_spf_and_its_kind_are_named_by_their_tag_beside_other_texts() -> None:
    found = resources(
        records=[
            {"name": "@", "type": "TXT", "content": "v=spf1 -all"},
            {"name": "@", "type": "TXT", "content": "google-site-verification=a"},
            {"name": "_dmarc", "type": "TXT", "content": "v=DMARC1;p=none"},
            {"name": "s._domainkey", "type": "TXT", "content": "v=DKIM1; p="},
            {"name": "_smtp._tls", "type": "TXT", "content": "v=TLSRPTv1; rua=mailto:a@b.example"},
        ]
    )
    assert [record.resource for record in found.values()] == [
        "@/TXT/spf", "@/TXT", "_dmarc/TXT/dmarc", "s._domainkey/TXT/dkim", "_smtp._tls/TXT/tls-rpt"
    ]  # fmt: skip


def test_a_changed_value_of_a_single_record_keeps_its_name() -> None:
    def name(content: str) -> str:
        return declared(records=[{"name": "@", "type": "TXT", "content": content}]).records[0].resource

    assert name("v=spf1 -all") == name("v=spf1 include:a.example -all")


ENTRIES = st.lists(
    st.sampled_from(
        [
            {"name": "@", "type": "A", "content": "203.0.113.1"},
            {"name": "@", "type": "A", "content": "203.0.113.2"},
            {"name": "@", "type": "AAAA", "content": "2001:db8::1"},
            {"name": "@", "type": "TXT", "content": "v=spf1 -all"},
            {"name": "@", "type": "TXT", "content": "a"},
            {"name": "@", "type": "TXT", "content": "b"},
            {"name": "@", "type": "MX", "content": "1 a.example"},
            {"name": "@", "type": "MX", "content": "2 a.example"},
            {"name": "www", "type": "CNAME", "content": "a.example"},
            {"name": "www", "type": "A", "content": "203.0.113.1"},
        ]
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(ENTRIES, ENTRIES)
def test_names_are_unique_and_no_two_records_claim_one_earlier_resource(
    before: list[dict[str, object]], after: list[dict[str, object]]
) -> None:
    old = {record.resource for record in declared(records=before).records}
    new = declared(records=after).records
    assert len({record.resource for record in new}) == len(new)
    taken: list[str] = []
    for record in new:
        taken += [name for name in (record.resource, *record.aliases) if name in old][:1]
    assert len(taken) == len(set(taken))


def test_an_identical_record_is_declared_once_and_the_explicit_one_stays() -> None:
    plan = declare(
        ClientFile.model_validate(
            {
                "domain": "acme.example",
                "records": [{"name": "@", "type": "TXT", "content": "v=spf1 -all", "comment": "explicit"}],
            }
        )
    )
    spf = [record for record in plan.records if record.content == '"v=spf1 -all"']
    assert [(record.key, record.comment) for record in spf] == [("records[0]", "explicit")]


# --- TLS -------------------------------------------------------------------------------------


def test_tls_defaults_pass_the_checklist() -> None:
    plan = declared(tls={})
    assert {setting.id: setting.value for setting in plan.settings} == {
        "ssl": "strict",
        "min_tls_version": "1.2",
        "tls_1_3": "on",
        "always_use_https": "on",
        "automatic_https_rewrites": "on",
        "security_header": {
            "strict_transport_security": {
                "enabled": True, "max_age": 31536000, "include_subdomains": True, "preload": False,
                "nosniff": True,
            }
        },
    }  # fmt: skip
    assert (plan.dnssec, plan.universal_ssl) == (True, True)
    assert [(r.type, r.content) for r in plan.records] == [
        ("CAA", f'0 {tag} "{issuer}"')
        for issuer in ("letsencrypt.org", "pki.goog", "ssl.com")
        for tag in ("issue", "issuewild")
    ]


def test_tls_says_what_the_client_says() -> None:
    plan = declared(
        tls={
            "mode": "full", "min_version": "1.3", "tls13": True, "always_https": False, "rewrites": False,
            "hsts": "none", "dnssec": False, "caa": ["ca.example"], "caa_iodef": "sec@acme.example",
        }
    )  # fmt: skip
    found = {setting.id: setting.value for setting in plan.settings}
    assert (found["ssl"], found["min_tls_version"]) == ("full", "1.3")
    assert (found["always_use_https"], found["automatic_https_rewrites"]) == ("off", "off")
    assert found["security_header"]["strict_transport_security"]["enabled"] is False
    assert plan.dnssec is False
    assert [record.content for record in plan.records] == [
        '0 issue "ca.example"', '0 issuewild "ca.example"', '0 iodef "mailto:sec@acme.example"'
    ]  # fmt: skip


# --- mail ------------------------------------------------------------------------------------


def mail(**email: object) -> Declared:
    return declared(email=email)


def test_a_domain_that_never_mails_says_so_four_times() -> None:
    plan = mail(senders=[])
    assert values(plan.records) == [
        ("acme.example", "TXT", '"v=spf1 -all"'),
        ("acme.example", "MX", "."),
        ("*._domainkey.acme.example", "TXT", '"v=DKIM1; p="'),
        ("_dmarc.acme.example", "TXT", '"v=DMARC1; p=reject; adkim=s; aspf=s"'),
    ]
    assert plan.records[1].priority == 0


def test_a_domain_that_never_mails_may_still_want_reports() -> None:
    plan = mail(dmarc={"policy": "none", "rua": ["r@acme.example"]})
    assert plan.records[-1].content == '"v=DMARC1; p=reject; rua=mailto:r@acme.example; adkim=s; aspf=s"'
    assert any(note.startswith("email.dmarc.policy") for note in plan.notes)


def test_senders_compose_spf_and_explain_its_look_ups() -> None:
    plan = mail(senders=["google", "fastmail"], receive="google")
    found = values(plan.records)
    assert found[0] == (
        "acme.example",
        "TXT",
        '"v=spf1 include:_spf.google.com include:spf.messagingengine.com -all"',
    )
    assert ("acme.example", "MX", "smtp.google.com") in found
    assert plan.notes[0] == "SPF: 2 of 10 DNS look-ups (google 1, fastmail 1)"


def test_dmarc_is_the_base_line_in_its_order() -> None:
    dmarc = next(r for r in mail(senders=["google"]).records if r.name == "_dmarc.acme.example")
    assert dmarc.content == '"v=DMARC1; p=quarantine; rua=mailto:dmarc@acme.example; adkim=s; aspf=s"'


def test_dmarc_carries_every_tag_that_is_given() -> None:
    plan = mail(
        senders=["google"],
        dmarc={
            "policy": "reject", "rua": ["a@x.example", "mailto:b@x.example"], "ruf": ["c@x.example"],
            "sp": "reject", "np": "reject", "fo": "1", "adkim": "r", "aspf": "r", "testing": True,
        },
    )  # fmt: skip
    assert plan.records[-1].content == (
        '"v=DMARC1; p=reject; sp=reject; np=reject; rua=mailto:a@x.example,mailto:b@x.example; '
        'ruf=mailto:c@x.example; fo=1; adkim=r; aspf=r; t=y"'
    )


def test_a_sender_with_another_return_path_gets_no_term_at_the_apex() -> None:
    plan = mail(
        senders=["ses", {"name": "crm", "spf": ["include:crm.example"], "return_path": "crm.example"}]
    )
    assert plan.records[0].content == '"v=spf1 -all"'
    assert [note for note in plan.notes if "return path" in note] == [
        "SPF: ses sends with the return path amazonses.com, not acme.example: no term at the apex; "
        "its mail passes DMARC by DKIM",
        "SPF: crm sends with the return path crm.example, not acme.example: no term at the apex; "
        "its mail passes DMARC by DKIM",
    ]


def test_a_sender_of_ones_own_brings_its_terms_once() -> None:
    terms = ["ip4:198.51.100.7", "a:mail.acme.example"]
    plan = mail(senders=[{"name": "own", "spf": terms}, {"name": "twin", "spf": terms}], spf_all="~all")
    assert plan.records[0].content == '"v=spf1 ip4:198.51.100.7 a:mail.acme.example ~all"'
    assert plan.notes[0] == "SPF: 1 of 10 DNS look-ups (own 1)"


def test_dkim_keys_are_text_or_delegations() -> None:
    key = "A" * 392
    plan = mail(
        senders=["google"],
        dkim={
            "google": {"public_key": f"{key[:100]} {key[100:]}"},
            "ed": {"public_key": "B" * 44, "type": "ed25519"},
            "k1": {"cname": "k1.sender.example"},
        },
    )
    found = {
        r.name.split(".")[0]: (r.type, r.content, r.resource) for r in plan.records if "_domainkey" in r.name
    }
    whole = f"v=DKIM1; k=rsa; p={key}"
    assert found["google"] == ("TXT", f'"{whole[:255]}" "{whole[255:]}"', "google._domainkey/TXT/dkim")
    assert found["ed"][:2] == ("TXT", f'"v=DKIM1; k=ed25519; p={"B" * 44}"')
    assert found["k1"][:2] == ("CNAME", "k1.sender.example")


def test_a_provider_whose_dkim_follows_from_the_domain_needs_no_keys() -> None:
    plan = mail(senders=["fastmail"], dkim={"fm1": {"cname": "own.example"}})
    assert [(r.name, r.content) for r in plan.records if "_domainkey" in r.name] == [
        ("fm1._domainkey.acme.example", "own.example"),
        ("fm2._domainkey.acme.example", "fm2.acme.example.dkim.fmhosted.com"),
        ("fm3._domainkey.acme.example", "fm3.acme.example.dkim.fmhosted.com"),
    ]


def test_reports_and_logo_have_their_records() -> None:
    plan = mail(senders=["google"], tls_rpt=["tls@acme.example"], bimi={"logo": "https://acme.example/l.svg"})
    found = {record.name: record.content for record in plan.records}
    assert found["_smtp._tls.acme.example"] == '"v=TLSRPTv1; rua=mailto:tls@acme.example"'
    assert found["default._bimi.acme.example"] == '"v=BIMI1; l=https://acme.example/l.svg;"'


def test_mail_that_is_not_managed_declares_no_mail_record() -> None:
    assert declared(email="none").records == ()


@pytest.mark.parametrize("email", [{"senders": ["no-such"]}, {"senders": ["google"], "receive": "ses"}])
def test_an_unknown_sender_or_receiver_is_refused_by_its_key(email: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"launchready:email\.(senders|receive)"):
        mail(**email)


# --- the whole -------------------------------------------------------------------------------


def test_the_same_file_gives_the_same_declaration() -> None:
    keys = {"hosts": {"@": {"address": ["203.0.113.1", "203.0.113.2"]}}, "email": {"senders": ["google"]}}
    assert declared(**keys) == declared(**keys)


def test_a_missing_portal_is_said() -> None:
    assert any(note.startswith("portal: none") for note in declared().notes)


def test_an_adopted_zone_is_named() -> None:
    assert declared(zone={"id": "0" * 32}).zone_id == "0" * 32
