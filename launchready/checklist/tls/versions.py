"""What a host agrees to speak: TLS versions one at a time, ciphers, HTTP/2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.tls.hosts import OWN_SERVER, handshakes, hosts, stand_in
from launchready.evidence.types import Cause, Probe, TlsProbe, TlsResult

VERSIONS = ("1.0", "1.1", "1.2", "1.3")
LEAST = "1.2"
"""Older ones must not be used at all (RFC 8996)."""
REFUSALS = frozenset(
    {"protocol_version", "handshake_failure", "insufficient_security", "inappropriate_fallback"}
)
"""Alerts that say no to what was offered. A reset or a time-out says nothing."""


def is_refused(result: TlsResult) -> bool:
    return result.cause is Cause.TLS and result.alert in REFUSALS


def _unreachable(subject: Subject, host: str) -> Outcome | None:
    """A host that refuses every handshake refuses old versions too: that proves nothing."""
    result = subject.evidence.tls(host)
    return undecided(host, result) if result.cause is not None else None


def _judged_hosts(subject: Subject) -> list[str]:
    return [host for host in hosts(subject) if not stand_in(subject, host)]


def _stand_ins(subject: Subject) -> list[Outcome]:
    return [not_applicable(host, OWN_SERVER) for host in hosts(subject) if stand_in(subject, host)]


def _minimum(subject: Subject) -> str:
    return LEAST if subject.evidence.public else subject.client.tls.min_version


def _offers(subject: Subject) -> Iterator[Probe]:
    minimum = max(_minimum(subject), LEAST)
    for host in _judged_hosts(subject):
        for version in VERSIONS:
            if version < minimum or version == _minimum(subject):
                yield TlsProbe(host, version=version)


@check(
    "tls.version.minimum",
    severity=Severity.HIGH,
    needs=[handshakes, _offers],
    reference="RFC 8996 §2",
    defect="a host accepts a TLS version below the declared minimum, or refuses the minimum itself",
    fix=Fix("launchready:tls.min_version", 'set it to "1.2" or "1.3", and run `launch up`'),
)
def old_versions_are_refused(subject: Subject) -> Iterable[Outcome]:
    """Each host refuses every version below the declared minimum (at least 1.2), and accepts that one."""
    for host in _judged_hosts(subject):
        yield _unreachable(subject, host) or _version_outcome(subject, host)
    yield from _stand_ins(subject)


def _version_outcome(subject: Subject, host: str) -> Outcome:
    declared = _minimum(subject)
    minimum = max(declared, LEAST)
    offers = {v: subject.evidence.tls(host, version=v) for v in VERSIONS if v < minimum or v == declared}
    expected = f"TLS {minimum} and newer only"
    evidence = [result.probe.id for result in offers.values()]
    accepted = [version for version, result in offers.items() if version < minimum and result.cause is None]
    if accepted:
        return failed(host, f"accepts TLS {', '.join(accepted)}", expected=expected, evidence=evidence)
    for version, result in offers.items():
        if version < minimum and not is_refused(result):
            return undecided(host, result, expected=f"TLS {version} refused by an alert")
    own = offers[declared]
    if declared >= LEAST and is_refused(own):
        return failed(host, f"refuses TLS {declared}", expected=expected, evidence=evidence)
    if declared >= LEAST and own.cause is not None:
        return undecided(host, own, expected=f"TLS {declared} accepted")
    return passed(host, f"refuses everything below TLS {minimum}", expected=expected, evidence=evidence)


def _newest(subject: Subject) -> Iterator[Probe]:
    return (TlsProbe(host, version="1.3") for host in _judged_hosts(subject))


@check(
    "tls.version.newest",
    severity=Severity.MEDIUM,
    needs=[handshakes, _newest],
    reference="RFC 9325 §3.1.1",
    defect="TLS 1.3 is not offered, or offered although it is declared off",
    fix=Fix("launchready:tls.tls13", "set it to true, and run `launch up`"),
)
def tls13_is_offered_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Each host speaks TLS 1.3 exactly when ``tls.tls13`` says so (without a client file: always)."""
    wanted = subject.evidence.public or subject.client.tls.tls13
    expected = "TLS 1.3 accepted" if wanted else "TLS 1.3 refused"
    for host in _judged_hosts(subject):
        result = subject.evidence.tls(host, version="1.3")
        evidence = [result.probe.id]
        silent = _unreachable(subject, host)
        if silent is not None:
            yield silent
        elif result.cause is not None and not is_refused(result):
            yield undecided(host, result, expected=expected)
        elif (result.cause is None) == wanted:
            yield passed(host, expected, expected=expected, evidence=evidence)
        else:
            observed = "refused" if result.cause is not None else "accepted"
            yield failed(host, observed, expected=expected, evidence=evidence)
    yield from _stand_ins(subject)


def _weak(subject: Subject) -> Iterator[Probe]:
    return (TlsProbe(host, weak=True) for host in _judged_hosts(subject))


@check(
    "tls.cipher.weak",
    severity=Severity.HIGH,
    needs=[handshakes, _weak],
    reference="RFC 9325 §4.1",
    defect="a host accepts a cipher without encryption or authentication, or a broken one (RC4, DES, 3DES)",
    fix=Fix("launchready:tls.min_version", "raise it, or configure the ciphers of the host's own server"),
)
def broken_ciphers_are_refused(subject: Subject) -> Iterable[Outcome]:
    """Offered nothing but broken ciphers, each host refuses."""
    for host in _judged_hosts(subject):
        result = subject.evidence.tls(host, weak=True)
        if result.cause is None:
            yield failed(host, f"accepts {result.cipher}", expected="a refusal", evidence=[result.probe.id])
        elif is_refused(result):
            refused = passed(host, f"refused: {result.alert}", evidence=[result.probe.id])
            yield _unreachable(subject, host) or refused
        else:
            yield undecided(host, result, expected="a refusal by an alert")
    yield from _stand_ins(subject)


@check(
    "tls.cipher.forward_secrecy",
    severity=Severity.MEDIUM,
    needs=[handshakes],
    reference="RFC 9325 §4.2",
    defect="the cipher that is agreed on lacks forward secrecy or authenticated encryption",
    fix=Fix("launchready:tls.tls13", "turn TLS 1.3 on, or prefer ECDHE with GCM at the host's own server"),
)
def the_agreed_cipher_is_modern(subject: Subject) -> Iterable[Outcome]:
    """What a modern client and the host agree on has forward secrecy and authenticated encryption."""
    for host in _judged_hosts(subject):
        result = subject.evidence.tls(host)
        cipher = result.cipher or ""
        if result.cause is not None:
            yield undecided(host, result)
        elif _is_modern(cipher):
            yield passed(host, cipher, evidence=[result.probe.id])
        else:
            yield failed(host, cipher, expected="(EC)DHE with GCM or ChaCha20", evidence=[result.probe.id])
    yield from _stand_ins(subject)


def _is_modern(cipher: str) -> bool:
    """By OpenSSL's names: TLS 1.3's all are; before, the key exchange comes first."""
    if cipher.startswith("TLS_"):
        return True
    return cipher.startswith(("ECDHE-", "DHE-")) and any(
        kind in cipher for kind in ("GCM", "CHACHA20", "CCM")
    )


@check(
    "tls.alpn.http2",
    severity=Severity.LOW,
    needs=[handshakes],
    reference="RFC 9113 §3.2",
    defect="HTTP/2 is not offered",
    fix=Fix("launchready:hosts", "proxy the host, or turn HTTP/2 on at its own server"),
)
def http2_is_offered(subject: Subject) -> Iterable[Outcome]:
    """Each host chooses h2 when a client offers it (ALPN)."""
    for host in _judged_hosts(subject):
        result = subject.evidence.tls(host)
        if result.cause is not None:
            yield undecided(host, result)
        elif result.alpn == "h2":
            yield passed(host, "h2", evidence=[result.probe.id])
        else:
            yield failed(host, result.alpn or "no ALPN", expected="h2", evidence=[result.probe.id])
    yield from _stand_ins(subject)
