"""What monitors declare: which URLs, under which names, whom they wake, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.client_file.base import Secret
from launchready.client_file.canary import CANARY_PREFIX, canary_copy
from launchready.client_file.model import ClientFile
from launchready.client_file.watched import LOG_IN, watched
from launchready.declared import declare
from launchready.declared.monitors import LONGEST_ALARM, Monitoring, slug

HOSTS = {"@": {"address": "203.0.113.10"}, "portal": {"address": "203.0.113.11"}}
PORTAL = {"base": "https://portal.acme.example/app", "login": {"path": "/login"}}
OWNERS = {"email": ["a@acme.example"], "sms": ["+14155550100"]}


def client(name: str = "acme", portal: object = "none", **monitors: Any) -> ClientFile:
    values = {"client": name, "domain": "acme.example", "hosts": HOSTS, "portal": portal}
    return ClientFile.model_validate({**values, "monitors": {"notify": OWNERS, **monitors}})


def declared(name: str = "acme", portal: object = "none", **monitors: Any) -> Monitoring:
    found = declare(client(name, portal, **monitors)).monitoring
    assert found is not None
    return found


def names(found: Monitoring) -> list[str]:
    return [one.name for one in found.monitors]


def test_every_host_is_watched_at_every_path_and_every_endpoint_once() -> None:
    found = declared(
        hosts=["@", "portal.acme.example"], paths=["/", "/a"], endpoints=[{"path": "/a", "contains": "fine"}]
    )
    assert names(found) == [
        "acme.example/", "acme.example/a", "portal.acme.example/", "portal.acme.example/a",
    ]  # fmt: skip
    assert found.monitors[1].contains == "fine", "what an endpoint says of its answer is kept"


def test_a_declared_portal_is_watched_by_itself() -> None:
    assert names(declared(portal=PORTAL)) == [
        "acme.example/", "portal.acme.example/app", "portal.acme.example/app/login",
    ]  # fmt: skip


def test_a_portal_can_be_left_alone_and_an_api_is_not_watched_by_a_get() -> None:
    values = {"client": "acme", "domain": "acme.example", "hosts": HOSTS, "portal": PORTAL}
    quiet = ClientFile.model_validate({**values, "monitors": {"notify": OWNERS, "portal": False}})
    assert [one.name for one in watched(quiet)] == ["acme.example/"]
    api = {**PORTAL, "login": {"path": "/api/login"}}
    assert [one.path for one in watched(client(portal=api))] == ["/", "/app"]


@pytest.mark.parametrize(
    ("path", "is_log_in"),
    [
        ("/login", True), ("/users/sign_in", True), ("/account/log-in", True), ("/wp-login.php", True),
        ("/blogging", False), ("/", False), ("/catalogin", False), ("/design-in", False),
    ],
)  # fmt: skip
def test_a_log_in_page_is_known_by_its_path(path: str, is_log_in: bool) -> None:
    assert bool(LOG_IN.search(path)) is is_log_in


def test_there_is_an_alarm_for_each_url_for_certificates_and_for_errors() -> None:
    found = declared(paths=["/", "/login"], errors={"namespace": "n", "metric": "m", "threshold": 5})
    assert [(one.kind, one.name) for one in found.alarms] == [
        ("health", "launchready/acme/acme.example/"),
        ("health", "launchready/acme/acme.example/login"),
        ("expiry", "launchready/acme/certificates"),
        ("errors", "launchready/acme/errors"),
    ]
    assert found.alarms[2].treat_missing == "breaching", "silence alarms"
    assert len({one.resource for one in found.alarms}) == len(found.alarms)


def test_an_error_metric_of_another_region_has_its_topic_and_owners_there() -> None:
    slack = {**OWNERS, "slack": Secret("v1:a:b", str)}
    errors = {"namespace": "n", "metric": "m", "threshold": 5, "region": "eu-west-1"}
    found = declared(errors=errors, notify=slack)
    assert [topic.region for topic in found.topics] == ["us-east-1", "eu-west-1"]
    assert found.topic(found.alarms[-1].region).region == "eu-west-1"
    assert len(found.subscriptions) == 4
    assert len({one.resource for one in found.subscriptions}) == 4
    assert len({one.role for one in found.slack}) == 2, "roles are of the whole account"


def test_an_owner_who_is_named_twice_is_subscribed_once() -> None:
    found = declared(notify={"email": ["a@acme.example", "b@acme.example", "a@acme.example"]})
    assert [one.endpoint for one in found.subscriptions] == ["a@acme.example", "b@acme.example"]
    assert [one.key for one in found.subscriptions] == [
        "monitors.notify.email[0]",
        "monitors.notify.email[1]",
    ]


def test_slack_gets_this_launchs_alarms_and_no_others() -> None:
    found = declared(notify={**OWNERS, "slack": Secret("v1:a:b", str)})
    pattern = json.loads(found.slack[0].pattern)
    assert pattern["detail"]["alarmName"] == [{"prefix": "launchready/acme/"}]
    assert not declared(name="acme-2").prefix.startswith(found.prefix)


def test_no_name_depends_on_a_secret_and_none_shows() -> None:
    one, other = (
        declared(notify={**OWNERS, "slack": Secret(f"v1:{word}:x", lambda: "plain")}) for word in ("a", "b")
    )
    assert one.slack[0].name == other.slack[0].name
    assert "plain" not in repr(one)
    assert "v1:" not in repr(one)


def test_nothing_is_declared_for_none_and_the_report_says_so() -> None:
    for monitors in ({"monitors": "none"}, {}):
        found = declare(ClientFile.model_validate({"domain": "acme.example", **monitors}))
        assert found.monitoring is None
        assert any(note.startswith("monitors: none") for note in found.notes)


def test_gatus_leaves_aws_alone() -> None:
    found = declared(provider="gatus")
    assert names(found) == ["acme.example/"]
    assert (found.alarms, found.topics, found.subscriptions) == ((), (), ())


def test_cloudflare_looks_as_often_as_the_plan_allows() -> None:
    values = {"domain": "acme.example", "plan": "pro", "account": "0" * 32, "hosts": HOSTS}
    made = declare(ClientFile.model_validate({**values, "monitors": {"cloudflare": True, "notify": OWNERS}}))
    assert made.monitoring is not None
    (check,) = made.monitoring.edge_checks
    assert (check.interval, check.codes) == (60, ("2xx", "3xx"))
    assert any("60 s" in note for note in made.notes)


@given(st.text(min_size=1, max_size=80), st.text(min_size=1, max_size=80))
def test_slugs_fit_every_service_and_stay_apart(one: str, other: str) -> None:
    made = slug(one)
    assert 0 < len(made) <= 40
    assert made.replace("-", "").replace("_", "").isascii()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
    assert one == other or made != slug(other)


def test_a_long_path_still_names_an_alarm() -> None:
    found = declared(paths=["/" + "a" * 254, "/" + "a" * 253])
    assert all(len(one.name) <= LONGEST_ALARM for one in found.alarms)
    assert len({one.name for one in found.alarms}) == len(found.alarms)


def test_a_rehearsals_webhook_is_a_url(tmp_path: Any) -> None:
    source = tmp_path / "Pulumi.acme.yaml"
    source.write_text(
        "config:\n  launchready:domain: acme.example\n"
        "  launchready:monitors: {notify: {slack: {secure: v1:a:b}}}\nencryptionsalt: v1:a:b\n"
    )
    (canary,) = canary_copy(source, tmp_path / "copy.yaml", "rehearsal").values()
    assert canary.startswith("https://")
    assert CANARY_PREFIX in canary
