"""The forwarder over a real portal, and whole runs of schemathesis where it matters."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from launchready import checklist
from launchready.checklist.registry import Registry
from launchready.evidence import store
from launchready.evidence.fuzz import child, forwarder
from launchready.evidence.fuzz.description import SESSION_HEADER
from launchready.evidence.fuzz.forwarder import Forwarder
from launchready.verify import Verification
from tests.bad_twins.fuzz_twins import fuzzed
from tests.bad_twins.harness import Twin, stage
from tests.bad_twins.portals import with_portal

CHECKS = ("input_validation.fuzz.errors", "input_validation.fuzz.rejection", "authz.fuzz.auth")
FINISHED = child.Report((), {}, (), finished=False)


async def verified(values: dict[str, Any], *kinds: str, ask: bool = True) -> Verification:
    registry = Registry({name: checklist.load().checks[name] for name in CHECKS})
    async with stage() as scene:
        breaks = fuzzed(*kinds) if ask else None
        return await scene.verification(Twin(values, frozenset(), breaks), registry)


def statuses(found: Verification) -> set[tuple[str, str]]:
    return {(finding.check.rpartition(".")[2], str(finding.status)) for finding in found.findings}


async def test_only_the_mark_opens_the_session_and_only_the_secret_room_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: dict[str, Any] = {}
    forwarders: list[Forwarder] = []

    class Watched(Forwarder):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            forwarders.append(self)

    monkeypatch.setattr(forwarder, "Forwarder", Watched)

    async def run(directory: Any, document: Any, url: str, mark: str, examples: int) -> child.Report:
        async with aiohttp.ClientSession() as session:

            async def ask(where: str, **options: Any) -> tuple[int, dict[str, str]]:
                async with session.get(where, allow_redirects=False, **options) as answer:
                    return answer.status, dict(answer.headers)

            seen["mark"] = await ask(f"{url}/api/me", headers={SESSION_HEADER: mark})
            seen["wrong"] = await ask(f"{url}/api/me", headers={SESSION_HEADER: "x"})
            seen["none"] = await ask(f"{url}/api/me")
            seen["room"] = await ask(url.rpartition("/")[0] + "/api/me", headers={SESSION_HEADER: mark})
            seen["host"] = await ask(
                f"{url}/api/me", headers={SESSION_HEADER: mark, "Host": "elsewhere.example"}
            )
            seen["absolute"] = await ask(f"{url}//elsewhere.example/x", headers={SESSION_HEADER: mark})
        return FINISHED

    monkeypatch.setattr(child, "run", run)
    found = await verified(with_portal(openapi="/openapi.json"))
    assert {name: status for name, (status, _) in seen.items()} == {
        "mark": 200, "wrong": 401, "none": 401, "room": 404, "host": 200, "absolute": 404,
    }  # fmt: skip
    assert not any(
        name.lower() in ("set-cookie", "location") for _, headers in seen.values() for name in headers
    )
    (one,) = forwarders
    kept = json.dumps(store.to_json(found.evidence))
    for secret in (*one.visitor.cookies.values(), one.mark, one.room):
        assert secret
        assert secret not in kept
    assert one.mark not in repr(one)
    assert statuses(found) == {(name, "inconclusive") for name in ("errors", "rejection", "auth")}


async def test_without_being_asked_nothing_is_sent_and_nothing_judged() -> None:
    found = await verified(with_portal(openapi="/openapi.json"), ask=False)
    assert {status for _, status in statuses(found)} == {"not_applicable"}
    assert not any(name.startswith("portal:") for name in found.evidence.results)
    assert str(found.verdict) in ("ready", "Verdict.READY")


async def test_without_a_description_it_does_not_apply() -> None:
    assert {status for _, status in statuses(await verified(with_portal(openapi=None)))} == {"not_applicable"}


async def test_without_schemathesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "installed", lambda: False)
    found = await verified(with_portal(openapi="/openapi.json"))
    assert {status for _, status in statuses(found)} == {"inconclusive"}
    assert all("launchready[fuzz]" in finding.observed for finding in found.findings)


@pytest.mark.slow
async def test_a_run_stays_within_its_share_of_the_budget_and_says_when_it_is_not_enough() -> None:
    found = await verified(with_portal(openapi="/openapi.json", budget=40))
    assert {status for _, status in statuses(found)} == {"inconclusive"}
    assert all("portal.budget" in finding.observed for finding in found.findings)
    (result,) = found.evidence.results["portal:fuzz"]
    assert sum(result.facts["statuses"].values()) <= 24
