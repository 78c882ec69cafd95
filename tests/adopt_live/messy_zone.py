"""A zone that grew over years: every special case of an adoption, made through the API."""

from __future__ import annotations

from typing import Any

from tests.engine_plugin.plugin_rig import ACCOUNT, Served

DOMAIN = "acme.example"
RECORDS: tuple[dict[str, Any], ...] = (
    {"type": "CNAME", "name": "@", "content": "acme-app.host.example", "proxied": True},
    {"type": "A", "name": "www", "content": "203.0.113.10", "proxied": True, "ttl": 1},
    {"type": "A", "name": "two", "content": "203.0.113.11", "ttl": 300},
    {"type": "A", "name": "two", "content": "203.0.113.12", "ttl": 300},
    {"type": "AAAA", "name": "gone", "content": "100::", "proxied": True},
    {"type": "AAAA", "name": "six", "content": "2001:DB8:0::1", "comment": "the old box"},
    {"type": "MX", "name": "@", "content": "mx1.mail.example", "priority": 10},
    {"type": "MX", "name": "@", "content": "mx2.mail.example", "priority": 20},
    {"type": "TXT", "name": "@", "content": '"v=spf1 include:_spf.mail.example -all"'},
    {"type": "TXT", "name": "_dmarc", "content": '"v=DMARC1; p=reject; rua=mailto:d@acme.example"'},
    {"type": "TXT", "name": "unquoted", "content": "plain text = here", "ttl": 3600},
    {"type": "TXT", "name": "quotes", "content": '"say \\"hello\\"; now" "second string"'},
    {"type": "TXT", "name": "long", "content": "x" * 600},
    {
        "type": "TXT",
        "name": "tagged",
        "content": '"t"',
        "comment": "why: because",
        "tags": ["team:web", "old"],
    },
    {
        "type": "SRV",
        "name": "_sip._tcp",
        "data": {"priority": 10, "weight": 5, "port": 5060, "target": "sip.acme.example"},
    },
    {"type": "A", "name": "sip", "content": "203.0.113.13"},
    {"type": "CAA", "name": "@", "data": {"flags": 0, "tag": "issue", "value": "letsencrypt.org"}},
    {
        "type": "TLSA",
        "name": "_25._tcp.mail",
        "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "AB" * 32},
    },
    {"type": "HTTPS", "name": "svc", "data": {"priority": 1, "target": ".", "value": 'alpn="h2,h3"'}},
    {"type": "NS", "name": "sub", "content": "ns1.other.example"},
    {"type": "NS", "name": "sub", "content": "ns2.other.example"},
    {"type": "A", "name": "*", "content": "203.0.113.14"},
    {"type": "CNAME", "name": "xn--bcher-kva", "content": "xn--mnchen-3ya.host.example"},
    {"type": "CNAME", "name": "flat", "content": "edge.host.example", "settings": {"flatten_cname": True}},
)  # fmt: skip
REDIRECT = {
    "action": "redirect",
    "description": "Old shop",
    "expression": '(http.host eq "acme.example" and starts_with(http.request.uri.path, "/shop/"))',
    "action_parameters": {
        "from_value": {
            "status_code": 302,
            "preserve_query_string": True,
            "target_url": {"expression": 'concat("https://www.acme.example", http.request.uri.path)'},
        }
    },
}
PLAIN = {
    "action": "redirect",
    "expression": '(http.host eq "gone.acme.example")',
    "action_parameters": {
        "from_value": {"status_code": 301, "target_url": {"value": "https://www.acme.example/gone"}}
    },
}
REGEX = {**PLAIN, "expression": '(http.host in {"a.acme.example" "b.acme.example"})'}
BLOCK = {"action": "block", "expression": "(ip.src eq 198.51.100.7)", "description": "the scraper"}


async def messy(api: Served, redirects: tuple[dict[str, Any], ...] = (REDIRECT, PLAIN)) -> str:
    """Make it; the zone's id."""
    zone = await api.call("POST", "/zones", {"name": DOMAIN, "account": {"id": ACCOUNT}, "type": "full"})
    path = f"/zones/{zone['id']}"
    for record in RECORDS:
        await api.call("POST", f"{path}/dns_records", {"ttl": 1, **record})
    for setting, value in (("ssl", "full"), ("tls_1_3", "zrt"), ("always_use_https", "off")):
        await api.call("PATCH", f"{path}/settings/{setting}", {"value": value})
    await api.call("PATCH", f"{path}/ssl/universal/settings", {"enabled": False})
    await api.call("PATCH", f"{path}/dnssec", {"status": "active"})
    for phase, rules in (
        ("http_request_dynamic_redirect", redirects),
        ("http_request_firewall_custom", (BLOCK,)),
    ):
        body = {"name": "default", "kind": "zone", "phase": phase, "rules": list(rules)}
        await api.call("POST", f"{path}/rulesets", body)
    keep_by_cloudflare(api, zone["id"])
    return str(zone["id"])


def keep_by_cloudflare(api: Served, zone_id: str) -> None:
    """Two records as e-mail routing leaves them: marked as its own, and nobody else's to change."""
    zone = api.state.zones[zone_id]
    for record in zone.records.values():
        if record["type"] == "MX" and record.get("priority") == 20:
            record["meta"] = {"email_routing": True, "read_only": True}


async def whole(api: Served, zone_id: str) -> dict[str, Any]:
    """Everything of the zone that anyone may see, times of changes aside."""
    paths = ("dns_records?per_page=500", "settings", "dnssec", "ssl/universal/settings", "rulesets")
    found = {path: await api.call("GET", f"/zones/{zone_id}/{path}") for path in paths}
    found["rules"] = [
        await api.call("GET", f"/zones/{zone_id}/rulesets/{one['id']}") for one in found["rulesets"]
    ]
    return {path: timeless(value) for path, value in found.items()}


def timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            k: timeless(v)
            for k, v in value.items()
            if k not in ("modified_on", "last_updated", "time_remaining")
        }
    return [timeless(one) for one in value] if isinstance(value, list) else value
