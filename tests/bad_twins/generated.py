"""Good client files out of a seed: valid by the schema, free of lints, and as a launch would be provisioned.

What may be chosen comes from the schema where it lists it; what an agency would not declare (TLS 1.0, DMARC
``none``) is left out, since its checks would be right to complain.
Other seeds: ``LAUNCHREADY_SEEDS="1 2 3"``.
"""

from __future__ import annotations

import json
import os
import random
import string
from collections.abc import Iterable
from typing import Any

from jsonschema import Draft202012Validator

from launchready.client_file import schema
from launchready.client_file.lint import Problem
from tests.client_file.lint_twins import client_file, problems

SEEDS = tuple(int(seed) for seed in os.environ.get("LAUNCHREADY_SEEDS", "20261124 7 4711").split())
TRIES = 200
BAD = {"min_version": {"1.0", "1.1"}, "policy": {"none"}, "mode": {"off", "flexible", "full"}}
"""Values of the schema that a good launch does not have."""

Values = dict[str, Any]


def generated(seed: int) -> Values:
    """A client file's values (keys without ``launchready:``). Raises AssertionError when none is found."""
    choice = random.Random(seed)
    for _ in range(TRIES):
        values = _drawn(choice, f"seed-{seed}.example")
        if not complaints(values) and not _lints(values):
            return values
    raise AssertionError(f"seed {seed}: no client file without a lint in {TRIES} tries")


def complaints(values: Values) -> list[str]:
    """What the schema says of them."""
    document = {"config": {f"launchready:{key}": value for key, value in values.items()}}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema()).iter_errors(document)]


def _lints(values: Values) -> list[Problem]:
    body = "\n".join(f"{key}: {json.dumps(value)}" for key, value in values.items() if key != "domain")
    return problems(client_file(body, values["domain"]))


def _listed(definition: str, key: str) -> list[Any]:
    """What the schema lists for a key, without what is bad."""
    enum: Iterable[Any] = schema()["$defs"][definition]["properties"][key]["enum"]
    return [value for value in enum if value not in BAD.get(key, set())]


def _drawn(choice: random.Random, domain: str) -> Values:
    plan = choice.choice(schema()["$defs"]["Plan"]["enum"])
    names = choice.sample(
        ["app", "shop", "docs", "portal", "blog", "status", "go", "eu"], choice.randint(1, 5)
    )
    hosts = {"@": _address(choice), "www": {"redirect": "@"}} | {name: _host(choice, name) for name in names}
    return {
        "domain": domain,
        "plan": plan,
        "hosts": hosts,
        "records": _records(choice, domain),
        "redirects": [_redirect(choice, domain, number) for number in range(choice.randint(0, 4))],
        "tls": _tls(choice),
        "email": choice.choice([_no_mail, _mail])(choice, domain),
        "cache": {
            "static": choice.choice(["30d", "1y"]),
            "html": choice.choice(["bypass", "2h"]),
            "query": choice.choice(["keep", "sort"]) if plan == "enterprise" else "keep",
            "tiered": choice.random() < 0.5,
        },
        "rate_limits": _rate_limits(choice, plan),
        "monitors": "none",
        "portal": "none",
    }


def _address(choice: random.Random) -> Values:
    four = f"203.0.113.{choice.randint(1, 254)}"
    return {"address": [four, f"2001:db8::{choice.randint(1, 9999)}"] if choice.random() < 0.5 else four}


def _host(choice: random.Random, name: str) -> Values:
    there = (
        {"cname": f"{name}-{choice.randint(1, 99)}.host.example"}
        if choice.random() < 0.5
        else _address(choice)
    )
    if choice.random() < 0.3:
        return {**there, "proxied": False, "ttl": choice.choice(["5m", "10m", "1h"])}
    return there


def _records(choice: random.Random, domain: str) -> list[Values]:
    letters = "".join(choice.choices(string.ascii_letters + string.digits, k=40))
    always = {
        "name": "mobile",
        "type": "A",
        "content": f"198.51.100.{choice.randint(100, 200)}",
        "ttl": "10m",
    }
    others: list[Values] = [
        {"name": "@", "type": "TXT", "content": f"google-site-verification={letters}"},
        {"name": "_atproto", "type": "TXT", "content": f"did=did:plc:{letters[:24].lower()}", "ttl": "1h"},
        {"name": "long", "type": "TXT", "content": letters * choice.randint(7, 30)},
        {"name": "*.preview", "type": "A", "content": f"203.0.113.{choice.randint(1, 254)}"},
        {
            "name": "_sip._tcp",
            "type": "SRV",
            "data": {
                "priority": choice.randint(0, 99),
                "weight": 5,
                "port": 5060,
                "target": f"mobile.{domain}",
            },
        },
    ]
    return [always, *(record for record in others if choice.random() < 0.7)]


def _redirect(choice: random.Random, domain: str, number: int) -> Values:
    status = choice.choice(_listed("RedirectEntry", "status"))
    if choice.random() < 0.5:
        return {
            "from": f"{domain}/old-{number}/*",
            "to": f"https://{domain}/new-{number}/${{1}}",
            "status": status,
        }
    return {
        "from": f"{domain}/offer-{number}", "to": f"https://{domain}/offers/{number}", "status": status,
        "keep_query": choice.random() < 0.5,
    }  # fmt: skip


def _tls(choice: random.Random) -> Values:
    return {
        "mode": choice.choice(_listed("Tls", "mode")),
        "min_version": choice.choice(_listed("Tls", "min_version")),
        "dnssec": choice.random() < 0.5,
        "hsts": {"max_age": choice.choice(["1y", "2y"]), "include_subdomains": choice.random() < 0.7},
    }


def _no_mail(choice: random.Random, domain: str) -> Values:
    return {"senders": [], "dmarc": {"policy": "reject", "rua": [f"mailto:dmarc@{domain}"]}}


def _mail(choice: random.Random, domain: str) -> Values:
    """Google sends and receives; sometimes an own server sends too."""
    own = {"name": "app", "spf": [f"ip4:198.51.100.{choice.randint(1, 254)}"]}
    return {
        "senders": ["google", own] if choice.random() < 0.5 else ["google"],
        "receive": "google",
        "spf_all": choice.choice(_listed("Email", "spf_all")),
        "dkim": {"google": {"public_key": GOOGLE_KEY}},
        "dmarc": {"policy": choice.choice(_listed("Dmarc", "policy")), "rua": [f"mailto:dmarc@{domain}"]},
        "tls_rpt": [f"mailto:tls@{domain}"],
    }


def _rate_limits(choice: random.Random, plan: str) -> Any:
    if choice.random() < 0.4:
        return "none"
    paths = ["/login"] if plan == "free" else ["/login", "/contact"]
    return [{"path": path, "requests": choice.randint(5, 20), "per": "10s"} for path in paths]


def _google_key() -> str:
    """A public key as Google shows it; made anew in each process."""
    import base64

    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = rsa.generate_private_key(65537, 2048).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


GOOGLE_KEY = _google_key()
