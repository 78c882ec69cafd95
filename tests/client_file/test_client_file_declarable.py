"""What lints without errors can be declared: no value slips past the lint to fail half-way through."""

from __future__ import annotations

import random
from typing import Any

import pytest
from pydantic import ValidationError

from launchready.client_file.lint import Level, lint
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from tests.client_file.lint_twins import TODAY

pytestmark = pytest.mark.slow

HASH = "ab" * 32
CONTENTS: dict[str, list[str]] = {
    "A": ["192.0.2.1", "192.0.2.01", "1.2.3", "::1", "192.0.2.1/32"],
    "AAAA": ["2001:db8::1", "2001:DB8::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4"],
    "CNAME": ["x.example", "X.Example.", "@", "a_b.example", "*.x", "bücher.example", "", "x y", "."],
    "MX": ["mx.example", "10 mx.example", ".", "0 .", "_mx.example", "@"],
    "NS": ["ns1.example", "@", "."],
    "TXT": [
        "hello",
        '"a" "b"',
        '"a""b"',
        '"',
        "\\",
        '"\\"',
        'a"b',
        "é",
        "x" * 300,
        f'"{"x" * 256}"',
        '"\\300"',
    ],
    "CAA": ['0 issue "pki.goog"', "0 issue pki.goog", '128 issue ";"', '256 issue "x"', '0 issue ""'],
    "SRV": ["5 0 5060 x.example", "5 0 5060 .", "0 5060 x.example", "5 0 70000 x"],
    "TLSA": [f"3 1 1 {HASH}", "3 1 1 abc"],
    "DS": [f"1 13 2 {HASH}", "1 13 2 ab"],
    "HTTPS": ["1 . alpn=h2", "0 x.example.", '1 . alpn="h2,h3" ipv4hint=192.0.2.1', "x"],
    "SVCB": ["1 . port=53", "1 x.example. key65000=ab"],
    "SSHFP": [f"4 2 {HASH}", "4 2 zz"],
    "LOC": ["52 22 23 N 4 53 32 E -2m", "52 N"],
    "NAPTR": ['100 10 "S" "SIP+D2T" "" _sip._tcp.x.example.', "100 10 S"],
    "URI": ['10 1 "https://x.example/"', '1 "https://x.example/"', '10 1 ""'],
    "CERT": ["1 2 3 AAAA", "1 2 3 !!"],
    "DNSKEY": ["257 3 13 " + "AAAA" * 16, "257 3 13 !"],
    "OPENPGPKEY": ["AAAA", "!!"],
    "SMIMEA": ["3 0 0 ab", "3 0 0"],
}
NAMES = ["@", "www", "a.b", "*", "*.x", "_x._tcp", "lab", "x_y", "-a", "www.acme.example.", "bücher"]
HOST_TARGETS = ["@", "www", "app", "https://x.example", "https://x.example/p?q#f", "x", "https://", "//x"]
SOURCES = [
    "acme.example/a", "acme.example/*", "@/b/*", "www/x", "*.acme.example/*", "app-*.acme.example/x",
    "acme.example", "acme.example/a?b=*", "acme.example/é", "acme.example/a b", "acme.example/a*b*c",
    'acme.example/"x"', "acme.example/\\", "acme.example:80/x", "acme.example/%41",
]  # fmt: skip
TARGETS = [
    "https://x.example/", "https://x.example/${1}", "https://${1}.x.example/", "https://x.example/${2}/${1}",
    "https://x.example/é?y=1#z", "http://x.example/a b", "/x", "https://x.example/${0}", "https://x.example/$1",
    'https://x.example/"', "https://x.example/\\", "https://[2001:db8::1]/", "ftp://x.example/",
    "https://x.example/${1}${1}${1}", "https://x.example:99999/", "HTTPS://X.example/A", "htt.ps://x.example/",
]  # fmt: skip
EMAILS: list[Any] = [
    "none", {"senders": ["google", "ses"]}, {"senders": [], "dmarc": {"policy": "reject"}},
    {"senders": [{"name": "x", "spf": ["a:"]}], "dkim": {"x_y": {"public_key": "AAAA"}}},
    {"senders": ["google"], "tls_rpt": ["a@b.example"]},
]  # fmt: skip


def candidate(pick: random.Random) -> dict[str, Any]:
    """A client file of a few values, right and wrong ones."""
    records = []
    for _ in range(pick.randint(0, 2)):
        rdtype = pick.choice(list(CONTENTS))
        record: dict[str, Any] = {
            "name": pick.choice(NAMES),
            "type": rdtype,
            "content": pick.choice(CONTENTS[rdtype]),
        }
        if pick.random() < 0.3:
            record["priority"] = pick.choice([0, 10, 65535])
        records.append(record)
    answers = {
        "address": CONTENTS["A"] + CONTENTS["AAAA"],
        "cname": CONTENTS["CNAME"],
        "redirect": HOST_TARGETS,
    }
    hosts: dict[str, Any] = {"@": {"address": "192.0.2.1"}}
    for _ in range(pick.randint(0, 2)):
        kind = pick.choice(list(answers))
        hosts[pick.choice(NAMES)] = {kind: pick.choice(answers[kind]), "proxied": pick.random() < 0.8}
    redirects = [
        {"from": pick.choice(SOURCES), "to": pick.choice(TARGETS), "keep_query": pick.random() < 0.7}
        for _ in range(pick.randint(0, 1))
    ]
    email = pick.choice(EMAILS)
    return {
        "domain": "acme.example",
        "hosts": hosts,
        "records": records,
        "redirects": redirects,
        "email": email,
    }


@pytest.mark.parametrize("seed", range(4))
def test_what_lints_without_errors_can_be_declared(seed: int) -> None:
    pick = random.Random(seed)
    clean = 0
    for _ in range(600):
        values = candidate(pick)
        try:
            model = ClientFile.model_validate(values)
        except ValidationError:
            continue
        if not any(p.level is Level.ERROR for p in lint(model, today=TODAY)):
            clean += 1
            assert declare(model).records is not None, values
    assert clean > 25  # or the test tries nothing
