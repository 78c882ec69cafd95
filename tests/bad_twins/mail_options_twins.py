"""Bad twins of mail's further checks: flattened SPF, custom return paths, accepted reports, BIMI logos."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from launchready.edge.state import Zone
from tests.bad_twins.clients import DOMAIN, unsigned
from tests.bad_twins.email_auth_twins import MAILS, serve, txt
from tests.bad_twins.harness import Break, Scene, Twin

OWN = f"own.{DOMAIN}"
PATH = f"mail.{DOMAIN}"
REPORT = f"client.example._report._dmarc.{DOMAIN}"
TODAY = datetime.now(UTC).date()
LOGO_URL = f"https://{DOMAIN}/logo.svg"
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">'
    '<title>Acme</title><rect width="64" height="64" fill="#123456"/></svg>'
)
SES = {"preset": "ses", "region": "eu-west-1", "return_path": "mail"}
MISSING = ("dns.record.served",)
OTHER = ("dns.record.served", "dns.record.undeclared")


def flattened(now: str, *taken: str, on: str = str(TODAY)) -> dict[str, Any]:
    """A client whose own sender has an include that says ``now``, and of which the file has ``taken``."""
    own = {"name": "own", "spf": [f"include:{OWN}"]}
    email = MAILS | {"senders": [*MAILS["senders"], own], "spf": {"flatten": ["own"]}}
    snapshot = {"taken": on, "includes": {OWN: list(taken)}}
    return unsigned(email=email, records=[txt("own", f"v=spf1 {now} -all")], spf_flattened=snapshot)


def mails(**options: Any) -> dict[str, Any]:
    return unsigned(email=MAILS | options)


def _trips(*ids: str) -> frozenset[str]:
    return frozenset(i if i.startswith("dns.") else f"email_auth.{i}" for i in ids)


def _served(change: Callable[[Zone], None]) -> Break:
    async def breaks(scene: Scene) -> None:
        change(scene.state.zones[scene.zone_id])
        scene.state.changed()

    return breaks


def _logo(body: str = LOGO, kind: str = "image/svg+xml") -> Break:
    async def breaks(scene: Scene) -> None:
        scene.pages("203.0.113.10", {"/logo.svg": {"headers": {"content-type": kind}, "body": body}})

    return breaks


_RETURN = mails(senders=["google", SES])
_REPORTS = mails(dmarc={"accept_reports_from": ["client.example"]})
_EVERYONE = mails(dmarc={"accept_reports_from": ["*"]})
_BRAND = mails(bimi={"logo": LOGO_URL, "avatar": "brand"})

GOOD: dict[str, Twin] = {
    "flattened SPF, return paths, accepted reports, a logo": Twin(
        flattened("ip4:192.0.2.1 ip4:192.0.2.0", "ip4:192.0.2.0/31")
        | {
            "email": flattened("")["email"]
            | {
                "senders": ["google", SES, {"name": "own", "spf": [f"include:{OWN}"]}],
                "dmarc": {"accept_reports_from": ["*"]},
                "bimi": {"logo": LOGO_URL},
                "tls_rpt": [f"mailto:tls@{DOMAIN}", f"https://{DOMAIN}/tls-reports"],
            }
        },
        frozenset(),
        _logo(),
    ),
}

TWINS: dict[str, Twin] = {
    "email: flattened SPF lacks an address": Twin(
        flattened("ip4:192.0.2.1 ip4:192.0.2.9", "ip4:192.0.2.1"), _trips("spf.flattened.fresh")
    ),
    "email: flattened SPF admits a refused address": Twin(
        flattened("-ip4:192.0.2.7 ip4:192.0.2.0/24", "ip4:192.0.2.0/24"), _trips("spf.flattened.extra")
    ),
    "email: flattened SPF is old": Twin(
        flattened("ip4:192.0.2.1", "ip4:192.0.2.1", on=str(TODAY - timedelta(days=40))),
        _trips("spf.flattened.age"),
    ),
    "email: return path without SPF": Twin(
        _RETURN, _trips("return_path.spf", *MISSING), _served(serve(PATH, "TXT"))
    ),
    "email: return path in another region": Twin(
        _RETURN,
        _trips("return_path.bounces", *OTHER),
        _served(serve(PATH, "MX", "feedback-smtp.us-east-1.amazonses.com", priority=10)),
    ),
    "email: reports of a client are not accepted": Twin(
        _REPORTS, _trips("dmarc.accepts_reports", *MISSING), _served(serve(REPORT, "TXT"))
    ),
    "email: reports of nobody are accepted": Twin(
        _EVERYONE,
        _trips("dmarc.accepts_reports", *MISSING),
        _served(serve(f"*._report._dmarc.{DOMAIN}", "TXT")),
    ),
    "email: BIMI logo with a script": Twin(
        _BRAND, _trips("bimi.logo"), _logo(LOGO.replace("<title>", "<script>alert(1)</script><title>"))
    ),
    "email: BIMI logo served as text": Twin(_BRAND, _trips("bimi.logo"), _logo(kind="text/plain")),
}
