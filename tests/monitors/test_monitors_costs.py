"""What a launch costs a month: every declared thing is counted, every price has its page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from launchready.cli.app import app
from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.costs import Estimate, estimate, render, to_document
from launchready.costs.estimate import names, price
from launchready.declared import declare

OWNERS = {"email": ["a@acme.example"], "sms": ["+14155550100"], "slack": Secret("v1:x:y", str)}
ERRORS = {"namespace": "a", "metric": "b", "threshold": 1}


def cost(**changes: Any) -> Estimate:
    values = {
        "client": "acme",
        "domain": "acme.example",
        "hosts": {
            "@": {"address": "203.0.113.10"},
            "direct": {"cname": "lb.eu-west-1.elb.amazonaws.com", "proxied": False},
        },
    }
    return estimate(declare(ClientFile.model_validate({**values, **changes})))


def counted(found: Estimate) -> dict[str, int]:
    return {line.what: line.quantity for line in found.lines}


def test_nothing_declared_costs_nothing() -> None:
    assert cost().monthly == 0
    assert "nothing" in render(cost(), "acme")
    assert cost(monitors={"provider": "gatus", "notify": {"email": ["a@acme.example"]}}).lines == ()


def test_each_option_of_each_health_check_is_counted() -> None:
    found = cost(
        monitors={
            "hosts": ["@", "direct"],
            "paths": ["/", "/login"],
            "endpoints": [{"path": "/health", "contains": "fine"}],
            "interval": "10s",
            "notify": OWNERS,
            "errors": ERRORS,
        }
    )
    assert counted(found) == {
        "Route 53 health checks outside AWS": 3,
        "– HTTPS outside AWS": 3,
        "– string matching outside AWS": 1,
        "– every 10 s instead of 30 outside AWS": 3,
        "Route 53 health checks in AWS": 2,
        "– HTTPS in AWS": 2,
        "– every 10 s instead of 30 in AWS": 2,
        "CloudWatch alarms": 7,
        "metric of certificates' days": 1,
        "mails to owners, 20 alerts": 20,
        "posts to Slack, 20 alerts": 20,
    }
    assert found.monthly == sum(line.price.each * line.quantity for line in found.lines)
    assert 22.25 < found.monthly < 22.26
    assert [one.what for one in found.unknown] == ["SMS to 1 owners"]


def test_thirty_seconds_cost_no_extra() -> None:
    found = counted(cost(monitors={"notify": OWNERS, "errors": ERRORS}))
    assert not [what for what in found if "every 10 s" in what]


def test_variables_secrets_and_keys_are_counted() -> None:
    sealed = {"secret": Secret("v1:AAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAA", str), "scope": "server"}
    variables = {"PUBLIC": {"value": "x" * 5000, "scope": "server"}, "A": sealed, "B": sealed}
    ssm = counted(cost(environment={"target": "ssm", "variables": variables}))
    assert ssm == {"SSM standard parameters": 2, "SSM advanced parameters": 1, "KMS key of this client": 1}
    manager = cost(environment={"target": "secretsmanager", "kms": "aws", "variables": variables})
    assert counted(manager) == {
        "SSM advanced parameters": 1,
        "Secrets Manager secrets": 2,
        "KMS key that AWS manages": 1,
    }
    assert float(manager.monthly) == pytest.approx(0.05 + 2 * 0.4)
    assert any("reads" in one.what for one in manager.unknown)


def test_every_price_has_a_page_and_a_unit(root: Path) -> None:
    assert len(names()) > 10
    for name in names():
        found = price(name)
        assert found.page.startswith("aws.amazon.com/")
        assert found.unit
        assert found.each >= 0
    table = json.loads((root / "launchready" / "aws" / "prices.json").read_text())
    assert set(table) == {"dated", "currency", "region", "note", "prices"}


def test_the_text_says_sum_sources_and_what_is_not_known() -> None:
    text = render(cost(monitors={"notify": OWNERS, "errors": ERRORS}), "acme")
    assert "USD a month" in text
    assert "aws.amazon.com/route53/pricing" in text
    assert "not known beforehand" in text
    assert "SMS" in text


def test_the_document_follows_its_schema(root: Path) -> None:
    schema = json.loads((root / "launchready" / "costs" / "plan_cost.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for found in (cost(), cost(monitors={"notify": OWNERS, "errors": ERRORS})):
        document = to_document(found, "acme", "acme.example")
        jsonschema.validate(document, schema)
        assert document["monthly"] == pytest.approx(sum(line["monthly"] for line in document["lines"]))


def test_the_command_prints_one_document(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    done = CliRunner().invoke(app, ["plan-cost", "example", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["schema"] == "launchready.plan_cost/1"
