"""The clients that twins start from. Every one of them is good as it stands."""

from __future__ import annotations

from typing import Any

DOMAIN = "acme.example"
WWW = f"www.{DOMAIN}"
APP = f"app.{DOMAIN}"
OLD = {"from": f"{DOMAIN}/old/*", "to": f"https://{DOMAIN}/new/${{1}}", "status": 301}
TOKEN = "launch-check=0123456789abcdef"


def client(**changes: Any) -> dict[str, Any]:
    """An apex, a www that redirects to it, an application, a TXT record and a path redirect."""
    values: dict[str, Any] = {
        "domain": DOMAIN,
        "hosts": {
            "@": {"address": "203.0.113.10"},
            "www": {"redirect": "@"},
            "app": {"cname": "acme-app.host.example"},
        },
        "records": [{"name": "@", "type": "TXT", "content": TOKEN}],
        "redirects": [OLD],
    }
    return values | changes


def unsigned(**changes: Any) -> dict[str, Any]:
    """The same without DNSSEC: for twins whose breakage would break signatures too."""
    return client(**{"tls": {"dnssec": False}, **changes})


RICH: dict[str, Any] = {
    "domain": "rich.example",
    "hosts": {
        "@": {"cname": "rich.host.example", "proxied": False},
        "www": {"cname": "rich.host.example", "proxied": False},
        "shop": {"address": ["203.0.113.20", "2001:db8::20"]},
        "direct": {"address": "203.0.113.21", "proxied": False, "ttl": 600},
    },
    "records": [
        {"name": "*.pages", "type": "A", "content": "203.0.113.22"},
        {"name": "sub", "type": "NS", "content": "ns1.elsewhere.example"},
        {"name": "@", "type": "MX", "content": "mail.rich.example", "priority": 10},
        {"name": "mail", "type": "A", "content": "203.0.113.25"},
        {
            "name": "_sip._tcp",
            "type": "SRV",
            "data": {"priority": 10, "weight": 5, "port": 5060, "target": "mail.rich.example"},
        },
        {"name": "long", "type": "TXT", "content": "x" * 600, "ttl": 3600},
        {"name": "@", "type": "TXT", "content": "v=spf1 mx -all"},
        {
            "name": "_dmarc",
            "type": "TXT",
            "content": "v=DMARC1; p=reject; rua=mailto:dmarc@rich.example; adkim=s; aspf=s",
        },
    ],
    "redirects": [
        {
            "from": "shop.rich.example/a",
            "to": "https://elsewhere.example/b",
            "status": 302,
            "keep_query": False,
        },
    ],
    "email": "none",
    "tls": {"min_version": "1.3", "dnssec": False},
}
