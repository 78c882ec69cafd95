"""The client that drift is tested with: something of everything that a launch declares."""

from __future__ import annotations

from typing import Any

DOMAIN = "acme.example"
PLAN = "business"
KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAntMLO2wQIIhS0LSSbSC6JvpGygaKGNEtGxkshwlL6ZlpvFgp7jXbajoqRs84f/"
    "H9BHeG+PGwES6pBiMWZv7U0xffepK0ATbF1sAfh7DvhCgirQJia9tf02b2UIi+7fA5GMHHbmmTpyKGLbL1sRjeZmFu3CVTEsW26+DqDbfNP"
    "Ncs9L8+stFgUYiXsHIpcnF6PvanReJknvQM6lnDKKaaTunHQI7h3rJmUljjnmhZuGr27pIOqaVK6UQAHQXDy+4mof4SYgj5JNAeixkvyq9l"
    "H+TZbvQvqONvhUce0hX5C4QBuMiP+do6ynvII4mRdGkU6P6DXo9tsQZKanu6ffqXHQIDAQAB"
)
SECRET = "lr-drift-secret-4242"


def client(**changes: Any) -> dict[str, Any]:
    """Values of a client file, keys without ``launchready:``; ``{"secure": text}`` is a secret."""
    values: dict[str, Any] = {
        "domain": DOMAIN,
        "plan": PLAN,
        "hosts": {
            "@": {"address": "203.0.113.10"},
            "www": {"redirect": "@"},
            "app": {"cname": "acme-app.host.example"},
            "api": {"address": ["203.0.113.20", "2001:db8::20"], "proxied": False, "ttl": 300},
            "docs": {"cname": "acme-docs.host.example", "proxied": False},
            "staging": {
                "address": "203.0.113.11",
                "exposure": {"private": {"allow": ["198.51.100.0/24"]}},
            },
            "intern": {"address": "203.0.113.13", "exposure": {"private": {"allow": ["192.0.2.0/24"]}}},
        },
        "records": [
            {"name": "@", "type": "TXT", "content": "launch-check=0123456789abcdef"},
            {"name": "long", "type": "TXT", "content": "x" * 300 + '" \\ end', "ttl": 3600},
            {
                "name": "_sip._tcp",
                "type": "SRV",
                "data": {"priority": 10, "weight": 5, "port": 5060, "target": "api.acme.example"},
            },
            {
                "name": "_443._tcp.api",
                "type": "TLSA",
                "data": {"usage": 3, "selector": 1, "matching_type": 1, "certificate": "AB" * 32},
            },
            {"name": "bücher", "type": "A", "content": "203.0.113.12"},
            {"name": "sub", "type": "NS", "content": "ns1.elsewhere.example"},
        ],
        "redirects": [
            {"from": "acme.example/old/*", "to": "https://acme.example/new/${1}", "status": 301},
            {"from": "acme.example/sale", "to": "https://acme.example/offers", "status": 302},
        ],
        "rate_limits": [
            {"path": "/api/login", "requests": 5, "per": "10s"},
            {"path": "/api/reset", "requests": 3, "per": "60s"},
        ],
        "headers": {"csp": {"default-src": ["'self'"]}},
        "email": {
            "senders": ["google"],
            "receive": "google",
            "dkim": {"google": {"public_key": KEY}},
            "dmarc": {"policy": "quarantine", "rua": ["mailto:dmarc@acme.example"]},
            "mta_sts": "testing",
            "tls_rpt": ["mailto:tls@acme.example"],
        },
        "monitors": {
            "paths": ["/"],
            "cloudflare": True,
            "notify": {"email": ["ops@acme.example"], "slack": {"secure": "https://hook.example/x"}},
        },
        "environment": {
            "variables": {
                "STRIPE_SECRET_KEY": {"secret": {"secure": SECRET}},
                "PUBLIC_API_URL": {"value": "https://api.acme.example", "scope": "browser"},
            }
        },
    }
    return values | changes


def second(**changes: Any) -> dict[str, Any]:
    """What the first has not: Secrets Manager, an advanced certificate, a softer TLS mode."""
    values: dict[str, Any] = {
        "domain": DOMAIN,
        "plan": PLAN,
        "hosts": {"@": {"address": "203.0.113.10"}, "a.deep": {"address": "203.0.113.14"}},
        "records": [
            {"name": "where", "type": "LOC", "content": "51 30 12.748 N 0 7 39.612 W 0.00m 0.00m 0.00m 0.00m"}
        ],
        "tls": {"mode": "full", "certificates": "advanced"},
        "email": "none",
        "headers": "none",
        "environment": {
            "target": "secretsmanager",
            "variables": {
                "STRIPE_SECRET_KEY": {"secret": {"secure": SECRET}},
                "SESSION_SECRET": {"secret": {"secure": SECRET + "-2"}, "description": "signs sessions"},
            },
        },
    }
    return values | changes
