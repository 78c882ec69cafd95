"""A second opinion: checkdmarc asks the same name servers, and counts and reads the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import dns.resolver
import pytest

from launchready.client_file.model import ClientFile
from launchready.mailauth import dmarc, spf
from launchready.mailauth.dns import Answer
from launchready.mailauth.presets import PRESETS, world_records
from tests.bad_twins.email_auth_twins import DMARC_OK, DOMAIN, client, txt
from tests.checklist_email.test_checklist_email_twins import edge, served_zone

checkdmarc_spf = pytest.importorskip("checkdmarc.spf")
checkdmarc_dmarc = pytest.importorskip("checkdmarc.dmarc")

INCLUDES = sorted(preset.spf_include for preset in PRESETS.values() if preset.spf_include)
RECORDS = [
    *(f"v=spf1 include:{name} -all" for name in INCLUDES),
    "v=spf1 " + " ".join(f"include:{name}" for name in INCLUDES if name != "mailgun.org") + " ~all",
    "v=spf1 mx include:_spf.google.com -all",
    "v=spf1 ip4:198.51.100.7 ip6:2001:db8::/32 -all",
    "v=spf1 redirect=_spf.google.com",
]


def in_world(name: str, rdtype: str) -> Answer:
    """The presets' names, and the client's MX."""
    known = {**world_records(), DOMAIN: {"MX": ["1 smtp.google.com."]}}
    return Answer(tuple(known.get(name, {}).get(rdtype, ())))


async def test_spf_lookups_are_counted_like_checkdmarc_does(tmp_path: Path) -> None:
    zone = served_zone(ClientFile.model_validate(client({"senders": ["google"], "receive": "google"})))
    async with edge(zone, tmp_path) as document:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], int(document["resolver"].rpartition(":")[2])
        for record in RECORDS:
            theirs = await asyncio.to_thread(
                checkdmarc_spf.parse_spf_record,
                record,
                DOMAIN,
                resolver=resolver,
                ignore_too_many_lookups=True,
            )

            def lookup(name: str, rdtype: str, record: str = record) -> Answer:
                return Answer((record,)) if (name, rdtype) == (DOMAIN, "TXT") else in_world(name, rdtype)

            tree = spf.tree(DOMAIN, lookup)
            assert (record, tree.lookups, tree.void4) == (
                record, theirs["dns_lookups"], theirs["void_dns_lookups"],
            )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        DMARC_OK,
        "v=DMARC1; p=reject; sp=none; np=quarantine; t=y; psd=n",
        "v=DMARC1; p=none; rua=mailto:a@acme.example,mailto:b@acme.example; ruf=mailto:c@acme.example; fo=1",
        "v=DMARC1;p=quarantine;adkim=s;aspf=r;pct=50",
    ],
)
async def test_dmarc_tags_are_read_like_checkdmarc_does(text: str, tmp_path: Path) -> None:
    zone = served_zone(ClientFile.model_validate(client("none", txt("_dmarc", text))))
    async with edge(zone, tmp_path) as document:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], int(document["resolver"].rpartition(":")[2])
        parsed = await asyncio.to_thread(checkdmarc_dmarc.parse_dmarc_record, text, DOMAIN, resolver=resolver)
    theirs = {name: tag["value"] for name, tag in parsed["tags"].items()}
    ours = dmarc.parse(text)
    assert ours.problems == ()
    assert (ours.p, ours.adkim, ours.aspf) == (theirs["p"], theirs["adkim"], theirs["aspf"])
    assert (ours.sp or ours.p, ours.psd) == (theirs["sp"], theirs["psd"])
    assert ours.testing is (theirs["t"] == "y")
    addresses = [entry["address"] for entry in theirs.get("rua", [])]
    assert [uri.removeprefix("mailto:") for uri in ours.rua] == addresses
