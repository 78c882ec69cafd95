"""What policy a page has: its headers', its <meta> elements', and what it contains that they judge."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from launchready.checklist.answers import values
from launchready.evidence.types import HttpResult
from launchready.websec.csp import Policy, PolicyError, parse_values
from launchready.websec.csp_judge import sources

HEADER = "content-security-policy"
REPORT_HEADER = "content-security-policy-report-only"
_SCRIPT_TYPES = ("", "module", "text/javascript", "application/javascript", "text/ecmascript")


@dataclass(frozen=True, slots=True)
class InlineScript:
    """A script that stands in the page; ``shown``: its beginning."""

    text: str
    nonce: str

    @property
    def shown(self) -> str:
        words = " ".join(self.text.split())
        return words if len(words) <= 60 else f"{words[:60]}…"


@dataclass(frozen=True, slots=True)
class Page:
    """What matters of a page: policies in <meta>, inline scripts, names of event attributes."""

    metas: tuple[str, ...]
    scripts: tuple[InlineScript, ...]
    handlers: tuple[str, ...]


def header_policies(result: HttpResult) -> tuple[Policy, ...]:
    """The enforced policies of the headers. Raises PolicyError."""
    return parse_values(values(result, HEADER))


def enforced(result: HttpResult) -> tuple[Policy, ...]:
    """Every policy that holds for a page, <meta> ones without what they can't say. Raises PolicyError."""
    return (*header_policies(result), *(_of_meta(policy) for policy in parse_values(page(result.body).metas)))


def _of_meta(policy: Policy) -> Policy:
    """CSP3 §3.3: a <meta> element's frame-ancestors, sandbox and report-uri are ignored."""
    ignored = {"frame-ancestors", "sandbox", "report-uri"}
    return Policy(tuple(pair for pair in policy.directives if pair[0] not in ignored), policy.repeated)


def nonces(result: HttpResult) -> frozenset[str]:
    """The nonces of a page's policies."""
    try:
        policies = enforced(result)
    except PolicyError:
        return frozenset()
    found = (source.text for p in policies for name, _ in p.directives for source in sources(p, name))
    return frozenset(text for text in found if text.startswith("'nonce-"))


@lru_cache(maxsize=64)
def page(body: bytes) -> Page:
    from selectolax.lexbor import LexborHTMLParser  # lazily: only pages need it

    tree = LexborHTMLParser(body)
    equivalents = tree.css("meta[http-equiv][content]")
    metas = [
        node.attributes.get("content") or ""
        for node in equivalents
        if (node.attributes.get("http-equiv") or "").strip().lower() == HEADER
    ]
    scripts, handlers = [], []
    for node in tree.css("script"):
        kind = (node.attributes.get("type") or "").strip().lower()
        text = node.text() or ""
        if "src" not in node.attributes and kind in _SCRIPT_TYPES and text.strip():
            scripts.append(InlineScript(text, node.attributes.get("nonce") or ""))
    for node in tree.css("*"):
        handlers += [f"{node.tag} {name}" for name in node.attributes if name.startswith("on")]
    return Page(tuple(metas), tuple(scripts), tuple(dict.fromkeys(handlers)))


def blocked_inline(policy: Policy, result: HttpResult) -> list[str]:
    """What of the page's own inline script its policy keeps from running (CSP3 §6.7.3)."""
    found = page(result.body)
    blocked = [f"<script>{one.shown}" for one in found.scripts if not _runs(policy, one)]
    governing = policy.effective("script-src-attr")
    if governing is not None:
        texts = {source.text for source in sources(policy, governing[0])}
        if not _all_inline(policy, governing[0]) and "'unsafe-hashes'" not in texts:
            blocked += [f"<{handler}=…>" for handler in found.handlers]
    return blocked


def _runs(policy: Policy, script: InlineScript) -> bool:
    governing = policy.effective("script-src-elem")
    if governing is None or _all_inline(policy, governing[0]):
        return True
    texts = {source.text for source in sources(policy, governing[0])}
    if script.nonce and f"'nonce-{script.nonce}'" in texts:
        return True
    raw = script.text.encode()
    return any(
        f"'{name}-{base64.b64encode(hashlib.new(name, raw).digest()).decode()}'" in texts
        for name in ("sha256", "sha384", "sha512")
    )


def _all_inline(policy: Policy, directive: str) -> bool:
    """'unsafe-inline' counts only without nonces, hashes and 'strict-dynamic'."""
    found = sources(policy, directive)
    if any(source.kind in ("nonce", "hash") or source.text == "'strict-dynamic'" for source in found):
        return False
    return any(source.text == "'unsafe-inline'" for source in found)
