"""`launch spf flatten` and `launch dmarc next`, as a user runs them, against an edge on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import pytest_asyncio

from launchready.client_file import read
from launchready.declared import declare
from launchready.edge.api import Limits as ApiLimits
from launchready.edge.process import Edge, EdgeOptions, serve
from tests.bad_twins.email_auth_twins import KEY, TOKEN
from tests.bad_twins.email_auth_twins import serve as put
from tests.bad_twins.provision import Api, provision

pytestmark = [pytest.mark.edge, pytest.mark.slow]

CLIENT = f"""\
config:
  launchready:domain: acme.example
  # the senders, and why
  launchready:email:
    senders:
      - google
      - {{name: own, spf: ["include:own.acme.example"]}}   # the shop
      - ses
    receive: google
    dkim:
      google: {{public_key: "{KEY}"}}
      {TOKEN}: {{cname: {TOKEN}.dkim.amazonses.com}}
    spf: {{flatten: [own]}}
    dmarc: {{stages: [{{policy: quarantine, until: 2030-01-31}}, reject]}}
  launchready:records:
    - {{name: own, type: TXT, content: "v=spf1 -ip4:192.0.2.3 ip4:192.0.2.0/30 ~all"}}
  launchready:tls: {{dnssec: false}}
"""
Launch = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text((root / "Pulumi.yaml").read_text())
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(CLIENT)
    return tmp_path


@pytest_asyncio.fixture
async def edge(project: Path) -> AsyncIterator[Edge]:
    """An edge that serves the client; its document is edge.json in the project."""
    running = await serve(EdgeOptions(dir=project / "edge", limits=ApiLimits(requests=0, per_second=0)))
    try:
        async with aiohttp.ClientSession() as session:
            client = read(project / "stacks" / "Pulumi.acme.yaml").client
            await provision(Api(running.document(), session), declare(client))
        yield running
    finally:
        await running.close()


def serve_own(edge: Edge, text: str) -> None:
    (zone,) = edge.state.zones.values()
    put("own.acme.example", "TXT", text)(zone)
    edge.state.changed()


@pytest.fixture
def launch(project: Path, edge: Edge) -> Launch:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}

    async def run(*arguments: str) -> tuple[int, str, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "launchready.cli", *arguments, "--edge", str(project / "edge"),
            cwd=project, env=clean, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode or 0, out.decode(), err.decode()

    return run


def follows(root: Path, name: str, text: str) -> Any:
    document = json.loads(text)
    schema = json.loads((root / "launchready" / "cli" / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


async def test_flattening_is_written_found_fresh_and_found_stale(
    launch: Launch, project: Path, edge: Edge, root: Path
) -> None:
    path = project / "stacks" / "Pulumi.acme.yaml"
    code, out, _ = await launch("spf", "flatten", "acme", "--check")
    assert (code, path.read_text()) == (1, CLIENT)
    assert "not flattened yet" in out
    code, out, _ = await launch("spf", "flatten", "acme", "--json")
    document = follows(root, "spf-flatten", out)
    assert code == 0
    assert document["written"]
    assert document["lookups"] == {"unflattened": 2, "flattened": 1, "limit": 10}
    taken = read(path).client.spf_flattened
    assert taken is not None
    assert taken.includes == {"own.acme.example": ("ip4:192.0.2.0/31", "ip4:192.0.2.2")}
    assert "# the senders, and why" in path.read_text()
    code, out, _ = await launch("spf", "flatten", "acme", "--check")
    assert code == 0, out
    written = path.read_text()
    serve_own(edge, "v=spf1 ip4:192.0.2.0/31 ip4:192.0.2.9 ~all")
    code, out, _ = await launch("spf", "flatten", "acme", "--check", "--json")
    (include,) = follows(root, "spf-flatten", out)["includes"]
    assert (code, path.read_text()) == (1, written)
    assert (include["lost"], include["extra"]) == (["ip4:192.0.2.9"], ["ip4:192.0.2.2"])
    code, out, _ = await launch("spf", "flatten", "acme")
    assert code == 0
    assert "+ ip4:192.0.2.9" in out
    assert "- ip4:192.0.2.2" in out
    assert "wrote" in out


async def test_what_dns_cannot_tell_is_never_written(launch: Launch, project: Path, edge: Edge) -> None:
    path = project / "stacks" / "Pulumi.acme.yaml"
    serve_own(edge, "v=spf1 include:unheard-of.example.org ~all")
    code, _, err = await launch("spf", "flatten", "acme")
    assert code == 3
    assert "SERVFAIL" in err
    serve_own(edge, "v=spf1 include:gone.acme.example ~all")
    code, _, err = await launch("spf", "flatten", "acme", "--check")
    assert code == 3
    assert "gone.acme.example: no SPF record" in err
    assert "Traceback" not in err
    assert path.read_text() == CLIENT


REPORT = """<?xml version="1.0" encoding="UTF-8"?>
<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">
 <report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email>
  <report_id>1</report_id><date_range><begin>{begin}</begin><end>{end}</end></date_range></report_metadata>
 <policy_published><domain>acme.example</domain><p>quarantine</p></policy_published>
 <record><row><source_ip>74.125.0.1</source_ip><count>90</count>
  <policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>
  <identifiers><header_from>acme.example</header_from></identifiers><auth_results/></record>
 <record><row><source_ip>203.0.113.77</source_ip><count>3</count>
  <policy_evaluated><disposition>quarantine</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>
  <identifiers><header_from>acme.example</header_from></identifiers>
  <auth_results><spf><domain>{spf}</domain><result>pass</result></spf></auth_results></record>
</feedback>
"""
BEGIN = 1_793_500_000


def report(spf: str, days: int) -> bytes:
    return REPORT.format(spf=spf, begin=BEGIN, end=BEGIN + 86_400 * (days - 1)).encode()


async def test_the_next_stage_says_what_must_be_true_first(
    launch: Launch, project: Path, edge: Edge, root: Path
) -> None:
    code, out, _ = await launch("dmarc", "next", "acme", "--json")
    document = follows(root, "dmarc-next", out)
    assert code == 3
    assert (document["present"]["policy"], document["next"]["policy"]) == ("quarantine", "reject")
    open_ = [c["source"] for c in document["conditions"] if c["met"] != "met"]
    assert open_ == ["reports"]
    reports = project / "reports"
    reports.mkdir()
    (reports / "one.xml.gz").write_bytes(gzip.compress(report("forwarder.example", 20)))
    code, out, _ = await launch("dmarc", "next", "acme", "--reports", str(reports))
    assert code == 0, out
    assert "set launchready:email.dmarc.policy to reject" in out
    (reports / "two.xml").write_bytes(report("amazonses.com", 1))
    code, out, _ = await launch("dmarc", "next", "acme", "--reports", str(reports))
    assert code == 1
    assert "3 from 203.0.113.77 (ses)" in out


async def test_a_key_that_is_gone_keeps_the_stage_from_being_next(
    launch: Launch, project: Path, edge: Edge
) -> None:
    (zone,) = edge.state.zones.values()
    put("google._domainkey.acme.example", "TXT")(zone)
    edge.state.changed()
    (project / "r.xml").write_bytes(report("forwarder.example", 20))
    code, out, _ = await launch("dmarc", "next", "acme", "--reports", str(project / "r.xml"))
    assert code == 1
    assert "NO   every DKIM selector serves a key" in out
