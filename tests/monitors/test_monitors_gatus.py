"""The configuration of Gatus: what is declared, in Gatus's own keys, with no secret in it."""

from __future__ import annotations

import os
import string
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from launchready.cli.app import app
from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.declared import Declared, declare
from launchready.errors import InputError
from launchready.monitors.gatus import ENVIRONMENT, HEADER, render

ENDPOINT_KEYS = {
    "enabled", "name", "group", "url", "method", "conditions", "interval", "headers", "alerts", "client",
}  # fmt: skip
"""Of README.md, "Endpoints"."""
EMAIL_KEYS = {"from", "username", "password", "host", "port", "to", "default-alert", "client", "overrides"}
SLACK_KEYS = {"webhook-url", "default-alert", "overrides"}
ALERT_KEYS = {
    "type", "enabled", "failure-threshold", "success-threshold", "send-on-resolved", "description",
}  # fmt: skip
PLACEHOLDERS = ("[STATUS]", "[RESPONSE_TIME]", "[CERTIFICATE_EXPIRATION]", "[DOMAIN_EXPIRATION]", "[BODY]")
WEBHOOK = "https://hooks.slack.example/services/T/B/secret"


def declared(**monitors: Any) -> Declared:
    given = {
        "paths": ["/", "/login"],
        "notify": {"email": ["a@acme.example", "b@acme.example"], "slack": Secret("v1:x:y", lambda: WEBHOOK)},
        **monitors,
    }
    values = {"client": "acme", "domain": "acme.example", "hosts": {"@": {"address": "203.0.113.10"}}}
    return declare(ClientFile.model_validate({**values, "monitors": given}))


def filled(text: str, **values: str) -> Any:
    """The file as Gatus reads it: its environment first, then YAML."""
    known = {**dict.fromkeys(ENVIRONMENT, "x"), **values}
    return yaml.safe_load(string.Template(text).substitute(known))


def test_every_declared_url_is_an_endpoint_with_what_it_must_answer() -> None:
    found = filled(render(declared(endpoints=[{"path": "/health", "expect": 204, "contains": "all good"}])))
    by_url = {one["url"]: one for one in found["endpoints"][:-1]}
    assert set(by_url) == {f"https://acme.example/{path}" for path in ("", "login", "health")}
    conditions = by_url["https://acme.example/health"]["conditions"]
    assert conditions[0] == "[STATUS] == 204"
    assert "[BODY] == pat(*all good*)" in conditions
    assert any(condition.startswith("[RESPONSE_TIME] < ") for condition in conditions)
    assert "[CERTIFICATE_EXPIRATION] > 336h" in conditions
    assert by_url["https://acme.example/"]["conditions"][:2] == ["[STATUS] >= 200", "[STATUS] < 400"]
    registration = found["endpoints"][-1]
    assert registration["conditions"] == ["[DOMAIN_EXPIRATION] > 720h"]
    assert registration["interval"] == "12h", "Gatus refuses less than five minutes here"


def test_only_keys_and_placeholders_that_gatus_documents_are_used() -> None:
    found = filled(render(declared()))
    assert set(found) == {"alerting", "endpoints"}
    assert set(found["alerting"]["email"]) <= EMAIL_KEYS
    assert set(found["alerting"]["slack"]) <= SLACK_KEYS
    assert found["alerting"]["email"]["to"] == "a@acme.example,b@acme.example"
    for endpoint in found["endpoints"]:
        assert set(endpoint) <= ENDPOINT_KEYS
        assert {key for alert in endpoint["alerts"] for key in alert} <= ALERT_KEYS
        assert {alert["type"] for alert in endpoint["alerts"]} == {"email", "slack"}
        assert all(condition.startswith(PLACEHOLDERS) for condition in endpoint["conditions"])


def test_secrets_are_left_to_the_environment_whatever_is_in_them() -> None:
    text = render(declared())
    assert WEBHOOK not in text
    found = filled(text, GATUS_MAIL_PASSWORD='p#: {"x', GATUS_SLACK_WEBHOOK=WEBHOOK)
    assert found["alerting"]["email"]["password"] == 'p#: {"x'
    assert found["alerting"]["slack"]["webhook-url"] == WEBHOOK
    assert all(name in text.split("alerting:")[0] for name in ENVIRONMENT), "what to set is said on top"


def test_what_gatus_would_take_for_its_own_signs_is_escaped() -> None:
    found = filled(render(declared(paths=["/"], endpoints=[{"path": "/a$b", "contains": "1 == [2]* $3"}])))
    endpoint = found["endpoints"][1]
    assert endpoint["url"] == "https://acme.example/a$b"
    assert endpoint["conditions"][-1] == r"[BODY] == pat(*1 ?? \[2]\* $3*)"


def test_without_monitors_it_says_what_to_declare() -> None:
    with pytest.raises(InputError, match="no monitors"):
        render(declare(ClientFile.model_validate({"domain": "acme.example", "monitors": "none"})))


def test_the_command_writes_its_own_file_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "Pulumi.yaml").write_text("name: launchready\nruntime: python\n")
    (tmp_path / "stacks" / "Pulumi.acme.yaml").write_text(
        "config:\n  launchready:domain: acme.example\n"
        '  launchready:hosts: {"@": {address: 203.0.113.10}}\n'
        "  launchready:monitors: {provider: gatus, notify: {email: [a@acme.example]}}\n"
    )
    monkeypatch.chdir(tmp_path)
    command = ["monitors", "gatus", "acme"]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    target = tmp_path / "gatus.yaml"
    for _ in range(2):
        assert CliRunner().invoke(app, [*command, "-o", str(target)]).exit_code == 0
    assert target.read_text().startswith(HEADER)
    target.write_text("mine")
    refused = CliRunner().invoke(app, [*command, "-o", str(target)])
    assert isinstance(refused.exception, InputError)
    assert target.read_text() == "mine"
    assert os.listdir(tmp_path / "stacks") == ["Pulumi.acme.yaml"]
