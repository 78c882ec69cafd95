"""Several independent looks at one host become one result, or a typed disagreement.

After a deployment some edges still show the old one; three connections that differ prove nothing yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import TypeVar
from urllib.parse import urlsplit

from launchready.evidence.placeholders import placeholder
from launchready.evidence.types import Cause, HttpResult, TlsResult

T = TypeVar("T", TlsResult, HttpResult)
_FRESH = re.compile(r"'(?:nonce|sha256|sha384|sha512)-[^' ]*'")


def agreed_tls(results: Sequence[TlsResult]) -> TlsResult:
    """The common outcome of several handshakes.

    Different certificates that are all trusted are no disagreement (servers behind one name may hold one
    each); the one that expires first is kept, since it is the one to judge.
    """
    result = _agreed(results, lambda r: (r.cause, r.version, r.alpn, r.trusted))
    leaves = {r.chain[0] for r in results if r.chain}
    if result.cause is not None or len(leaves) < 2:
        return result
    return min((r for r in results if r.chain), key=_not_after)


def agreed_http(results: Sequence[HttpResult]) -> HttpResult:
    """The common outcome of several requests: status, where to, and the transport policy."""
    result = _agreed(results, _seen)
    if result.cause is None and result.status == 200:
        title = placeholder(result)
        if title is not None:
            return replace(result, cause=Cause.PLACEHOLDER, detail=f"a placeholder page: {title!r}")
    return result


def _seen(result: HttpResult) -> Hashable:
    """What must not differ. A Location's query may (state), and so may bodies and a policy's nonces."""
    location = urlsplit(result.header("location") or "")
    where = (location.scheme, location.netloc, location.path)
    return result.cause, result.status, where, result.header("strict-transport-security"), _policy(result)


def _policy(result: HttpResult) -> str:
    """The content policy, without what is new in every answer or page."""
    return _FRESH.sub("", result.header("content-security-policy") or "")


def _agreed(results: Sequence[T], seen: Callable[[T], Hashable]) -> T:
    kinds: dict[Hashable, list[T]] = {}
    for result in results:
        kinds.setdefault(seen(result), []).append(result)
    if len(kinds) == 1:
        return results[0]
    words = "; ".join(f"{len(same)}× {_words(same[0])}" for same in kinds.values())
    detail = f"{len(results)} connections disagree: {words}"
    return replace(results[0], cause=Cause.DISAGREE, detail=detail)


def _words(result: TlsResult | HttpResult) -> str:
    if result.cause is not None:
        return f"{result.cause} ({result.detail})" if result.detail else str(result.cause)
    if isinstance(result, TlsResult):
        return f"{result.version}, trusted: {result.trusted}"
    location = result.header("location")
    policy = _policy(result)
    shown = f" to {location}" if location else f" with the policy {policy[:60]!r}" if policy else ""
    return f"{result.status}{shown}"


def _not_after(result: TlsResult) -> float:
    """Lazy import: only a host with several certificates needs the parser here."""
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(result.chain[0]).not_valid_after_utc.timestamp()
    except ValueError:
        return 0.0
