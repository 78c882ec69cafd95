"""Every answer has the shape of Cloudflare's own OpenAPI description (an oracle outside the project)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from edge_api_kit import ACCOUNT, Answer, Client
from test_edge_api_replay import SHARED, load, replay

SPEC = Path(__file__).parents[3] / "shared" / "data" / "cloudflare-api-subset.json.gz"
HOST = "https://api.cloudflare.com"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not SPEC.exists(), reason="../shared/data is not here"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return dict(json.loads(gzip.decompress(SPEC.read_bytes())))


@pytest.fixture(scope="module")
def openapi(description: dict[str, Any]) -> Any:
    from openapi_core import OpenAPI

    return OpenAPI.from_dict(description)


def check(openapi: Any, method: str, path: str, answer: Answer) -> bool:
    """True if the description has the path (and the answer fits), false if it lacks it."""
    from openapi_core.templating.paths.exceptions import PathNotFound

    bare, _, query = path.partition("?")
    parameters = SimpleNamespace(
        query=dict(part.split("=") for part in query.split("&") if part), header={}, cookie={}, path={}
    )
    request = SimpleNamespace(
        method=method.lower(),
        body=None,
        content_type="application/json",
        host_url=HOST,
        path=f"/client/v4{bare}",
        parameters=parameters,
    )
    response = SimpleNamespace(
        status_code=answer.status,
        content_type=answer.headers.get("Content-Type", "application/json").split(";")[0],
        headers=dict(answer.headers),
        data=answer.text.encode(),
    )
    try:
        for problem in openapi.iter_response_errors(cast(Any, request), cast(Any, response)):
            if isinstance(problem, PathNotFound):
                return False
            causes = getattr(problem.__cause__, "schema_errors", ())
            details = "; ".join(f"{list(c.absolute_path)} {c.message[:300]}" for c in causes)
            raise AssertionError(f"{method} {path}: {str(problem)[:60]} {details}\n{answer.text[:600]}")
    except PathNotFound:
        return False
    return True


async def test_answers_to_the_official_recording_fit_the_description(pro: Client, openapi: Any) -> None:
    lacking: set[str] = set()
    async for call, answer in replay(pro, load(SHARED)):
        if not check(openapi, call["method"], call["path"], answer):
            lacking.add(call["path"].rsplit("/", 1)[1])
    assert lacking == {"tiered_cache_smart_topology_enable"}


READS = [
    "/zones?name=acme.example",
    "/zones/{zone}",
    "/zones/{zone}/available_plans",
    "/zones/{zone}/dns_records?per_page=50",
    "/zones/{zone}/dns_records/export",
    "/zones/{zone}/dns_records/usage",
    "/zones/{zone}/settings",
    "/zones/{zone}/dnssec",
    "/zones/{zone}/ssl/universal/settings",
    "/zones/{zone}/ssl/verification",
    "/zones/{zone}/ssl/certificate_packs",
    "/zones/{zone}/ssl/certificate_packs/quota",
    "/zones/{zone}/rulesets",
    "/zones/{zone}/rulesets/phases/http_request_cache_settings/entrypoint",
    "/zones/{zone}/healthchecks",
    "/accounts",
    "/accounts/{account}",
    "/accounts/{account}/tokens/verify",
    "/accounts/{account}/alerting/v3/policies",
    "/accounts/{account}/alerting/v3/destinations/webhooks",
    "/user",
    "/user/tokens/verify",
]

RECORDS: list[dict[str, Any]] = [
    {"type": "A", "name": "@", "content": "203.0.113.1"},
    {"type": "AAAA", "name": "six", "content": "2001:DB8:0::1", "proxied": True},
    {"type": "CNAME", "name": "www", "content": "acme.example", "settings": {"flatten_cname": True}},
    {"type": "MX", "name": "@", "content": "mx.acme.example", "priority": 5},
    {"type": "NS", "name": "sub", "content": "ns1.other.example"},
    {"type": "TXT", "name": "@", "content": '"hello"', "comment": "greeting", "tags": ["team:web"]},
    {"type": "PTR", "name": "ptr", "content": "host.acme.example"},
    {"type": "OPENPGPKEY", "name": "key", "content": "bWFnaWM="},
    {"type": "CAA", "name": "@", "data": {"flags": 0, "tag": "issue", "value": "pki.goog"}},
    {
        "type": "SRV",
        "name": "_x._tcp",
        "data": {"priority": 1, "weight": 2, "port": 3, "target": "t.acme.example"},
    },
    {"type": "HTTPS", "name": "h", "data": {"priority": 1, "target": ".", "value": 'alpn="h3,h2"'}},
    {"type": "SVCB", "name": "s", "data": {"priority": 1, "target": "svc.acme.example", "value": ""}},
    {
        "type": "TLSA",
        "name": "_443._tcp",
        "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "ab" * 32},
    },
    {
        "type": "DS",
        "name": "sub",
        "data": {"key_tag": 1, "algorithm": 13, "digest_type": 2, "digest": "AB" * 32},
    },
    {"type": "URI", "name": "u", "priority": 10, "data": {"weight": 1, "target": "https://acme.example/"}},
    {"type": "SSHFP", "name": "ssh", "data": {"algorithm": 4, "type": 2, "fingerprint": "cd" * 32}},
    {
        "type": "NAPTR",
        "name": "n",
        "data": {
            "order": 1,
            "preference": 2,
            "flags": "U",
            "service": "SIP+D2U",
            "regex": "!^.*$!sip:a@b!",
            "replacement": ".",
        },
    },
    {
        "type": "LOC",
        "name": "loc",
        "data": {
            "lat_degrees": 37,
            "lat_direction": "N",
            "long_degrees": 122,
            "long_direction": "W",
            "altitude": 10,
        },
    },
    {
        "type": "CERT",
        "name": "c",
        "data": {"type": 1, "key_tag": 2, "algorithm": 13, "certificate": "bWFnaWM="},
    },
    {
        "type": "SMIMEA",
        "name": "m",
        "data": {"usage": 3, "selector": 0, "matching_type": 1, "certificate": "ab" * 32},
    },
    {
        "type": "DNSKEY",
        "name": "k",
        "data": {"flags": 257, "protocol": 3, "algorithm": 13, "public_key": "bWFnaWM="},
    },
]


async def test_reads_of_a_full_zone_fit_the_description(pro: Client, openapi: Any) -> None:
    zone = await pro.zone()
    base = f"/zones/{zone}"
    posted = await pro.post(f"{base}/dns_records/batch", {"posts": RECORDS})
    assert posted.status == 200, posted.text
    assert check(openapi, "POST", f"{base}/dns_records/batch", posted)
    for record in posted.result["posts"]:
        one = await pro.get(f"{base}/dns_records/{record['id']}")
        assert check(openapi, "GET", f"{base}/dns_records/{record['id']}", one)
    rules = [{"expression": "true", "action": "set_cache_settings", "action_parameters": {"cache": False}}]
    entry = f"{base}/rulesets/phases/http_request_cache_settings/entrypoint"
    assert check(openapi, "PUT", entry, await pro.put(entry, {"rules": rules}))
    order = {
        "type": "advanced",
        "hosts": ["acme.example"],
        "validation_method": "txt",
        "validity_days": 90,
        "certificate_authority": "google",
    }
    path = f"{base}/ssl/certificate_packs/order"
    assert check(openapi, "POST", path, await pro.post(path, order))
    await pro.post(f"{base}/healthchecks", {"name": "a", "address": "acme.example"})
    for read in READS:
        path = read.format(zone=zone, account=ACCOUNT)
        answer = await pro.get(path)
        assert answer.status == 200, answer.text
        assert check(openapi, "GET", path, answer), path


async def test_every_setting_fits_its_own_schema(pro: Client, description: dict[str, Any]) -> None:
    from openapi_schema_validator import OAS30Validator

    zone = await pro.zone()
    found = {entry["id"]: entry for entry in (await pro.get(f"/zones/{zone}/settings")).result}
    response = description["paths"]["/zones/{zone_id}/settings"]["get"]["responses"]["200"]
    schemas = dict(_setting_schemas(description, response["content"]["application/json"]["schema"]))
    missing = sorted(set(found) - set(schemas))
    assert missing == []
    for name, entry in found.items():
        schema = {**schemas[name], "components": description["components"]}
        OAS30Validator(schema).validate(entry)


def _setting_schemas(description: dict[str, Any], schema: Any) -> Any:
    """Setting id → its schema, wherever it is in the response's big ``anyOf``."""
    if isinstance(schema, dict) and "$ref" in schema:
        target: Any = description
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _setting_schemas(description, target)
        return
    if isinstance(schema, dict):
        ids = schema.get("properties", {}).get("id", {})
        if isinstance(ids, dict) and ids.get("enum") and "value" in schema["properties"]:
            yield ids["enum"][0], schema
            return
        if "allOf" in schema:
            merged: dict[str, Any] = {}
            for part in schema["allOf"]:
                merged.update(_properties(description, part))
            if merged.get("id", {}).get("enum"):
                yield merged["id"]["enum"][0], schema
                return
        for value in schema.values():
            yield from _setting_schemas(description, value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _setting_schemas(description, value)


def _properties(description: dict[str, Any], schema: Any) -> dict[str, Any]:
    if "$ref" in schema:
        target: Any = description
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _properties(description, target)
    return dict(schema.get("properties", {}))
