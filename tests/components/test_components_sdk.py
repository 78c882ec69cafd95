"""What components/cloudflare.py spells by hand is what the installed SDK spells.

The SDK's modules hold types and wire names as data, read here without a plugin.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import pulumi._types as sdk_types
import pytest

from components import cloudflare
from components.records import camel_case, record_inputs
from components.redirects import rule
from launchready.client_file.model import ClientFile
from launchready.declared import declare

pytestmark = pytest.mark.slow

MODULES = {
    cloudflare.Zone: "zone",
    cloudflare.DnsRecord: "dns_record",
    cloudflare.Ruleset: "ruleset",
    cloudflare.ZoneSetting: "zone_setting",
    cloudflare.ZoneDnssec: "zone_dnssec",
    cloudflare.UniversalSslSetting: "universal_ssl_setting",
    cloudflare.CertificatePack: "certificate_pack",
    cloudflare.WorkersScript: "workers_script",
    cloudflare.WorkersRoute: "workers_route",
    cloudflare.TieredCache: "tiered_cache",
    cloudflare.ArgoTieredCaching: "argo_tiered_caching",
    cloudflare.Healthcheck: "healthcheck",
    cloudflare.NotificationPolicy: "notification_policy",
    cloudflare.NotificationPolicyWebhooks: "notification_policy_webhooks",
}


def wire_names(kind: type) -> set[str]:
    """The properties of an SDK class in the engine's spelling."""
    return {wire for _, wire, _ in sdk_types._py_properties(kind)}


@pytest.fixture(scope="module")
def sdk() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of resources that it renamed
        return import_module("pulumi_cloudflare")


def test_every_resource_of_ours_is_compared() -> None:
    assert set(MODULES) == set(cloudflare.RESOURCES)


@pytest.mark.parametrize("ours", list(cloudflare.RESOURCES), ids=lambda ours: ours.__name__)
def test_tokens_inputs_and_outputs_are_the_sdks(sdk: Any, ours: type[cloudflare.Resource]) -> None:
    theirs = getattr(sdk, ours.__name__)
    assert ours.token == theirs.pulumi_type
    assert set(ours.inputs) <= wire_names(getattr(sdk, f"{ours.__name__}Args"))
    assert set(ours.outputs) <= wire_names(theirs)


def test_the_version_is_the_sdks(sdk: Any) -> None:
    utilities = import_module("pulumi_cloudflare._utilities")
    assert utilities.get_version() == cloudflare.PROVIDER_VERSION


EVERY_DATA = [
    {"name": "@", "type": "CAA", "content": '0 issue "ca.example"'},
    {"name": "_s._tcp", "type": "SRV", "content": "1 1 1 a.example"},
    {"name": "u", "type": "URI", "content": '1 1 "https://a.example"'},
    {"name": "h", "type": "HTTPS", "content": "1 . alpn=h2"},
    {"name": "t", "type": "TLSA", "content": f"3 1 1 {'ab' * 32}"},
    {"name": "s", "type": "SSHFP", "content": f"4 2 {'ab' * 32}"},
    {"name": "d", "type": "DS", "content": f"1 13 2 {'ab' * 32}"},
    {"name": "k", "type": "DNSKEY", "content": "257 3 13 AQAB"},
    {"name": "c", "type": "CERT", "content": "1 1 8 AQAB"},
    {"name": "l", "type": "LOC", "content": "1 1 1 N 1 1 1 E 0m"},
    {"name": "n", "type": "NAPTR", "content": '1 1 "S" "A" "" a.example'},
]


def test_structured_data_has_only_keys_that_the_sdk_has(sdk: Any) -> None:
    plan = declare(ClientFile.model_validate({"domain": "acme.example", "records": EVERY_DATA}))
    known, inputs = wire_names(sdk.DnsRecordDataArgs), wire_names(sdk.DnsRecordArgs)
    for record in plan.records:
        made = record_inputs(record, "zone")
        assert set(made) <= inputs
        assert ("data" in made) != ("content" in made)
        assert set(made.get("data", {})) <= known
        if record.data is not None:
            assert len(made["data"]) == len(record.data)


def test_a_rule_has_only_keys_that_the_sdk_has(sdk: Any) -> None:
    plan = declare(
        ClientFile.model_validate(
            {
                "domain": "acme.example",
                "redirects": [
                    {"from": "acme.example/a", "to": "https://a.example/"},
                    {"from": "acme.example/b/*", "to": "https://a.example/${1}"},
                ],
            }
        )
    )
    for redirect in plan.redirects:
        made = rule(redirect)
        assert set(made) <= wire_names(sdk.RulesetRuleArgs)
        value = made["actionParameters"]["fromValue"]
        assert set(made["actionParameters"]) <= wire_names(sdk.RulesetRuleActionParametersArgs)
        assert set(value) <= wire_names(sdk.RulesetRuleActionParametersFromValueArgs)
        assert set(value["targetUrl"]) <= wire_names(sdk.RulesetRuleActionParametersFromValueTargetUrlArgs)


def test_keys_become_camel_case() -> None:
    assert (camel_case("matching_type"), camel_case("target")) == ("matchingType", "target")
