"""Bad twins of what is created for mail: generated DKIM keys, and the MTA-STS policy that a Worker serves."""

from __future__ import annotations

from typing import Any

from launchready.declared import declare
from launchready.declared.created import DKIM_OUTPUT, WorkerPlan
from tests.bad_twins.created import pair
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.provision import rule

DOMAIN = "acme.example"
S1 = f"s1._domainkey.{DOMAIN}"
STS = f"mta-sts.{DOMAIN}"
OWN = {"name": "app", "spf": ["ip4:198.51.100.7"]}
LIVE = "dns.record.served", "dns.record.undeclared"


def client(**email: Any) -> dict[str, Any]:
    """A client that mails by Google and an application of its own, with a generated key."""
    given = {"senders": ["google", OWN], "receive": "google", "dkim": {"s1": {"generate": "rsa"}}, **email}
    return {
        "domain": DOMAIN,
        "hosts": {"@": {"address": "203.0.113.10"}},
        "email": given,
        "tls": {"dnssec": False},
    }


POLICY = {"mta_sts": {"mode": "enforce", "max_age": "7d"}, "tls_rpt": [f"mailto:tls@{DOMAIN}"]}


def _worker(scene: Scene) -> WorkerPlan:
    return declare(scene.client).workers[0]


def _serves(text: str) -> Break:
    """The Worker's policy is another one."""

    async def breaks(scene: Scene) -> None:
        await scene.api.put_script(_worker(scene), POLICY=text)

    return breaks


async def _another_key(scene: Scene) -> None:
    wanted = {"name": S1, "type": "TXT"}
    await scene.api.change_records(scene.zone_id, wanted, content=f'"{pair("ed25519", "other").record}"')


async def _old_key(scene: Scene) -> None:
    scene.outputs[DKIM_OUTPUT]["s1"]["created"] = "2019-01-31T10:00:00Z"


async def _another_id(scene: Scene) -> None:
    wanted = {"name": f"_mta-sts.{DOMAIN}", "type": "TXT"}
    await scene.api.change_records(scene.zone_id, wanted, content='"v=STSv1; id=20190131"')


async def _no_route(scene: Scene) -> None:
    for route in await scene.api.call("GET", f"/zones/{scene.zone_id}/workers/routes"):
        await scene.api.call("DELETE", f"/zones/{scene.zone_id}/workers/routes/{route['id']}")


async def _redirected(scene: Scene) -> None:
    where = f'http.host eq "{STS}"'
    await scene.api.redirect_rules(scene.zone_id, [rule(where, {"value": f"https://{DOMAIN}/"})])


def _policy(mode: str = "enforce", mx: str = "smtp.google.com", age: int = 604_800) -> str:
    return f"version: STSv1\r\nmode: {mode}\r\nmx: {mx}\r\nmax_age: {age}\r\n"


def _trips(*ids: str) -> frozenset[str]:
    return frozenset(i if i.startswith("dns.") else f"email_auth.{i}" for i in ids)


GOOD: dict[str, Twin] = {
    "mails with a generated key, SES of its own and MTA-STS": Twin(
        client(
            senders=["google", "ses", OWN],
            dkim={"s1": {"generate": "rsa", "sender": "app"}, "e1": {"generate": "ed25519", "sender": "app"}},
            ses={"region": "eu-west-1", "mail_from": "bounce"},
            **POLICY,
        ),
        frozenset(),
    ),
    "a revoked key, and one that is retired for a while": Twin(
        client(
            dkim={
                "s0": {"generate": "rsa", "revoked": True},
                "s1": {"generate": "rsa", "until": "2199-01-31"},
                "s2": {"generate": "rsa"},
            }
        ),
        frozenset(),
    ),
}

TWINS: dict[str, Twin] = {
    "created: another key is served than was made": Twin(
        client(), _trips("dkim.declared", *LIVE), _another_key
    ),
    "created: the key is years old": Twin(client(), _trips("dkim.age"), _old_key),
    "created: a retired key is served for ever": Twin(
        client(dkim={"s0": {"generate": "rsa", "until": "2019-01-31"}, "s1": {"generate": "rsa"}}),
        _trips("dkim.retired"),
    ),
    "created: the MTA-STS policy lacks the mail host": Twin(
        client(**POLICY), _trips("mta_sts.hosts", "mta_sts.declared"), _serves(_policy(mx="mx.other.example"))
    ),
    "created: the MTA-STS policy is weaker than declared": Twin(
        client(**POLICY), _trips("mta_sts.declared"), _serves(_policy(mode="testing"))
    ),
    "created: the MTA-STS policy is none": Twin(
        client(**POLICY), _trips("mta_sts.policy", "mta_sts.declared"), _serves("hello")
    ),
    "created: the MTA-STS policy has no Worker": Twin(
        client(**POLICY), _trips("mta_sts.policy", "mta_sts.declared"), _no_route, rows=("email_auth",)
    ),
    "created: the MTA-STS policy is redirected": Twin(
        client(**POLICY), _trips("mta_sts.policy", "mta_sts.declared"), _redirected, rows=("email_auth",)
    ),
    "created: the MTA-STS id stays when the policy changes": Twin(
        client(**POLICY), _trips("mta_sts.declared", *LIVE), _another_id
    ),
}
