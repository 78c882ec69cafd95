"""What the verifier makes of things that are known only after creation, in an edge that serves them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from launchready.checklist import load
from launchready.checklist.registry import REGISTRY, Registry, Status
from launchready.evidence import store
from launchready.verify import Verification, verify
from tests.bad_twins.harness import LIMITS, Scene, Stage, Twin, stage
from tests.bad_twins.mail_created_twins import POLICY, S1, client

WANTED = ("email_auth.dkim.key", "email_auth.dkim.declared", "email_auth.dkim.age", "dns.record.served")


@pytest.fixture
async def on_stage() -> AsyncIterator[Stage]:
    load()
    async with stage() as running:
        yield running


def registry(*ids: str) -> Registry:
    return Registry({check.id: check for check in REGISTRY if check.id in ids or check.row in ids})


def of(found: Verification, subject: str) -> dict[str, Status]:
    return {f.check: f.status for f in found.findings if f.subject.split(" ")[0] == subject}


async def test_without_outputs_a_created_record_is_open_never_missing_never_a_pass(on_stage: Stage) -> None:
    async def unread(scene: Scene) -> None:
        scene.outputs = None  # type: ignore[assignment]

    found = await on_stage.verification(Twin(client(), frozenset(), unread), registry(*WANTED))
    assert of(found, S1) == dict.fromkeys(WANTED, Status.INCONCLUSIVE)
    reasons = {f.observed for f in found.findings if f.subject.split(" ")[0] == S1}
    assert all("output" in reason for reason in reasons)
    assert found.exit_code == 3


async def test_outputs_that_lack_the_key_leave_it_open(on_stage: Stage) -> None:
    async def empty(scene: Scene) -> None:
        scene.outputs.clear()

    found = await on_stage.verification(Twin(client(), frozenset(), empty), registry("email_auth.dkim.key"))
    assert of(found, S1) == {"email_auth.dkim.key": Status.INCONCLUSIVE}
    assert "bring the launch up" in next(f.observed for f in found.findings if f.subject == S1)


async def test_saved_evidence_keeps_the_outputs(on_stage: Stage, tmp_path: Path) -> None:
    kept: dict[str, Any] = {}

    async def keep(scene: Scene) -> None:
        kept["client"] = scene.client

    found = await on_stage.verification(Twin(client(), frozenset(), keep), registry(*WANTED))
    assert of(found, S1) == dict.fromkeys(WANTED, Status.PASS)
    assert found.evidence is not None
    store.save(found.evidence, tmp_path / "evidence.json")
    again = await verify(
        kept["client"],
        edge=None,
        checks=registry(*WANTED),
        replay=store.load(tmp_path / "evidence.json"),
        limits=LIMITS,
    )
    assert of(again, S1) == dict.fromkeys(WANTED, Status.PASS)


async def test_an_edge_without_node_proves_nothing_of_the_policy(on_stage: Stage, tmp_path: Path) -> None:
    on_stage.edge.https.workers._node = tmp_path / "absent"
    checks = ("email_auth.mta_sts.policy", "email_auth.mta_sts.hosts", "email_auth.mta_sts.declared")
    found = await on_stage.verification(Twin(client(**POLICY), frozenset()), registry(*checks))
    statuses = {f.check: (f.status, f.cause) for f in found.findings}
    assert {status for status, _ in statuses.values()} == {Status.INCONCLUSIVE}
    assert {cause.value for _, cause in statuses.values() if cause} == {"NO_RUNTIME"}
    assert "Node 20" in found.findings[0].observed
