"""A portal's description made ready, and what schemathesis's report says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file.portal_model import Portal
from launchready.edge.portal.openapi import describe
from launchready.evidence.fuzz import child
from launchready.evidence.fuzz.description import SESSION_HEADER, Unusable, prepare
from tests.bad_twins.harness import opened
from tests.bad_twins.portals import PORTAL

BASE = "http://127.0.0.1:9/room"


def portal(**changes: Any) -> Portal:
    return Portal.model_validate(opened({**PORTAL, "openapi": "/openapi.json", **changes}))


def document(**paths: Any) -> dict[str, Any]:
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths}


def test_what_locks_mails_or_logs_out_is_left_out() -> None:
    ready = prepare(describe(portal()), portal(), BASE, deletes=True)
    assert set(ready.operations) == {
        "GET /api/me", "GET /api/invoices", "GET /api/invoices/{id}", "PATCH /api/invoices/{id}",
        "GET /api/documents/{id}", "POST /api/onboarding/company",
    }  # fmt: skip
    assert {"POST /api/login", "POST /api/logout", "POST /api/reset", "POST /api/signup"} <= set(
        ready.left_out
    )
    assert ready.document["servers"] == [{"url": BASE}]


def test_declared_ids_and_one_way_to_log_in_are_filled_in_and_the_given_document_stays() -> None:
    given = describe(portal())
    before = json.dumps(given)
    ready = prepare(given, portal(), BASE, deletes=True)
    (parameter,) = ready.document["paths"]["/api/invoices/{id}"]["get"]["parameters"]
    assert parameter["example"] == "inv-1"
    schemes = ready.document["components"]["securitySchemes"].values()
    assert [scheme["name"] for scheme in schemes] == [SESSION_HEADER]
    assert json.dumps(given) == before


def test_a_server_with_a_path_of_its_own_is_kept_and_servers_elsewhere_are_not() -> None:
    operation = {"responses": {}, "servers": [{"url": "https://elsewhere.example"}]}
    given = document(**{"/x/{name}": {"get": operation, "delete": {"responses": {}}}})
    given["servers"] = [{"url": "/v2"}]
    ready = prepare(given, portal(), BASE, deletes=False)
    assert ready.operations == ("GET /v2/x/{name}",)
    assert ready.left_out == ("DELETE /v2/x/{name}",)
    assert "elsewhere" not in json.dumps(ready.document)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "no OpenAPI 3 document"),
        ([], "no OpenAPI 3 document"),
        ({"swagger": "2.0"}, "no OpenAPI 3 document"),
        ({"openapi": "3.1.0"}, "no paths"),
        (document(), "nothing that may be tried"),
        (document(**{"/x": []}), "no object"),
        (document(**{"/x": {"get": {"$ref": "https://elsewhere.example/a.json"}}}), "other documents"),
        (document(**{"/x": {"get": {"$ref": "file:///etc/passwd"}}}), "other documents"),
        (document(**{f"/x{n}": {"get": {}} for n in range(101)}), "more than 100"),
        (document(**{"/api/invoices/{n}": {"get": {}, "parameters": 7}}), "no list"),
    ],
)
def test_what_can_not_be_used_is_refused(given: object, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        prepare(given, portal(), BASE, deletes=True)


def test_a_report_is_read_without_what_was_sent_or_answered(tmp_path: Path) -> None:
    failure = {"message": "Invalid data\nInvalid component: in body - seats: Incorrect type\nsecret"}
    recorder = {
        "label": "POST /a",
        "checks": {
            "1": [
                {
                    "name": "negative_data_rejection",
                    "status": "failure",
                    "failure_info": {"failure": failure},
                },
                {"name": "ignored_auth", "status": "success"},
                {"name": "other", "status": "failure"},
            ]
        },
        "interactions": {"1": {"response": {"status_code": 200, "body": "secret"}}, "2": {"response": None}},
    }
    lines = [
        {"ScenarioFinished": {"recorder": recorder}},
        {"ScenarioFinished": {"recorder": recorder}},
        {"NonFatalError": {"label": "GET /b", "value": {"type": "Timeout", "message": "secret"}}},
        {"EngineFinished": {}},
    ]
    report = tmp_path / "report.ndjson"
    report.write_text("\n".join(json.dumps(line) for line in lines) + "\n{broken")
    found = child.parsed(report, finished=True)
    assert found.failures == (
        child.Failure("negative_data_rejection", "POST /a", 200, "in body - seats: Incorrect type"),
    )
    assert found.cases == {"POST /a": 4}
    assert found.errors == ("GET /b: Timeout",)
    assert found.finished
    assert "secret" not in repr(found)


def test_no_report_is_no_finished_run(tmp_path: Path) -> None:
    assert not child.parsed(tmp_path / "none", finished=True).finished
