"""Adopting a zone file: every line accounted for, what is accepted says the same, the file lints clean."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.zone
import pytest
from jsonschema import Draft202012Validator

from launchready.adopt import AdoptResult, adopt_zone_file
from launchready.client_file import load, read
from launchready.client_file.lint import Level, lint
from launchready.declared import declare, rdata
from launchready.errors import InputError
from tests.client_file.lint_twins import TODAY

pytestmark = pytest.mark.slow

ZONE = """\
$ORIGIN acme.example.
$TTL 1h
@       86400 IN SOA ns1.old.example. hostmaster ( 2026112401 7200
                     3600 1209600 3600 ) ; the serial
        86400 IN NS  ns1.old.example.
@       300   IN A   203.0.113.10 ; cf_tags=cf-proxied:true
        300      A   203.0.113.11 ; cf_tags=cf-proxied:true
www           IN CNAME @ ; cf_tags=cf-proxied:true
api     600   IN A   203.0.113.20
        IN 600 AAAA  2001:DB8::20
ftp           CNAME  api ; a note for people cf_tags=cf-proxied:false,owner:dns-team
@       3600  MX     10 mx1.host.example.
              MX     20 MX2
mx2     3600  A      203.0.113.25
_dmarc        TXT    "v=DMARC1; p=reject"
@             TXT    "v=spf1 mx -all"
long          TXT    ( "first; part (one)" ; not the text
                       "second \\"part\\" \\226\\130\\172" )
empty         TXT    ""
_sip._tcp     SRV    5 0 5060 sip.host.example.
@             CAA    0 issue "letsencrypt.org"
lab     1800  NS     ns1.lab
ns1.lab 1800  A      203.0.113.53
lab           DS     2371 13 2 ABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABABAB
x             HTTPS  1 . alpn=h2,h3
x             TYPE65280 \\# 2 abcd
$ORIGIN sub.acme.example.
deep          A      203.0.113.30
b\u00fccher  A      203.0.113.31
"""


def adopt(
    tmp_path: Path, zone: str, redirects: str | None = None, plan: str = "pro", **more: object
) -> AdoptResult:
    (tmp_path / "acme.zone").write_text(zone, encoding="utf-8")
    tsv = None
    if redirects is not None:
        tsv = tmp_path / "acme.tsv"
        tsv.write_text(redirects, encoding="utf-8")
    domain = more.get("domain", "acme.example")
    return adopt_zone_file("acme", tmp_path / "acme.zone", tsv, domain, plan, tmp_path, today=TODAY)  # type: ignore[arg-type]


def reasons(result: AdoptResult) -> dict[tuple[int, str], str]:
    return {(r.line, r.type): r.reason for r in result.refused}


def check_accounts(result: AdoptResult) -> None:
    """Read = accepted + refused, the file holds what was accepted, and no lint calls anything an error."""
    refused = Counter(r.what for r in result.refused)
    assert result.records_read == result.records_accepted + refused["record"]
    assert result.redirects_read == result.redirects_accepted + refused["redirect"]
    loaded = read(result.path)
    hosts = sum(len(h.address) or 1 for h in loaded.client.hosts.values())
    assert len(loaded.client.records) + hosts == result.records_accepted
    assert len(loaded.client.redirects) == result.redirects_accepted
    assert [p for p in lint(loaded.client, loaded.positions, today=TODAY) if p.level is Level.ERROR] == []
    schema = json.loads(resources.files("launchready.adopt").joinpath("adopt.schema.json").read_text("utf-8"))
    Draft202012Validator(schema).validate(result.document())
    assert json.loads(result.report.read_text(encoding="utf-8")) == json.loads(json.dumps(result.document()))


def served(result: AdoptResult) -> set[tuple[str, str, str, int]]:
    """(name, type, data as dnspython writes it, TTL) of what the adopted file declares."""
    return {
        (r.name, r.type, canonical(r.type, rdata.presentation(r.type, r.content, r.priority)), r.ttl)
        for r in declare(load(result.path)).records
    }


def canonical(rdtype: str, text: str) -> str:
    value = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), text)
    return str(value.to_text()) if rdtype == "TXT" else str(value.to_text()).lower()


def by_dnspython(zone: str, origin: str, skip: Iterable[str] = ()) -> set[tuple[str, str, str, int]]:
    """The same of a zone file, read record by record by dnspython's own reader."""
    found: set[tuple[str, str, str, int]] = set()
    read_zone = dns.zone.from_text(zone, origin=origin, relativize=False, check_origin=False)
    for name, rdataset in read_zone.iterate_rdatasets():
        rdtype = dns.rdatatype.to_text(rdataset.rdtype)
        for value in rdataset if rdtype not in skip else ():
            text = canonical(rdtype, value.to_text())
            found.add((name.to_text(omit_final_dot=True).lower(), rdtype, text, rdataset.ttl))
    return found


def test_what_is_accepted_is_what_dnspython_reads(tmp_path: Path) -> None:
    result = adopt(tmp_path, ZONE)
    check_accounts(result)
    assert reasons(result) == {(3, "SOA"): "apex", (5, "NS"): "apex", (26, "TYPE65280"): "type"}
    readable = "\n".join(
        line for line in ZONE.splitlines() if not line.startswith(("x             TYPE", "b\u00fccher"))
    )
    expected = by_dnspython(readable, "acme.example.", skip=("SOA",))
    expected -= {r for r in expected if r[:2] == ("acme.example", "NS")}
    proxied = {("acme.example", "A"), ("www.acme.example", "CNAME")}
    wanted = {(n, t, d, 1 if (n, t) in proxied else ttl) for n, t, d, ttl in expected}
    wanted.add(("xn--bcher-kva.sub.acme.example", "A", "203.0.113.31", 3600))
    assert served(result) == wanted


def test_the_apex_and_www_become_hosts_and_comments_and_tags_are_kept(tmp_path: Path) -> None:
    client = load(adopt(tmp_path, ZONE).path)
    assert client.hosts["@"].address == ("203.0.113.10", "203.0.113.11")
    assert (client.hosts["www"].cname, client.hosts["www"].proxied) == ("acme.example", True)
    ftp = next(r for r in client.records if r.name == "ftp")
    assert (ftp.comment, ftp.tags, ftp.proxied) == ("a note for people", ("owner:dns-team",), False)


def test_tags_are_left_behind_where_the_plan_has_none(tmp_path: Path) -> None:
    result = adopt(tmp_path, ZONE, plan="free")
    check_accounts(result)
    assert any("lost their tags" in note for note in result.notes)


def test_an_adopted_zone_gets_no_mail_or_caa_record_that_it_didnt_have(tmp_path: Path) -> None:
    result = adopt(tmp_path, ZONE)
    records = declare(load(result.path)).records
    assert sum(1 for r in records if r.type == "CAA") == 1
    assert [r.content for r in records if "spf1" in r.content] == ['"v=spf1 mx -all"']
    assert [r.content for r in records if r.name == "_dmarc.acme.example"] == ['"v=DMARC1; p=reject"']
    assert any("email: none" in note for note in result.notes)


def test_a_bad_line_spoils_no_other(tmp_path: Path) -> None:
    zone = """\
good1   300 A 192.0.2.1
bad1    300 A 192.0.2.256
bad2    300 A
bad3    300 MX mx.host.example.
bad4    300 TXT "never closed
bad..5  300 A 192.0.2.1
bad6    300 CH TXT "chaos"
bad7    300 BOGUS x
bad8    300 CAA 0 isue "x"
$INCLUDE other.zone
$GENERATE 1-9 h$ A 192.0.2.$
other.example. 300 A 192.0.2.1
bad9    30 A 192.0.2.1
bad10   86401 A 192.0.2.1
bad11   300 TXT "x" ; cf_tags=cf-proxied:true
bad12   300 RRSIG A 13 3 300 20270101000000 20260101000000 1 acme.example. AAAA
good1   300 A 192.0.2.1
good2   300 A 192.0.2.2
"""
    result = adopt(tmp_path, zone)
    check_accounts(result)
    assert {line: reason for (line, _), reason in reasons(result).items()} == {
        2: "value", 3: "unreadable", 4: "value", 5: "value", 6: "unreadable", 7: "unreadable", 8: "type",
        9: "value", 10: "unreadable", 11: "unreadable", 12: "outside_zone", 13: "ttl", 14: "ttl",
        15: "proxied_type", 16: "dnssec", 17: "duplicate",
    }  # fmt: skip
    assert {r.name for r in load(result.path).records} == {"good1", "good2"}
    for refusal in result.refused:
        assert refusal.text
        assert refusal.fix
        assert f"acme.zone:{refusal.line}:" in str(refusal)


def test_a_parenthesis_that_never_closes_is_one_refusal(tmp_path: Path) -> None:
    result = adopt(tmp_path, 'a 300 A 192.0.2.1\nb 300 TXT ( "x"\nc 300 A 192.0.2.2\n')
    check_accounts(result)
    assert reasons(result) == {(2, "TXT"): "unreadable"}


@pytest.mark.parametrize("proxied", ["true", "false"])
def test_of_a_cname_and_other_data_the_other_data_stays(tmp_path: Path, proxied: str) -> None:
    zone = f"""\
app 1 CNAME app.host.example. ; cf_tags=cf-proxied:{proxied}
app 1 TXT "hello"
app 1 MX 10 mx.host.example.
"""
    result = adopt(tmp_path, zone)
    check_accounts(result)
    [refusal] = result.refused
    assert (refusal.line, refusal.type, refusal.reason) == (1, "CNAME", "cname_beside_data")
    assert "line 2, 3" in refusal.text
    assert ("only while the CNAME is proxied" in refusal.text) is (proxied == "true")


def test_at_the_apex_a_cname_gives_way_to_addresses_only(tmp_path: Path) -> None:
    beside_mail = adopt(tmp_path, "@ 1 CNAME site.host.example.\n@ 1 MX 10 mx.host.example.\n")
    check_accounts(beside_mail)
    assert beside_mail.refused == ()
    (tmp_path / "two").mkdir()
    beside_address = adopt(tmp_path / "two", "@ 1 CNAME site.host.example.\n@ 1 A 192.0.2.1\n")
    check_accounts(beside_address)
    assert [r.type for r in beside_address.refused] == ["CNAME"]


def test_a_delegation_hides_what_stands_beside_it(tmp_path: Path) -> None:
    result = adopt(
        tmp_path, "lab 300 NS ns1.host.example.\nlab 300 A 192.0.2.1\n@ 300 DS 1 13 2 " + "AB" * 32 + "\n"
    )
    check_accounts(result)
    assert reasons(result) == {(2, "A"): "beside_delegation", (3, "DS"): "apex"}


def test_what_a_lint_calls_an_error_is_refused_with_its_words(tmp_path: Path) -> None:
    zone = (
        """\
mail 300 CNAME mail.host.example.
@    300 MX 10 mail
a    300 CNAME b
b    300 CNAME a
lab  300 DS 1 13 2 """
        + "AB" * 32
    )
    result = adopt(tmp_path, zone)
    check_accounts(result)
    found = reasons(result)
    assert found[(2, "MX")] == "mx.alias"
    assert found[(3, "CNAME")] == found[(4, "CNAME")] == "cname.loop"
    assert found[(5, "DS")] == "ds.without_ns"
    assert any("RFC 2181" in r.text for r in result.refused)


def test_mail_records_with_faults_are_carried_with_a_warning(tmp_path: Path) -> None:
    result = adopt(tmp_path, '@ 300 TXT "v=spf1 ip:192.0.2.1 -all"\nk._domainkey 300 TXT "v=DKIM1; p=x"\n')
    check_accounts(result)
    assert result.refused == ()
    assert {w.lint for w in result.warnings} == {"client_file.spf.syntax", "client_file.dkim.key"}


def test_proxied_names_too_deep_for_universal_ssl_get_an_advanced_certificate(tmp_path: Path) -> None:
    result = adopt(tmp_path, "a.b 1 A 192.0.2.1 ; cf_tags=cf-proxied:true\n")
    check_accounts(result)
    assert load(result.path).tls.certificates == "advanced"
    assert any("advanced certificate" in note for note in result.notes)


def test_what_the_plan_has_no_room_for_is_refused_from_the_end(tmp_path: Path) -> None:
    zone = (
        "".join(f"h{n} 300 A 192.0.2.1\n" for n in range(210)) + "p 1 A 192.0.2.1 ; cf_tags=cf-proxied:true\n"
    )
    result = adopt(tmp_path, zone, plan="free")
    check_accounts(result)
    assert result.records_accepted == 200
    assert {r.reason for r in result.refused} == {"plan"}
    assert min(r.line for r in result.refused) == 201


# --- redirects ----------------------------------------------------------------------------------

WEB = """\
@   1 A 192.0.2.1 ; cf_tags=cf-proxied:true
old 1 A 192.0.2.1 ; cf_tags=cf-proxied:true
dns 1 A 192.0.2.1 ; cf_tags=cf-proxied:false
one 1 A 192.0.2.1 ; cf_tags=cf-proxied:true
two 1 A 192.0.2.1 ; cf_tags=cf-proxied:true
"""


def test_redirects_are_judged_line_by_line(tmp_path: Path) -> None:
    lines = [
        "old.acme.example\thttps://new.example/?a=${1}",
        "# a comment",
        "",
        "dns.acme.example\thttps://new.example/",
        "none.acme.example\thttps://new.example/",
        "other.example\thttps://new.example/",
        "one.acme.example\thttps://two.acme.example/",
        "two.acme.example\thttps://one.acme.example/",
        "old.acme.example\thttps://again.example/",
        "acme.example/x\thttps://new.example/x\t302",
        "acme.example/y\thttps://new.example/y\t200",
        "acme.example/z\tjavascript:alert(1)",
        "acme.example no tab",
    ]
    result = adopt(tmp_path, WEB, "\n".join(lines) + "\n")
    check_accounts(result)
    assert {r.line: r.reason for r in result.refused} == {
        4: "redirect.unproxied", 5: "redirect.unproxied", 6: "redirect.outside", 7: "redirect.loop",
        8: "redirect.loop", 9: "duplicate", 11: "unreadable", 12: "redirect.scheme", 13: "unreadable",
    }  # fmt: skip
    rules = declare(load(result.path)).redirects
    assert [(r.status, r.examples[0]) for r in rules] == [
        (301, ("https://old.acme.example/sample1", "https://new.example/?a=%24%7B1%7D")),
        (302, ("https://acme.example/x", "https://new.example/x")),
    ]


def test_a_redirect_whose_host_was_refused_goes_with_it(tmp_path: Path) -> None:
    zone = 'app 1 CNAME app.host.example. ; cf_tags=cf-proxied:true\napp 1 TXT "hello"\n'
    result = adopt(tmp_path, zone, "app.acme.example\thttps://new.example/\n")
    check_accounts(result)
    assert [(r.what, r.reason) for r in result.refused] == [
        ("record", "cname_beside_data"),
        ("redirect", "redirect.unproxied"),
    ]


# --- bad input ----------------------------------------------------------------------------------


def test_an_existing_client_is_never_overwritten(tmp_path: Path) -> None:
    first = adopt(tmp_path, WEB)
    before = first.path.read_bytes()
    with pytest.raises(InputError, match="never overwritten"):
        adopt(tmp_path, ZONE)
    assert first.path.read_bytes() == before


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"plan": "gold"}, "no plan"),
        ({"domain": "a..b"}, "is no domain"),
        ({"domain": "localhost"}, "can't be a zone"),
        ({"domain": None}, "doesn't name its domain"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(tmp_path: Path, more: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        adopt(tmp_path, "www 300 A 192.0.2.1\n", **{"plan": "pro", **more})  # type: ignore[arg-type]
    assert not (tmp_path / "stacks").exists()


def test_the_zone_names_its_domain_itself(tmp_path: Path) -> None:
    assert adopt(tmp_path, ZONE, domain=None).domain == "acme.example"


def test_an_empty_zone_is_a_client_file_with_nothing_in_it(tmp_path: Path) -> None:
    result = adopt(tmp_path, "; nothing here\n")
    check_accounts(result)
    assert (result.records_read, result.records_accepted) == (0, 0)


def test_the_result_reads_well(tmp_path: Path) -> None:
    text = adopt(tmp_path, ZONE).text()
    assert "records:   21 of 24 taken over" in text
    assert "acme.zone:26: x.acme.example TYPE65280" in text
    assert "note: email: none" in text


# --- real input ---------------------------------------------------------------------------------


@pytest.mark.oracle
def test_a_real_zone_is_accounted_for_line_by_line(shared: Path, tmp_path: Path) -> None:
    zone = shared / "data" / "is-a.dev-sample.zone"
    redirects = shared / "data" / "is-a.dev-sample.redirects.tsv"
    result = adopt_zone_file("isadev", zone, redirects, "is-a.dev", "enterprise", tmp_path, today=TODAY)
    check_accounts(result)
    assert result.records_read == 2194  # 2,193 records and the SOA
    assert result.refused_by_reason == {"cname_beside_data": 24, "apex": 1}
    assert (result.redirects_read, result.redirects_accepted) == (142, 142)
    text = zone.read_text(encoding="utf-8")
    refused_lines = {r.line for r in result.refused}
    kept = "\n".join(x for n, x in enumerate(text.splitlines(), 1) if n not in refused_lines or n == 3)
    assert served(result) == by_dnspython(kept, "is-a.dev.", skip=("SOA",))
    targets = {
        e[0].removesuffix("sample1"): e[1]
        for r in declare(load(result.path)).redirects
        for e in r.examples[:1]
    }
    lines = [line.split("\t") for line in redirects.read_text().splitlines()]
    assert targets == {f"https://{host}/": url for host, url in lines}
