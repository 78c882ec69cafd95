"""What `launch adopt --live` makes of a zone, read from the edge's own API."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from launchready.adopt.live import adopt_live
from launchready.adopt.result import AdoptResult
from launchready.client_file import read
from launchready.client_file.lint import Level
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.drift.api import ReadApi
from launchready.drift.canonical import api_rule, declared_redirect, declared_rule
from launchready.errors import ApiError, InputError
from tests.adopt_live.messy_zone import DOMAIN, REDIRECT, REGEX, messy
from tests.engine_plugin.plugin_rig import ACCOUNT, Served, served


async def adopted(api: Served, root: Path, domain: str | None = DOMAIN) -> AdoptResult:
    async with ReadApi(api.url, api.token) as reader:
        return await adopt_live("acme", reader, domain, root)


async def test_a_messy_zone_becomes_a_file_and_nothing_is_written_to_the_zone(tmp_path: Path) -> None:
    async with served("business") as api:
        zone = await messy(api)
        result = await adopted(api, tmp_path)

        assert {call.method for call in api.calls} == {"GET"}
    loaded = read(result.path)
    assert not [problem for problem in result.warnings if problem.level is Level.ERROR]
    client, declared = loaded.client, declare(loaded.client)
    assert (client.zone.id, client.guard.max_delete, client.headers, client.cache) == (
        zone,
        0,
        "none",
        "none",
    )
    assert (client.tls.mode, client.tls.keep, client.tls.universal, client.tls.dnssec) == (
        "full", ("tls13",), False, True,
    )  # fmt: skip
    left = {(one.what, one.reason, one.name) for one in result.refused}
    assert ("record", "managed", DOMAIN) in left
    assert ("record", "settings", f"flat.{DOMAIN}") in left
    assert ("setting", "setting", "tls_1_3") in left
    assert any(one.what == "rule" and one.type == "http_request_firewall_custom" for one in result.refused)
    lines = result.path.read_text().splitlines()
    assert all(one.name in lines[one.line - 1] and one.file == str(result.path) for one in result.refused)
    records = {(one.name, one.type) for one in declared.records}
    assert {(f"xn--bcher-kva.{DOMAIN}", "CNAME"), (f"*.{DOMAIN}", "A")} <= set(records)
    assert result.records_accepted == len(declared.records)
    assert len([key for key in result.live.imports if "dnsRecord" in key]) == len(declared.records)


async def test_redirects_keep_their_words_and_say_them_in_from_and_to(tmp_path: Path) -> None:
    async with served("business") as api:
        zone = await messy(api)
        result = await adopted(api, tmp_path)
        listed = await api.call(
            "GET", f"/zones/{zone}/rulesets/phases/http_request_dynamic_redirect/entrypoint"
        )
    client = read(result.path).client
    assert [(one.source, one.to, one.status) for one in client.redirects] == [
        (f"{DOMAIN}/shop/*", f"https://www.{DOMAIN}/shop/${{1}}", 302),
        (f"gone.{DOMAIN}", f"https://www.{DOMAIN}/gone", 301),
    ]
    assert [declared_redirect(one) for one in declare(client).redirects] == [
        api_rule(one) for one in listed["rules"]
    ]


async def test_a_phase_with_a_rule_that_can_not_be_said_is_left_whole(tmp_path: Path) -> None:
    async with served("business") as api:
        await messy(api, (REDIRECT, REGEX))
        result = await adopted(api, tmp_path)
    assert read(result.path).client.redirects == ()
    left = [one for one in result.refused if one.what == "redirect"]
    assert len(left) == 2
    assert any("redirects can't say" in one.text for one in left)
    assert not any("ruleset" in key for key in result.live.imports)


async def test_a_changed_redirect_is_written_anew_under_its_reference(tmp_path: Path) -> None:
    async with served("business") as api:
        await messy(api)
        result = await adopted(api, tmp_path)
    before = declare(read(result.path).client).redirects[0]
    result.path.write_text(result.path.read_text().replace(f"{DOMAIN}/shop/*", f"{DOMAIN}/store/*"))
    after = declare(read(result.path).client).redirects[0]
    assert after.ref == before.ref
    assert "/store/*" in after.expression
    assert after.expression != before.expression


@pytest.mark.parametrize("domain", ["nowhere.example", "not a name"])
async def test_a_zone_that_is_not_there_is_bad_input_and_writes_nothing(tmp_path: Path, domain: str) -> None:
    async with served("business") as api:
        with pytest.raises(InputError):
            await adopted(api, tmp_path, domain)
    assert not list(tmp_path.rglob("*.yaml"))


async def test_what_can_not_be_read_stops_it_before_a_file_is_there(tmp_path: Path) -> None:
    async with served("business") as api:
        await messy(api)
        api.before = lambda call: web.json_response(
            {"success": False, "errors": [{"code": 10000, "message": "no"}], "result": None}, status=403
        ) if call.path.endswith("/dnssec") else None  # fmt: skip
        with pytest.raises(ApiError, match="dnssec"):
            await adopted(api, tmp_path)
    assert not list(tmp_path.rglob("*.yaml"))


async def test_what_the_token_may_not_see_is_said_and_nothing_is_concluded(tmp_path: Path) -> None:
    async with served("business") as api:
        await messy(api)
        api.before = lambda call: web.json_response(
            {"success": False, "errors": [{"code": 10000, "message": "no"}], "result": None}, status=403
        ) if "pagerules" in call.path else None  # fmt: skip
        result = await adopted(api, tmp_path, None)
    assert any(one.what == "unread" and "page rules" in one.name for one in result.refused)


async def test_a_client_file_is_never_overwritten(tmp_path: Path) -> None:
    async with served("business") as api:
        await messy(api)
        first = await adopted(api, tmp_path)
        text = first.path.read_bytes()
        with pytest.raises(InputError, match="never overwritten"):
            await adopted(api, tmp_path)
    assert first.path.read_bytes() == text


OWN = {
    "domain": DOMAIN,
    "plan": "pro",
    "hosts": {
        "@": {"address": "203.0.113.10"},
        "www": {"redirect": "@"},
        "app": {"address": "203.0.113.20"},
    },
    "redirects": [{"from": f"{DOMAIN}/old/*", "to": f"https://{DOMAIN}/${{1}}"}],
    "email": "none",
    "portal": "none",
    "monitors": "none",
}


async def launched(api: Served) -> None:
    """A zone as a launch leaves it, made through the API."""
    declared = declare(ClientFile.model_validate(OWN))
    zone = await api.call("POST", "/zones", {"name": DOMAIN, "account": {"id": ACCOUNT}, "type": "full"})
    path = f"/zones/{zone['id']}"
    for one in declared.records:
        body = {"name": one.name, "type": one.type, "ttl": one.ttl, "proxied": one.proxied}
        value = {"data": dict(one.data)} if one.data else {"content": one.content}
        await api.call("POST", f"{path}/dns_records", {**body, **value})
    for setting in declared.settings:
        await api.call("PATCH", f"{path}/settings/{setting.id}", {"value": setting.value})
    for switch in ("argo/tiered_caching", "cache/tiered_cache_smart_topology_enable"):
        await api.call("PATCH", f"{path}/{switch}", {"value": "on" if declared.tiered_cache else "off"})
    rules = {phase: [declared_rule(rule) for rule in found] for phase, found in declared.rulesets.items()}
    rules["http_request_dynamic_redirect"] = [declared_redirect(one) for one in declared.redirects]
    for phase, found in rules.items():
        body = {"name": "default", "kind": "zone", "phase": phase, "rules": found}
        await api.call("POST", f"{path}/rulesets", body)


async def test_a_zone_that_launchready_launched_reads_as_it_was_declared(tmp_path: Path) -> None:
    async with served("pro") as api:
        await launched(api)
        result = await adopted(api, tmp_path)
    client = read(result.path).client
    assert client.hosts["www"].redirect == "@"
    assert [(one.source, one.rule) for one in client.redirects] == [(f"{DOMAIN}/old/*", None)]
    assert client.headers is None
    assert client.cache != "none"
    assert not result.refused
    own = declare(ClientFile.model_validate(OWN))
    assert declare(client).rulesets == own.rulesets
    assert len([key for key in result.live.imports if "ruleset" in key]) == len(own.rulesets) + 1


async def test_of_two_equal_records_one_is_declared_and_the_other_told_of(tmp_path: Path) -> None:
    async with served("pro") as api:
        zone = await messy(api)
        records = api.state.zones[zone].records
        twin = next(one for one in records.values() if one["name"] == f"unquoted.{DOMAIN}")
        records["f" * 32] = {**twin, "id": "f" * 32, "content": '"plain text = here"'}
        result = await adopted(api, tmp_path)
    doubled = [one for one in result.refused if one.reason == "duplicate"]
    assert [one.name for one in doubled] == [f"unquoted.{DOMAIN}"]
    assert "with the id" in doubled[0].text
    assert len(result.live.imports) == len(set(result.live.imports.values())) + len(
        [key for key in result.live.imports if "universal_ssl" in key or "dnssec" in key]
    )
