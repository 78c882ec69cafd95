"""Whole runs against a local edge: the document, replay, waivers, a domain without a file, lean imports."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import pytest_asyncio

from launchready import checklist
from launchready.checklist.registry import ROWS
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.errors import InputError, LaunchreadyError
from launchready.evidence import store
from launchready.report import schema
from launchready.verify import Verification, verify, verify_public
from tests.bad_twins.clients import APP, DOMAIN, client
from tests.bad_twins.email_auth_twins import MAILS
from tests.bad_twins.harness import LIMITS, Scene, Stage, Twin, stage
from tests.bad_twins.provision import provision

pytestmark = [pytest.mark.edge, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene() -> AsyncIterator[Stage]:
    async with stage() as running:
        yield running


async def forced_off(scene: Scene) -> None:
    await scene.api.set(scene.zone_id, "always_use_https", "off")


async def unforced(scene: Stage, **changes: object) -> Verification:
    return await scene.verification(Twin(client(**changes), frozenset(), forced_off), checklist.load())


def facts(verification: Verification) -> list[tuple[object, ...]]:
    return [(f.check, f.status, f.subject, f.expected, f.observed, f.cause) for f in verification.findings]


async def test_a_good_client_gives_a_document_that_keeps_its_schema(scene: Stage) -> None:
    verification = await scene.verification(Twin(client(), frozenset()), checklist.load())
    document = verification.to_json()
    jsonschema.validate(document, schema())
    assert (document["verdict"], document["target"], verification.exit_code) == ("ready", "edge", 0)
    covered = {check.row for check in checklist.load()}
    assert [row["row"] for row in document["rows"]] == [row for row in ROWS if row in covered]
    assert document["not_checked"] == [row for row in ROWS if row not in covered]
    assert any("portal: none" in note for note in document["notes"])


async def test_a_failure_names_check_subject_key_and_advice(scene: Stage) -> None:
    verification = await unforced(scene)
    jsonschema.validate(verification.to_json(), schema())
    found = next(f for f in verification.failures if f.check == "tls.https.forced" and f.subject == APP)
    assert verification.verdict == "not_ready"
    assert verification.exit_code == 1
    assert found.fix is not None
    assert found.fix.key == "launchready:tls.always_https"
    assert f"http:GET:http://{APP}/" in found.evidence


async def test_saved_evidence_is_judged_the_same_without_a_network(scene: Stage, tmp_path: Path) -> None:
    verification = await unforced(scene)
    store.save(verification.evidence, tmp_path / "evidence.json")
    again = await verify(
        ClientFile.model_validate({"client": "twin", **client()}), edge=None,
        replay=store.load(tmp_path / "evidence.json"),
    )  # fmt: skip
    assert facts(again) == facts(verification)
    assert (again.verdict, again.score, again.target) == (verification.verdict, verification.score, "edge")
    assert again.started == verification.started


async def test_evidence_of_another_domain_is_refused(scene: Stage) -> None:
    verification = await unforced(scene)
    other = ClientFile(domain="other.example", client="other")
    with pytest.raises(InputError, match=r"acme\.example"):
        await verify(other, edge=None, replay=verification.evidence)


async def test_evidence_that_lacks_something_proves_nothing_about_it(scene: Stage) -> None:
    evidence = (await scene.verification(Twin(client(), frozenset()), checklist.load())).evidence
    kept = {key: value for key, value in evidence.results.items() if not key.startswith(f"tls:{APP}")}
    again = await verify(
        ClientFile.model_validate(client()),
        edge=None,
        replay=replace(evidence, results=kept),
        only="tls.chain.valid",
    )
    assert {(f.subject, f.status.value, f.cause) for f in again.findings if f.subject == APP} == {
        (APP, "inconclusive", "NOT_PROBED")
    }
    assert again.exit_code == 3


async def test_waived_failures_do_not_count_and_are_shown(scene: Stage) -> None:
    reason = {"reason": "moves next week", "until": "2999-01-01"}
    checks = ("tls.https.forced", "redirects.https_first")
    verification = await unforced(scene, waivers=[{"check": check, **reason} for check in checks])
    assert verification.verdict == "ready"
    waived = [f for f in verification.findings if f.status == "waived"]
    assert {f.check for f in waived} == set(checks)
    assert verification.to_json()["findings"][verification.findings.index(waived[0])]["waiver"] == reason


async def test_an_expired_waiver_counts_again(scene: Stage) -> None:
    waiver = {"check": "tls.https.forced", "reason": "moves next week", "until": "2020-01-01"}
    verification = await unforced(scene, waivers=[waiver])
    assert verification.verdict == "not_ready"
    assert any("expired" in note for note in verification.notes)


async def test_a_name_server_that_is_silent_leaves_the_launch_unproven(scene: Stage) -> None:
    async def silent(scene: Scene) -> None:
        scene.defect("dns.timeout", "ns1")

    twin = Twin(client(), frozenset(), silent, rows=("dns",))
    quick = replace(LIMITS, dns_timeouts=(0.3,), dns_give_up_after=1)
    verification = await scene.verification(twin, checklist.load(), limits=quick)
    served = [f for f in verification.findings if f.check == "dns.record.served"]
    assert verification.verdict == "unproven"
    assert {(f.status.value, f.cause, f.fix) for f in served} == {("inconclusive", "TIMEOUT", None)}


@pytest_asyncio.fixture(loop_scope="module")
async def public(scene: Stage) -> AsyncIterator[Stage]:
    values = ClientFile.model_validate({"client": "twin", **client(email=MAILS)})
    zone_id = await provision(scene.api, declare(values))
    yield scene
    await scene.clear(zone_id)


async def test_a_domain_without_a_client_file_is_checked_for_what_is_public(public: Stage) -> None:
    verification = await verify_public("ACME.example.", edge=public.edge.document(), limits=LIMITS)
    document = verification.to_json()
    jsonschema.validate(document, schema())
    assert (document["client"], document["domain"], document["verdict"]) == (None, DOMAIN, "ready")
    assert {c.id for c in checklist.load() if not c.public}.isdisjoint(f.check for f in verification.findings)
    replayed = await verify_public(DOMAIN, replay=verification.evidence)
    assert facts(replayed) == facts(verification)


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("https://acme.example", "is no domain"),
        ("a b", "is no domain"),
        (f"www.{DOMAIN}", f"verify {DOMAIN}"),
    ],
)
async def test_what_is_no_zone_is_bad_input(public: Stage, domain: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        await verify_public(domain, edge=public.edge.document(), limits=LIMITS)
    assert words in str(caught.value)


async def test_a_resolver_that_fails_is_not_bad_input(public: Stage) -> None:
    with pytest.raises(LaunchreadyError) as caught:
        await verify_public("unknown.invalid-tld", edge=public.edge.document(), limits=LIMITS)
    assert not isinstance(caught.value, InputError)
    assert caught.value.exit_code == 3


async def test_an_incomplete_edge_document_is_bad_input() -> None:
    with pytest.raises(InputError, match="resolver"):
        await verify(ClientFile(domain=DOMAIN), edge={"connect": {}})


async def test_progress_is_told() -> None:
    told: list[tuple[str, int, int]] = []
    async with stage() as own:
        values = ClientFile.model_validate(client())
        await provision(own.api, declare(values))
        await verify(
            values, edge=own.edge.document(), only="dns.hosts.resolve", limits=LIMITS,
            progress=lambda *step: told.append(step),
        )  # fmt: skip
    assert told
    assert told[-1][1] == told[-1][2]


async def test_verifying_imports_neither_the_engine_nor_the_clouds() -> None:
    program = (
        "import sys, json, launchready.verify, launchready.report, launchready.checklist as c; c.load();"
        "print(json.dumps([m for m in sys.modules if m in "
        "('pulumi', 'boto3', 'moto', 'aiohttp', 'httpx', 'cloudflare', 'jinja2', 'launchready.edge')]))"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []
