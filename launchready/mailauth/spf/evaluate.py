"""``check_host``: may this address send for this domain (RFC 7208 §4)?"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from launchready.mailauth.dns import Lookup, is_name, mx_hosts, normal, texts
from launchready.mailauth.quotas import SPF_LOOKUPS, SPF_MX_HOSTS, SPF_PTR_NAMES, SPF_VOID_LOOKUPS
from launchready.mailauth.spf import macros
from launchready.mailauth.spf.syntax import Mechanism, Qualifier, Record, is_explanation, parse, select

MAX_LOOKUPS = SPF_LOOKUPS
MAX_VOID = SPF_VOID_LOOKUPS
MAX_MX = SPF_MX_HOSTS
MAX_PTR = SPF_PTR_NAMES

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Result(StrEnum):
    """RFC 7208 §2.6."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105 - a result
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


class Fault(StrEnum):
    """Why an evaluation can't end in a verdict. DNS is the temporary one."""

    NO_RECORD = "no_record"
    MANY_RECORDS = "many_records"
    SYNTAX = "syntax"
    LOOKUPS = "lookups"
    VOID = "void"
    LOOP = "loop"
    MX_FANOUT = "mx_fanout"
    INCLUDE_NONE = "include_none"
    DNS = "dns"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``check_host`` found. ``matched``: the term that decided; ``explanation``: the domain's own."""

    result: Result
    matched: str | None = None
    fault: Fault | None = None
    detail: str = ""
    explanation: str | None = None
    lookups: int = 0
    voids: int = 0


_BY_QUALIFIER = {
    Qualifier.PASS: Result.PASS,
    Qualifier.FAIL: Result.FAIL,
    Qualifier.SOFTFAIL: Result.SOFTFAIL,
    Qualifier.NEUTRAL: Result.NEUTRAL,
}


class _Stop(Exception):  # noqa: N818 - ends the evaluation, caught in check_host
    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault


def check_host(
    ip: str | Address,
    domain: str,
    sender: str,
    helo: str,
    lookup: Lookup,
    *,
    receiver: str = "unknown",
    now: int = 0,
) -> Verdict:
    """Evaluate SPF of ``domain`` for a client at ``ip`` that says MAIL FROM ``sender``, HELO ``helo``.

    ``now``: seconds since 1970, for the macro ``%{t}``. What ``lookup`` raises passes through.
    """
    name = normal(domain)
    if not is_name(name) or "." not in name:
        return Verdict(Result.NONE, detail=f"{domain!r} is no domain name of several labels")
    run = _Evaluation(ip, name, sender, helo, lookup, receiver, now)
    try:
        result, matched, explanation = run.evaluate(name)
    except _Stop as stop:
        result = Result.TEMPERROR if stop.fault is Fault.DNS else Result.PERMERROR
        return Verdict(result, None, stop.fault, str(stop), None, run.lookups, run.voids)
    return Verdict(result, matched, None, "", explanation, run.lookups, run.voids)


class _Evaluation:
    """The state of one evaluation: counters, and the values of macros."""

    def __init__(
        self,
        ip: str | Address,
        domain: str,
        sender: str,
        helo: str,
        lookup: Lookup,
        receiver: str,
        now: int,
    ) -> None:
        address = ipaddress.ip_address(ip) if isinstance(ip, str) else ip
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        self.ip: Address = mapped or address
        self.lookup = lookup
        self.lookups = 0
        self.voids = 0
        local, _at, host = (sender or f"postmaster@{helo}").rpartition("@")
        self.values = {
            "l": local or "postmaster",
            "o": normal(host) if host else domain,
            "h": helo,
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "i": str(self.ip) if self.ip.version == 4 else ".".join(self.ip.exploded.replace(":", "")),
            "c": str(self.ip),
            "r": receiver,
            "t": str(now),
        }
        self.values["s"] = f"{self.values['l']}@{self.values['o']}"

    # --- DNS -----------------------------------------------------------------------------------

    def ask(self, name: str, rdtype: str) -> tuple[str, ...]:
        """Rdata; counts void look-ups. A name that DNS can't be asked for has no data."""
        if not is_name(name):
            return ()
        answer = self.lookup(normal(name), rdtype)
        if answer.failure is not None:
            raise _Stop(Fault.DNS, f"{rdtype} of {name}: {answer.failure}")
        if not answer.data:
            self.voids += 1
            if self.voids > MAX_VOID:
                raise _Stop(
                    Fault.VOID, f"more than {MAX_VOID} void look-ups, the last for {rdtype} of {name}"
                )
        return answer.data

    def count(self, term: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _Stop(Fault.LOOKUPS, f"more than {MAX_LOOKUPS} look-ups, at {term}")

    def addresses(self, name: str) -> list[Address]:
        rdtype = "A" if self.ip.version == 4 else "AAAA"
        return [ipaddress.ip_address(data) for data in self.ask(name, rdtype)]

    def record(self, domain: str) -> Record | None:
        found = select(texts(self.ask(domain, "TXT")))
        if len(found) > 1:
            raise _Stop(Fault.MANY_RECORDS, f"{domain} has {len(found)} SPF records")
        if not found:
            return None
        record = parse(found[0])
        if record.problems:
            raise _Stop(Fault.SYNTAX, f"{domain}: {record.problems[0]}")
        return record

    # --- RFC 7208 §4.6 -------------------------------------------------------------------------

    def evaluate(self, domain: str) -> tuple[Result, str | None, str | None]:
        """(result, deciding term, explanation) of one domain's record."""
        record = self.record(domain)
        if record is None:
            return Result.NONE, None, None
        for mechanism in record.mechanisms:
            if self.matches(mechanism, domain):
                result = _BY_QUALIFIER[mechanism.qualifier]
                told = self.explain(record, domain) if result is Result.FAIL else None
                return result, mechanism.text, told
        if record.redirect is None:
            return Result.NEUTRAL, None, None
        self.count("redirect=" + record.redirect)
        target = self.expand(record.redirect, domain)
        result, matched, told = self.evaluate(target) if is_name(target) else (Result.NONE, None, None)
        if result is Result.NONE:
            raise _Stop(Fault.NO_RECORD, f"redirect={target}, which has no SPF record")
        return result, matched, told

    def matches(self, mechanism: Mechanism, domain: str) -> bool:
        if mechanism.network is not None:
            return self.ip in mechanism.network
        if mechanism.name == "all":
            return True
        self.count(mechanism.text)
        target = domain if mechanism.domain is None else self.expand(mechanism.domain, domain)
        if mechanism.name == "include":
            return self.included(target)
        if mechanism.name == "exists":
            return bool(self.ask(target, "A"))
        if mechanism.name == "ptr":
            return any(name == target or name.endswith("." + target) for name in self.validated(domain))
        hosts = [target] if mechanism.name == "a" else self.exchanges(target)
        found = [address for host in hosts for address in self.addresses(host)]
        length = mechanism.cidr4 if self.ip.version == 4 else mechanism.cidr6
        return any(self.ip in ipaddress.ip_network((a, length), strict=False) for a in found)

    def included(self, target: str) -> bool:
        result, _, _ = self.evaluate(target) if is_name(target) else (Result.NONE, None, None)
        if result is Result.NONE:
            raise _Stop(Fault.INCLUDE_NONE, f"include:{target}, which has no SPF record")
        return result is Result.PASS

    def exchanges(self, target: str) -> list[str]:
        hosts = [host for _, host in mx_hosts(self.ask(target, "MX"))]
        if len(hosts) > MAX_MX:
            raise _Stop(Fault.MX_FANOUT, f"{target} has {len(hosts)} MX hosts, more than {MAX_MX}")
        return hosts

    def validated(self, domain: str) -> list[str]:
        """Names of the client that lead back to it (§5.5); a DNS error just validates nothing."""
        suffix = "in-addr.arpa" if self.ip.version == 4 else "ip6.arpa"
        reverse = ".".join(reversed(self.values["i"].split("."))) + "." + suffix
        valid = []
        for name in self.quietly(reverse, "PTR")[:MAX_PTR]:
            found = self.quietly(name, "A" if self.ip.version == 4 else "AAAA")
            if any(ipaddress.ip_address(data) == self.ip for data in found):
                valid.append(normal(name))
        return sorted(valid, key=lambda name: (name != domain, not name.endswith("." + domain)))

    def quietly(self, name: str, rdtype: str) -> tuple[str, ...]:
        try:
            return self.ask(name, rdtype)
        except _Stop as stop:
            if stop.fault is not Fault.DNS:
                raise
            return ()

    # --- macros ----------------------------------------------------------------------------------

    def value(self, letter: str, domain: str) -> str:
        if letter == "d":
            return domain
        if letter == "p":
            return next(iter(self.validated(domain)), "unknown")
        return self.values[letter]

    def expand(self, spec: str, domain: str) -> str:
        return macros.expand_domain(spec, lambda letter: self.value(letter, domain))

    def explain(self, record: Record, domain: str) -> str | None:
        """The domain's own words for a fail (§6.2); any trouble with them means none."""
        spec = record.modifier("exp")
        if spec is None:
            return None
        target = self.expand(spec, domain)
        answer = self.lookup(target, "TXT") if is_name(target) else None
        if answer is None or answer.failure is not None or len(answer.data) != 1:
            return None
        text = texts(answer.data)[0]
        if not text.isascii() or not is_explanation(text):
            return None
        return macros.expand(text, lambda letter: self.value(letter, domain))
