"""A launch that nobody touched has no drift, and a comparison touches nothing."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from launchready.drift import KINDS, Options, drift, unknown
from launchready.drift.render import FORMATS, Context, render_markdown, render_sarif, render_text
from launchready.drift.state import read_state
from launchready.drift.types import UNKNOWN
from launchready.errors import ApiError, InputError
from tests.drift import drift_clients
from tests.drift.drift_kit import Launched, launched
from tests.drift.drift_official import officially

pytestmark = pytest.mark.slow


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Launched]:
    async with launched(tmp_path, drift_clients.client(), drift_clients.PLAN) as made:
        yield made


def everything(stage: Launched) -> tuple[bytes, bytes, bytes]:
    """The state, the zone and all of AWS as bytes."""
    state = json.dumps(stage.stack.export(), sort_keys=True).encode()
    zone = stage.zone
    parts = (zone.info, zone.settings, zone.dnssec, zone.records, zone.rulesets, zone.extra, zone.serial)
    registry = {name: vars_of(entry) for name, entry in stage.edge.state.registry.items()}
    whole = json.dumps([parts, stage.edge.state.account, registry], sort_keys=True, default=str).encode()
    return state, whole, _aws()


def vars_of(entry: Any) -> dict[str, Any]:
    return {name: str(getattr(entry, name)) for name in entry.__slots__}


def _aws() -> bytes:
    from moto.backends import get_backend

    kept = []
    for service in ("route53", "cloudwatch", "sns", "events", "ssm", "kms", "iam", "secretsmanager"):
        for account in get_backend(service).values():
            for backend in account.values():
                kept.append(_described(service, backend))
    return "\n".join(kept).encode()


_ALARM = frozenset(
    {"name", "namespace", "metric_name", "threshold", "period", "alarm_actions", "ok_actions",
     "actions_enabled",
     "insufficient_data_actions", "comparison_operator", "statistic", "description"}
)  # fmt: skip
"""What an alarm is, without the state that the edge's prober gives it all the time."""


def _described(service: str, backend: Any) -> str:
    """What a service holds, without the log of what it was asked."""
    held = {
        "route53": lambda: [vars(check) for check in backend.health_checks.values()],
        "cloudwatch": lambda: [
            {key: value for key, value in vars(alarm).items() if key in _ALARM}
            for alarm in backend.alarms.values()
        ],
        "sns": lambda: [sorted(backend.topics), sorted(backend.subscriptions)],
        "events": lambda: [sorted(bus.rules) for bus in backend.event_buses.values()],
        "ssm": lambda: [(name, len(versions)) for name, versions in backend._parameters.items()],
        "kms": lambda: [(key.id, key.enabled) for key in backend.keys.values()],
        "iam": lambda: sorted(backend.roles),
        "secretsmanager": lambda: sorted(backend.secrets),
    }[service]()
    return f"{service} {copy.copy(held)!r}"


async def test_an_untouched_launch_has_no_drift_and_nothing_is_touched(stage: Launched) -> None:
    before = everything(stage)
    held = stage.stack.export()
    for full in (False, True):
        found = await stage.drift(full=full)
        assert (found.items, found.unfound, found.exit_code) == ((), (), 0)
    assert everything(stage) == before
    assert stage.stack.export() == held


async def test_the_official_plugins_way_of_writing_values_is_no_drift(stage: Launched) -> None:
    state = officially(stage.stack.export())
    assert pickle.dumps(state) != pickle.dumps(stage.stack.export())
    found = await stage.drift(state=read_state(state))
    assert [(item.id, item.subject, item.declared, item.state) for item in found.items] == []
    assert found.exit_code == 0


@pytest.mark.slow
async def test_without_a_state_declared_and_live_are_compared_all_the_same(stage: Launched) -> None:
    nothing = await stage.drift(state=unknown("no engine here"))
    assert (nothing.items, nothing.exit_code, nothing.state_reason) == ((), 0, "no engine here")
    await stage.drop(type="MX")
    await stage.edit({"name": "app.acme.example"}, proxied=False)
    await stage.add(name="forgotten.acme.example", type="A", content="203.0.113.66")
    found = await stage.drift(state=unknown("no engine here"))
    assert [item.id for item in found.items] == ["dns.mx.missing", "dns.proxy.off", "dns.address.added"]
    assert {item.state for item in found.items} == {UNKNOWN}
    assert {item.origin.value for item in found.items} == {"unknown"}
    assert "the state is unknown: no engine here" in render_text(found)


@pytest.mark.slow
async def test_an_edited_client_file_is_told_from_an_edit_behind_its_back(stage: Launched) -> None:
    email = stage.client.email.model_copy(update={"tls_rpt": ("mailto:new@acme.example",)})
    stage.relaunch(email=email)
    await stage.edit({"name": "app.acme.example"}, proxied=False)
    items = {item.id: item for item in (await stage.drift(full=False)).items}
    assert set(items) == {"dns.mail_policy.changed", "dns.proxy.off"}
    assert items["dns.mail_policy.changed"].origin.value == "not_applied"
    assert items["dns.mail_policy.changed"].fix.startswith("launch up acme --edge ")
    assert items["dns.proxy.off"].origin.value == "outside"
    assert items["dns.proxy.off"].fix.startswith("launch up acme --refresh --edge ")


@pytest.mark.slow
async def test_many_things_at_once_are_all_seen_and_reported_in_every_format(
    stage: Launched, root: Path
) -> None:
    await stage.drop(name="acme.example", type="A")
    await stage.set("ssl", "off")
    await stage.drop_ruleset("http_ratelimit")
    await stage.add(name="x.acme.example", type="TXT", content='"| <b>[x](y)</b> \\027[31m"')
    await stage.aws("route53", "update_health_check", HealthCheckId=await _check(stage), Disabled=True)
    await stage.aws(
        "ssm", "put_parameter", Name="/launchready/acme/STRIPE_SECRET_KEY", Value="lr-drift-other-4242",
        Type="SecureString", KeyId="alias/launchready/acme", Overwrite=True,
    )  # fmt: skip
    found = await stage.drift()
    assert {item.id for item in found.items} == {
        "dns.apex.missing", "tls.mode.lowered", "limit.ruleset.missing", "dns.record.added",
        "monitor.check.disabled", "secret.changed",
    }  # fmt: skip
    risks = [item.risk.value for item in found.items]
    assert risks == sorted(risks, key=["outage", "security", "benign"].index)
    schema = json.loads((root / "launchready" / "drift" / "drift.schema.json").read_text())
    context = Context("stacks/Pulumi.acme.yaml")
    texts = {name: renderer(found, context) for name, (_, renderer) in FORMATS.items()}
    jsonschema.validate(json.loads(texts["json"]), schema)
    for text in texts.values():
        assert drift_clients.SECRET not in text
        assert "lr-drift-other" not in text
        assert "\x1b" not in text
        assert all(item.id in text for item in found.items)
    assert "<b>" not in texts["markdown"]
    log = json.loads(texts["sarif"])
    subset = json.loads((root / "tests" / "report" / "sarif_subset.schema.json").read_text())
    jsonschema.validate(log, subset)
    results = log["runs"][0]["results"]
    assert {result["ruleId"] for result in results} == {item.id for item in found.items}
    assert render_markdown(found, most=2_000).count("\n") < texts["markdown"].count("\n")
    assert len(render_markdown(found, most=2_000)) <= 2_000
    assert json.loads(render_sarif(found)) != log, "without a client file there is no physical location"


async def _check(stage: Launched) -> str:
    return str((await stage.aws("route53", "list_health_checks"))["HealthChecks"][0]["Id"])


@pytest.mark.slow
async def test_a_kind_taken_away_is_missed(stage: Launched) -> None:
    await stage.set("ssl", "off")
    found = await stage.drift(full=False, kinds=KINDS.without("tls.mode.lowered"))
    assert "tls.mode.lowered" not in {item.id for item in found.items}


MADE = {
    "domain": drift_clients.DOMAIN,
    "hosts": {"@": {"address": "203.0.113.10"}},
    "email": {
        "senders": ["google", "ses", {"name": "app", "spf": ["ip4:198.51.100.7"]}],
        "receive": "google",
        "dkim": {"google": {"public_key": drift_clients.KEY}, "e1": {"generate": "ed25519", "sender": "app"}},
        "ses": {"region": "us-east-1"},
    },
}


@pytest.mark.slow
async def test_what_is_known_only_after_creation_is_compared_by_the_stacks_outputs(tmp_path: Path) -> None:
    async with launched(tmp_path, MADE, "free") as stage:
        assert len(stage.records(type="CNAME")) == 3, "SES's own tokens"
        found = await stage.drift()
        assert (found.items, found.unfound) == ((), ())
        blind = await stage.drift(state=unknown("no backend"))
        assert blind.items == (), "what can't be compared is nobody's foreign record either"
        assert {one.cause for one in blind.unfound} == {"NOT_CREATED"}
        assert blind.exit_code == 3
        await stage.edit({"name": "e1._domainkey.acme.example"}, content='"v=DKIM1; k=ed25519; p=AAAA"')
        await stage.edit({"type": "CNAME"}, content="elsewhere.example")
        assert [item.id for item in (await stage.drift()).items] == ["dns.dkim.changed"] * 4


async def test_an_api_that_refuses_is_an_error_and_one_part_of_it_is_not_found_out(
    stage: Launched,
) -> None:
    document = {**stage.edge.document(), "token": "w" * 40}
    nothing = unknown("no engine here")
    with pytest.raises(ApiError, match="reading /zones: HTTP 403"):
        await drift(stage.client, nothing, Options(edge=document, public=False, aws=False))
    with pytest.raises(InputError, match="no api or no token"):
        await drift(stage.client, nothing, Options(edge={"ca": "x"}))
    stage.zone.extra["healthchecks"] = None  # this part of the API breaks
    found = await stage.drift(full=False)
    assert [one.subject for one in found.unfound] == ["acme.example health checks"]
    assert (found.items, found.exit_code) == ((), 3)
