"""A small mail world for the checks of row email_auth: what a client declares, served, then broken.

The world is the declared records plus the presets' outside names; a test changes what is served and
asks the checks, through the real verification engine, what they see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import launchready.checklist.email_auth  # noqa: F401 - registers the checks
from launchready.checklist.registry import REGISTRY, Outcome, Status
from launchready.client_file.model import ClientFile
from launchready.declared import declare, resolve
from launchready.declared.types import Declared
from launchready.evidence.limits import Limits
from launchready.evidence.types import (
    Cause,
    DnsProbe,
    DnsResult,
    HttpProbe,
    HttpResult,
    Probe,
    Result,
    RRset,
    TlsProbe,
    TlsResult,
)
from launchready.mailauth.presets import patterned_records, world_records
from launchready.verify.engine import Run
from tests.bad_twins.created import outputs_of

DOMAIN = "acme.example"
KEY = world_records()["*.dkim.amazonses.com"]["TXT"][0].replace('" "', "").strip('"').partition("p=")[2]
TOKEN = "abcdefghijklmnopqrstuvwxyz234567"

MAILS = {
    "senders": ["google", "ses"],
    "receive": "google",
    "dkim": {"google": {"public_key": KEY}, TOKEN: {"cname": f"{TOKEN}.dkim.amazonses.com"}},
}
NEVER: dict[str, object] = {"senders": []}


NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny-ps" viewBox="0 0 64 64">'
    b'<title>Acme</title><rect width="64" height="64" fill="#123456"/></svg>'
)


def client(email: object, domain: str = DOMAIN, **more: object) -> ClientFile:
    return ClientFile.model_validate(
        {"domain": domain, "hosts": {"@": {"address": "203.0.113.10"}}, "email": email, **more}
    )


@dataclass
class World:
    """name → type → rdata in presentation form, or a Cause that the name answers with."""

    names: dict[str, dict[str, list[str] | Cause]] = field(default_factory=dict)
    pages: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    """URL → status, content type, body; what is not among them refuses the connection."""
    untrusted: set[str] = field(default_factory=set)
    """Hosts whose certificate nobody trusts."""

    @classmethod
    def of(cls, declared: Declared) -> World:
        names: dict[str, dict[str, list[str] | Cause]] = {
            name: {t: list(v) for t, v in types.items()} for name, types in world_records().items()
        }
        for record in declared.records:
            rdata = record.content
            if record.type == "MX":
                rdata = f"{record.priority} {record.content.rstrip('.')}."
            elif record.type == "CNAME":
                rdata = record.content.rstrip(".") + "."
            found = names.setdefault(record.name, {}).setdefault(record.type, [])
            assert isinstance(found, list)
            found.append(rdata)
        pages = {f"https://{declared.domain}/logo.svg": (200, "image/svg+xml", LOGO)}
        for worker in declared.workers:
            url = f"https://{worker.host}/.well-known/mta-sts.txt"
            pages[url] = (200, "text/plain; charset=utf-8", worker.bindings[0].text.encode())
        return cls(names, pages)

    def put(self, name: str, rdtype: str, *rdata: str) -> World:
        """Serve these instead; none = the type is gone. TXT is given without quotes."""
        quoted = [f'"{value}"' for value in rdata] if rdtype == "TXT" else list(rdata)
        if quoted:
            self.names.setdefault(name, {})[rdtype] = quoted  # type: ignore[assignment]
        else:
            self.names.get(name, {}).pop(rdtype, None)
        return self

    def fail(self, name: str, rdtype: str, cause: Cause = Cause.SERVFAIL) -> World:
        self.names.setdefault(name, {})[rdtype] = cause
        return self

    def txt(self, name: str) -> str:
        from launchready.mailauth.dns import text_of

        found = self.names[name]["TXT"]
        assert isinstance(found, list)
        return text_of(found[0])

    def answer(self, probe: DnsProbe) -> DnsResult:
        name, chain = probe.name, []
        for _hop in range(8):
            types = self._types(name)
            found = types.get(probe.rdtype)
            if isinstance(found, Cause):
                return DnsResult(probe, "127.0.0.1", found)
            if found:
                rrset = RRset(name, probe.rdtype, 300, tuple(found))
                return DnsResult(probe, "127.0.0.1", None, (*chain, rrset))
            alias = types.get("CNAME")
            if not isinstance(alias, list):
                break
            chain.append(RRset(name, "CNAME", 300, tuple(alias)))
            name = alias[0].rstrip(".")
        cause = Cause.NODATA if self._types(name) else Cause.NXDOMAIN
        return DnsResult(probe, "127.0.0.1", cause, tuple(chain))

    def _types(self, name: str) -> Mapping[str, list[str] | Cause]:
        if name in self.names:
            return self.names[name]
        if (types := patterned_records(name)) is not None:
            return {rdtype: list(data) for rdtype, data in types.items()}
        labels = name.split(".")
        for index in range(1, len(labels)):
            wildcard = ".".join(["*", *labels[index:]])
            if wildcard in self.names:
                return self.names[wildcard]
        return {"": []} if any(other.endswith("." + name) for other in self.names) else {}

    async def collect(
        self, probes: Iterable[Probe], on_result: object = None
    ) -> Mapping[str, tuple[Result, ...]]:
        return {
            probe.id: (self._result(probe),)
            for probe in probes
            if isinstance(probe, DnsProbe | HttpProbe | TlsProbe)
        }

    def _result(self, probe: DnsProbe | HttpProbe | TlsProbe) -> Result:
        if isinstance(probe, DnsProbe):
            return self.answer(probe)
        if isinstance(probe, HttpProbe):
            return self.page(probe)
        bad = probe.host in self.untrusted
        return TlsResult(probe, None, trusted=not bad, trust_error="self-signed" if bad else "")

    def page(self, probe: HttpProbe) -> HttpResult:
        if probe.url not in self.pages:
            return HttpResult(probe, Cause.CONNECTION_REFUSED)
        status, kind, body = self.pages[probe.url]
        return HttpResult(probe, None, status, (("content-type", kind),), body)


async def judge(
    email: object,
    world: World | None = None,
    declared: Declared | None = None,
    domain: str = DOMAIN,
    **more: object,
) -> dict[str, list[Outcome]]:
    """Every email check's outcomes over what the world serves. ``more``: other keys of the client file."""
    asked = client(email, domain, **{key: value for key, value in more.items() if key != "created"})
    stated = stated_by(asked, more.get("created")) if declared is None else declared
    served = World.of(stated) if world is None else world
    checks = [check for check in REGISTRY if check.row == "email_auth"]
    outcomes = await Run(asked, stated, {"now": NOW}, served, rounds=Limits().rounds).outcomes(checks)
    return {check_id: list(found) for check_id, found in outcomes.items()}


def stated_by(asked: ClientFile, created: object = None) -> Declared:
    """What a file declares, completed by what a launch would have created (keys on the day ``created``)."""
    declared = declare(asked)
    outputs = outputs_of(declared)
    for key in outputs.get("dkim_keys", {}).values():
        key["created"] = created or NOW.isoformat()
    return resolve(declared, outputs)


def world(email: object, **more: object) -> World:
    """What is served when everything is as declared."""
    asked = client(email, **{key: value for key, value in more.items() if key != "created"})
    return World.of(stated_by(asked))


def failing(outcomes: Mapping[str, list[Outcome]]) -> set[str]:
    return _having(outcomes, Status.FAIL)


def undecided(outcomes: Mapping[str, list[Outcome]]) -> set[str]:
    return _having(outcomes, Status.INCONCLUSIVE)


def _having(outcomes: Mapping[str, list[Outcome]], status: Status) -> set[str]:
    prefix = "email_auth."
    return {i.removeprefix(prefix) for i, found in outcomes.items() if any(o.status is status for o in found)}
