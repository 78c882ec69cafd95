"""DKIM signatures of a message (RFC 6376, RFC 8301): read, and verified by dkimpy. Pure: DNS is a function.

dkimpy does the canonicalisation and the arithmetic. What a hostile message could do to it is refused before:
long signatures, endless white space (its canonicalisation is quadratic in that), huge keys. It does not ask
that From is signed, so that is asked here. Ed25519 signatures (RFC 8463) are reported as not judged.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from launchready.mailauth.dkim import parse_key, selector_name
from launchready.mailauth.dns import Answer, Lookup, is_name, normal, texts
from launchready.mailauth.tags import parse_tags

MAX_SIGNATURES = 8
MAX_SIGNATURE = 4_096
"""Characters of one signature's header."""
MAX_HEADERS = 256 * 1024
"""Bytes of all header fields."""
MAX_BLANKS = 20_000_000
"""Sum of the squares of the lengths of runs of white space."""
MAX_BITS = 8_192
"""Of an RSA key: verifiers need not take more than 4096 (RFC 8301 §3.2)."""
_BLANKS = re.compile(rb"[\t ]{8,}")
_FOLDED = re.compile(rb"\r?\n[\t ]+")

Result = Literal["pass", "fail", "temperror", "permerror", "unsupported"]


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. ``domain``: d=; ``identity``: i= or "". ``signed``: names of the signed fields, h=.

    ``length``: l= was given, so that text may be added. ``failure``: DNS's, where the key could not be read.
    """

    domain: str
    selector: str
    algorithm: str
    result: Result
    detail: str = ""
    identity: str = ""
    signed: tuple[str, ...] = ()
    bits: int = 0
    testing: bool = False
    length: bool = False
    failure: str | None = None

    @property
    def key_name(self) -> str:
        return selector_name(self.selector, self.domain)


def signatures(raw: bytes) -> Iterator[Signature]:
    """The signatures of a message, from the top, as written; ``permerror`` where they can't count."""
    head, _, _ = raw[: MAX_HEADERS + 4].replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = re.split(rb"\n(?![\t ])", head)
    found = 0
    for field in fields:
        name, colon, value = field.partition(b":")
        if colon and name.strip().lower() == b"dkim-signature":
            found += 1
            if found > MAX_SIGNATURES:
                return
            yield _read(_FOLDED.sub(b" ", value), len(field))


def _read(value: bytes, size: int) -> Signature:
    if size > MAX_SIGNATURE:
        return Signature("", "", "", "permerror", f"the signature has {size} characters")
    tags = parse_tags(value.decode("ascii", "replace"))
    domain, selector = normal(tags.get("d") or ""), normal(tags.get("s") or "")
    algorithm = (tags.get("a") or "").lower()
    signed = tuple(word.strip().lower() for word in (tags.get("h") or "").split(":") if word.strip())
    signature = Signature(
        domain[:253], selector[:253], algorithm[:32], "fail", identity=(tags.get("i") or "")[:320],
        signed=signed, length=tags.get("l") is not None,
    )  # fmt: skip
    wrong = ""
    if tags.problems:
        wrong = "; ".join(tags.problems)[:200]
    elif not is_name(signature.key_name) or "." not in domain:
        wrong = "d= and s= are no names"
    elif algorithm == "rsa-sha1":
        wrong = "rsa-sha1 must not be used any more (RFC 8301 §3.1)"
    elif "from" not in signed:
        wrong = "From is not signed (RFC 6376 §5.4)"
    if wrong:
        return replace(signature, result="permerror", detail=wrong)
    if algorithm != "rsa-sha256":
        return replace(signature, result="unsupported", detail=f"{algorithm or 'no algorithm'} is not judged")
    return signature


def key_names(raw: bytes) -> tuple[str, ...]:
    """The names at which the keys are that ``verify`` will ask for."""
    return tuple(dict.fromkeys(one.key_name for one in signatures(raw) if one.result == "fail"))


def verify(raw: bytes, lookup: Lookup) -> tuple[Signature, ...]:
    """Every signature with its verdict. What ``lookup`` raises passes through; a message does no harm."""
    found = tuple(signatures(raw))
    reason = _refused(raw)
    if reason:
        return tuple(replace(one, result="permerror", detail=reason) for one in found)
    return tuple(
        _verified(raw, number, one, lookup) if one.result == "fail" else one
        for number, one in enumerate(found)
    )


def _refused(raw: bytes) -> str:
    """Why a message is not looked at closely; "" when it is."""
    end = re.search(rb"\r?\n\r?\n", raw[: MAX_HEADERS + 4])
    if end is None and len(raw) > MAX_HEADERS:
        return f"the header fields have more than {MAX_HEADERS} bytes"
    if sum((run.end() - run.start()) ** 2 for run in _BLANKS.finditer(raw)) > MAX_BLANKS:
        return "it has longer white space than mail is sent with"
    return ""


def _verified(raw: bytes, number: int, signature: Signature, lookup: Lookup) -> Signature:
    answer = lookup(signature.key_name, "TXT")
    signature, record = _with_key(signature, answer)
    if record is None:
        return signature
    import dkim  # lazily: only a signed message needs it

    def published(_name: bytes, timeout: int = 5) -> bytes:
        return record.encode("latin-1", "replace")

    try:
        valid = bool(dkim.DKIM(raw, minkey=1024).verify(idx=number, dnsfunc=published))
    except (dkim.DKIMException, binascii.Error, ValueError, LookupError, TypeError, AssertionError) as error:
        words = str(error).partition("(")[0].strip()
        return replace(signature, detail=words[:200] or type(error).__name__)
    if valid:
        return replace(signature, result="pass", detail="")
    return replace(signature, detail="the signature does not fit the message and the published key")


def _with_key(signature: Signature, answer: Answer) -> tuple[Signature, str | None]:
    """The signature with what its key says, and the key's record when it can be used."""
    if answer.failure is not None:
        detail = f"TXT of {signature.key_name}: {answer.failure}"
        return replace(signature, result="temperror", detail=detail, failure=answer.failure), None
    records = texts(answer.data)
    if not records:
        return replace(signature, result="permerror", detail=f"no key at {signature.key_name}"), None
    if len(records) > 1:
        detail = f"{len(records)} records at {signature.key_name}"
        return replace(signature, result="permerror", detail=detail), None
    key = parse_key(records[0])
    signature = replace(signature, bits=key.bits, testing=key.testing)
    wrong = "the key is revoked" if key.revoked else "; ".join(key.problems)
    if not wrong and key.type != "rsa":
        wrong = f"a key of type {key.type} for an RSA signature"
    if not wrong and key.bits > MAX_BITS:
        wrong = f"a key of {key.bits} bits"
    if not wrong and key.strict_domain and _of_identity(signature) != signature.domain:
        wrong = "t=s, and i= is a subdomain"
    if wrong:
        return replace(signature, result="permerror", detail=wrong), None
    return signature, records[0]


def _of_identity(signature: Signature) -> str:
    return normal(signature.identity.rpartition("@")[2]) if signature.identity else signature.domain
