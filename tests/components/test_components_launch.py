"""ClientLaunch under the SDK's mock monitor: what is registered, with which options, and what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks as sdk_mocks

from components import cloudflare
from components.client_launch import ClientLaunch, ClientLaunchArgs
from launchready.client_file.model import ClientFile

ACCOUNT = "0" * 32
DS = "acme.example. 3600 IN DS 1 13 2 AB"
RECORD = cloudflare.DnsRecord.token


class Provider(sdk_mocks.Mocks):
    """Answers as the provider would: inputs back, and what it computes unless this is a preview."""

    def __init__(self, preview: bool) -> None:
        self.preview = preview

    def new_resource(self, args: sdk_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, dict(args.inputs)
        computed: dict[str, Any] = {}
        if not self.preview:
            computed = {
                cloudflare.Zone.token: {"nameServers": ["a.ns.example", "b.ns.example"], "status": "pending"},
                cloudflare.ZoneDnssec.token: {"ds": DS},
            }.get(args.typ, {})
        return (None if self.preview else f"id-{args.name}"), {**args.inputs, **computed}

    def call(self, args: sdk_mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the launch invokes nothing, but {args.token}")


class Monitor(sdk_mocks.MockMonitor):
    """The mock monitor, keeping each registration as it was sent."""

    def __init__(self, mocks: sdk_mocks.Mocks) -> None:
        super().__init__(mocks)
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        self.requests.append(request)
        return super().RegisterResource(request)


@dataclass
class Launched:
    """What a launch registered, by (type, name), and its outputs (absent when unknown)."""

    requests: dict[tuple[str, str], Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)

    def inputs(self, token: str, name: str) -> dict[str, Any]:
        return dict(pulumi.runtime.rpc.deserialize_properties(self.requests[token, name].object))

    def names(self, token: str) -> list[str]:
        return [name for kind, name in self.requests if kind == token]

    def urn(self, token: str, name: str) -> str:
        request = self.requests[token, name]
        parents = request.parent.split("::")[2]
        return f"{request.parent.split('::')[0]}::launchready::{parents}${token}::{name}"


@pytest.fixture(autouse=True)
def _fresh_settings() -> Iterator[None]:
    yield
    sdk_mocks.set_mocks(Provider(False))


def launch(*, preview: bool = False, args: ClientLaunchArgs | None = None, **keys: Any) -> Launched:
    keys = {"domain": "acme.example", "account": ACCOUNT, "client": "acme", **keys}
    client = ClientFile.model_validate(keys)
    provider = Provider(preview)
    monitor = Monitor(provider)
    sdk_mocks.set_mocks(provider, project="launchready", stack="acme", preview=preview, monitor=monitor)
    launched = Launched()

    async def settle(name: str, value: Any) -> None:
        output = pulumi.Output.from_input(value)
        if await output.is_known():
            launched.outputs[name] = await output.future()
        else:
            launched.unknown.add(name)

    @pulumi.runtime.test
    def run() -> Any:
        outputs = ClientLaunch(client.client, args or ClientLaunchArgs.of(client)).outputs
        return pulumi.Output.from_input(_settle_all(outputs))

    async def _settle_all(outputs: dict[str, Any]) -> bool:
        for name, value in outputs.items():
            await settle(name, value)
        return True

    run()
    launched.requests = {(request.type, request.name): request for request in monitor.requests}
    assert len(launched.requests) == len(monitor.requests), "a name is used twice"
    return launched


def waits_for(request: Any, token: str, name: str) -> bool:
    """The mock monitor's URNs name only the nearest parent, so ends are compared."""
    return any(urn.endswith(f"${token}::{name}") for urn in request.dependencies)


HOSTS = {"@": {"address": "203.0.113.10"}, "www": {"redirect": "@"}}


def test_outputs_are_what_the_provider_says() -> None:
    assert launch(hosts=HOSTS).outputs == {
        "zone_id": "id-acme.example",
        "status": "pending",
        "nameservers": ["a.ns.example", "b.ns.example"],
        "ds_record": DS,
        "urls": ["https://acme.example/", "https://www.acme.example/"],
    }


def test_a_preview_knows_the_urls_and_not_what_is_yet_to_be_created() -> None:
    found = launch(preview=True, hosts=HOSTS)
    assert found.outputs == {"urls": ["https://acme.example/", "https://www.acme.example/"]}
    assert found.unknown == {"zone_id", "status", "nameservers", "ds_record"}
    assert found.inputs(RECORD, "@")["content"] == "203.0.113.10"


def test_components_have_their_types_and_are_parented() -> None:
    found = launch(hosts=HOSTS)
    root = found.requests["launchready:index:ClientLaunch", "acme"]
    assert root.parent.endswith("pulumi:pulumi:Stack::launchready-acme")
    for kind in ("Zone", "Dns", "Redirects", "EdgeSecurity", "Tls", "Email"):
        parent = found.requests[f"launchready:index:{kind}", "acme"].parent
        assert parent.endswith("launchready:index:ClientLaunch::acme")
    provider = found.requests["pulumi:providers:pulumi-python", "dynamic"]
    custom = [request for request in found.requests.values() if request.custom and request is not provider]
    assert custom
    assert all("launchready:index:ClientLaunch$launchready:index:" in request.parent for request in custom)


def test_records_are_children_of_the_deliverable_that_declares_them() -> None:
    found = launch(hosts=HOSTS, email={"senders": ["google"]})

    def parent(name: str) -> str:
        return str(found.requests[RECORD, name].parent).split("$")[-1].split("::")[0].rsplit(":", 1)[-1]

    assert parent("@") == "Dns"
    assert parent("@/TXT/spf") == "Email"
    assert [parent(name) for name in found.names(RECORD) if "/CAA" in name] == ["Tls"] * 6


def test_a_record_is_sent_as_the_provider_takes_it() -> None:
    found = launch(
        hosts=HOSTS,
        records=[
            {"name": "@", "type": "MX", "content": "mx.example", "priority": 10, "ttl": 600},
            {"name": "_sip._tcp", "type": "SRV", "content": "10 5 5060 sip.example."},
            {"name": "a", "type": "TXT", "content": "x", "comment": "c", "tags": ["a:b"]},
        ],
        email="none",
    )
    zone = "id-acme.example"
    assert found.inputs(RECORD, "www") == {
        "zoneId": zone, "name": "www.acme.example", "type": "AAAA", "ttl": 1, "proxied": True,
        "content": "100::",
    }  # fmt: skip
    assert found.inputs(RECORD, "@/MX") == {
        "zoneId": zone, "name": "acme.example", "type": "MX", "ttl": 600, "proxied": False,
        "content": "mx.example", "priority": 10,
    }  # fmt: skip
    assert found.inputs(RECORD, "_sip._tcp/SRV")["data"] == {
        "priority": 10, "weight": 5, "port": 5060, "target": "sip.example"
    }  # fmt: skip
    assert "content" not in found.inputs(RECORD, "_sip._tcp/SRV")
    assert found.inputs(RECORD, "a/TXT")["comment"] == "c"
    assert found.inputs(RECORD, "a/TXT")["tags"] == ["a:b"]


def test_a_replaced_record_is_deleted_first() -> None:
    assert launch(hosts=HOSTS).requests[RECORD, "@"].deleteBeforeReplace


def test_values_of_a_set_follow_the_one_that_takes_over_the_lone_resource() -> None:
    found = launch(hosts={"@": {"address": ["203.0.113.1", "203.0.113.2"]}})
    first, second = (
        request
        for (kind, name), request in found.requests.items()
        if kind == RECORD and name.startswith("@#")
    )
    lone = launch(hosts={"@": {"address": "203.0.113.1"}})
    assert [alias.urn for alias in first.aliases] == [lone.urn(RECORD, "@")]
    assert found.urn(RECORD, first.name) in [alias.urn for alias in lone.requests[RECORD, "@"].aliases]
    assert list(second.aliases) == []
    assert waits_for(second, RECORD, first.name)


def test_a_mail_record_that_becomes_explicit_keeps_its_resource() -> None:
    derived = launch(email={"senders": []})
    explicit = launch(email="none", records=[{"name": "@", "type": "TXT", "content": "v=spf1 -all"}])
    aliases = [alias.urn for alias in explicit.requests[RECORD, "@/TXT/spf"].aliases]
    assert derived.urn(RECORD, "@/TXT/spf") in aliases
    assert explicit.urn(RECORD, "@/TXT/spf") in [a.urn for a in derived.requests[RECORD, "@/TXT/spf"].aliases]


def test_redirects_are_one_ruleset_in_order_with_references() -> None:
    found = launch(
        hosts=HOSTS, redirects=[{"from": "acme.example/a", "to": "https://acme.example/b", "status": 302}]
    )
    sent = found.inputs(cloudflare.Ruleset.token, "redirects")
    assert (sent["kind"], sent["phase"]) == ("zone", "http_request_dynamic_redirect")
    first, second = sent["rules"]
    assert first == {
        "ref": first["ref"],
        "description": "acme.example/a → https://acme.example/b",
        "enabled": True,
        "expression": '(http.host eq "acme.example" and http.request.uri.path eq "/a")',
        "action": "redirect",
        "actionParameters": {
            "fromValue": {
                "statusCode": 302,
                "preserveQueryString": True,
                "targetUrl": {"value": "https://acme.example/b"},
            }
        },
    }
    assert "expression" in second["actionParameters"]["fromValue"]["targetUrl"]
    assert first["ref"].startswith("acme_example_a_")


def test_a_launch_without_redirects_has_no_ruleset() -> None:
    assert "redirects" not in launch(hosts={"@": {"address": "203.0.113.1"}}).names(cloudflare.Ruleset.token)


def test_settings_are_remembered_before_and_given_back_after_they_change() -> None:
    found = launch(hosts=HOSTS)
    memory = ("pulumi-python:dynamic/launchready:SettingsMemory", "settings")
    ids = found.inputs(*memory)["ids"]
    caching = ("browser_cache_ttl", "cache_level")
    settings = [name for name in found.names(cloudflare.ZoneSetting.token) if name not in caching]
    assert sorted(ids) == sorted([*settings, "universal_ssl", "dnssec"])
    changing = [
        request
        for (kind, name), request in found.requests.items()
        if name not in caching
        and kind
        in (cloudflare.ZoneSetting.token, cloudflare.ZoneDnssec.token, cloudflare.UniversalSslSetting.token)
    ]
    assert len(changing) == len(ids)
    assert all(waits_for(request, *memory) for request in changing)
    assert found.inputs(cloudflare.ZoneSetting.token, "min_tls_version") == {
        "zoneId": "id-acme.example", "settingId": "min_tls_version", "value": "1.2"
    }  # fmt: skip
    header = found.inputs(cloudflare.ZoneSetting.token, "security_header")["value"]
    assert header["strict_transport_security"]["max_age"] == 31536000


def test_no_state_holds_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "a-token-that-must-not-be-seen")
    found = launch(hosts=HOSTS)
    sent = b"".join(request.SerializeToString() for request in found.requests.values())
    assert b"a-token-that-must-not-be-seen" not in sent


def test_without_dnssec_there_is_neither_signing_nor_a_ds() -> None:
    found = launch(hosts=HOSTS, tls={"dnssec": False})
    assert found.names(cloudflare.ZoneDnssec.token) == []
    assert found.outputs["ds_record"] is None
    assert "dnssec" not in found.inputs("pulumi-python:dynamic/launchready:SettingsMemory", "settings")["ids"]


def test_a_created_zone_is_protected_unless_it_may_be_destroyed() -> None:
    zone = (cloudflare.Zone.token, "acme.example")
    found = launch()
    assert found.inputs(*zone) == {"account": {"id": ACCOUNT}, "name": "acme.example", "type": "full"}
    assert found.requests[zone].protect
    assert not launch(guard={"destroy": True}).requests[zone].protect


def test_an_adopted_zone_is_imported_protected_and_kept() -> None:
    request = launch(zone={"id": "f" * 32}, guard={"destroy": True}).requests[
        cloudflare.Zone.token, "acme.example"
    ]
    assert request.importId == "f" * 32
    assert request.protect
    assert request.retainOnDelete


def test_a_launch_without_an_account_says_what_is_missing() -> None:
    with pytest.raises(pulumi.RunError, match="launchready:account is missing"):
        launch(account=None)


def test_names_of_resources_do_not_change_with_the_zone_or_the_account() -> None:
    one = launch(hosts=HOSTS, email={"senders": ["google"]})
    two = launch(hosts=HOSTS, email={"senders": ["google"]}, account="1" * 32, guard={"destroy": True})
    assert set(one.requests) == set(two.requests)
