"""What is weak, dead or wrong in a policy. The ideas are those of CSP3 §7 and of Google's CSP Evaluator.

A finding says which directive and which word, so that a reader can go and change it. Where several
policies hold at once, only what all of them let through is a weakness (``judge_all``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from launchready.websec.csp import Policy
from launchready.websec.csp_bypasses import bypass
from launchready.websec.sources import LEAST_NONCE_BYTES, Source, SourceError, parse_source
from launchready.websec.vocabulary import DIRECTIVES


class Kind(StrEnum):
    """What is the matter. The first group is wrong as written, the second lets an attacker in."""

    UNKNOWN = "unknown"
    DEPRECATED = "deprecated"
    SOURCE = "source"
    REPEATED = "repeated"
    NONE_BESIDE = "none_beside"
    VALUE = "value"
    DEAD = "dead"

    SCRIPTS = "scripts"
    INLINE = "inline"
    EVAL = "eval"
    WILDCARD = "wildcard"
    DATA = "data"
    BYPASS = "bypass"
    PLAIN = "plain"
    NONCE = "nonce"
    OBJECTS = "objects"
    BASE = "base"
    FRAMING = "framing"


WRITTEN_WRONG = frozenset(
    {Kind.UNKNOWN, Kind.DEPRECATED, Kind.SOURCE, Kind.REPEATED, Kind.NONE_BESIDE, Kind.VALUE, Kind.DEAD}
)
SCRIPT_RISKS = frozenset(
    {Kind.SCRIPTS, Kind.INLINE, Kind.EVAL, Kind.WILDCARD, Kind.DATA, Kind.BYPASS, Kind.PLAIN, Kind.NONCE}
)
INJECTION_RISKS = frozenset({Kind.OBJECTS, Kind.BASE})


@dataclass(frozen=True, slots=True)
class Finding:
    """``directive``: the one to change (the one that governs); ``source``: the word in it, or ""."""

    kind: Kind
    directive: str
    source: str
    why: str
    instead: str = ""
    """What to write, when that is known."""

    def __str__(self) -> str:
        place = f"{self.directive} {self.source}".strip()
        return f"{place}: {self.why}"


def judge(policy: Policy) -> tuple[Finding, ...]:
    """Everything that is wrong with one policy, each thing once."""
    found = (*_written(policy), *_scripts(policy), *_plain(policy), *_rest(policy))
    return tuple(dict.fromkeys(found))


def judge_all(policies: Sequence[Policy]) -> tuple[Finding, ...]:
    """Policies that hold at once: what is written wrong in any, and the risks that all of them leave."""
    each = [judge(policy) for policy in policies]
    common = {finding.kind for finding in each[0]} if each else set()
    for findings in each[1:]:
        common &= {finding.kind for finding in findings}
    kept = (f for findings in each for f in findings if f.kind in WRITTEN_WRONG or f.kind in common)
    return tuple(dict.fromkeys(kept))


def sources(policy: Policy, directive: str) -> tuple[Source, ...]:
    """The words of a directive that are sources; what isn't one is left out."""
    found = []
    for word in policy.get(directive) or ():
        try:
            found.append(parse_source(word))
        except SourceError:
            continue
    return tuple(found)


# --- as it is written ---------------------------------------------------------------------------


def _written(policy: Policy) -> Iterator[Finding]:
    for name in policy.repeated:
        yield Finding(Kind.REPEATED, name, "", "it is given twice, and browsers ignore the second")
    for name, words in policy.directives:
        known = DIRECTIVES.get(name)
        if known is None:
            yield Finding(Kind.UNKNOWN, name, "", "there is no such directive, and browsers ignore it")
        elif known.instead is not None:
            yield Finding(Kind.DEPRECATED, name, "", "browsers no longer read it", known.instead)
        elif known.shape in ("sources", "ancestors"):
            yield from _source_words(name, words, ancestors=known.shape == "ancestors")
        else:
            yield from _other_words(name, words)


def _source_words(name: str, words: tuple[str, ...], *, ancestors: bool) -> Iterator[Finding]:
    for word in words:
        try:
            source = parse_source(word)
        except SourceError as error:
            yield Finding(Kind.SOURCE, name, word, error.reason, error.meant or "")
            continue
        plain = source.kind in ("scheme", "host") or source.text in ("'self'", "'none'")
        if ancestors and not plain:
            yield Finding(Kind.SOURCE, name, word, "it means nothing there: only hosts and 'self' do")
    if len(words) > 1 and any(word.lower() == "'none'" for word in words):
        yield Finding(Kind.NONE_BESIDE, name, "'none'", "beside other sources it is ignored")


def _other_words(name: str, words: tuple[str, ...]) -> Iterator[Finding]:
    shape, known = DIRECTIVES[name].shape, DIRECTIVES[name].words
    if shape == "empty" and words:
        yield Finding(Kind.VALUE, name, words[0], "it takes no value")
    elif shape == "group" and len(words) != 1:
        yield Finding(Kind.VALUE, name, " ".join(words), "it names one endpoint of Reporting-Endpoints")
    elif shape == "urls" and not words:
        yield Finding(Kind.VALUE, name, "", "it needs a URL")
    for word in words:
        if shape == "tokens" and known and word.lower() not in known:
            yield Finding(Kind.VALUE, name, word, "it does not know this word")


# --- scripts ------------------------------------------------------------------------------------


def _scripts(policy: Policy) -> Iterator[Finding]:
    if policy.effective("script-src-elem") is None:
        yield Finding(
            Kind.SCRIPTS, "script-src", "", "without it and default-src every script runs", "'self'"
        )
        return
    for name in ("script-src", "script-src-elem", "script-src-attr"):
        governing = policy.effective(name)
        if governing is not None:
            yield from _script_list(governing[0], sources(policy, governing[0]))


def _script_list(name: str, found: tuple[Source, ...]) -> Iterator[Finding]:
    texts = {source.text for source in found}
    trusted = any(source.kind in ("nonce", "hash") for source in found)
    dynamic = "'strict-dynamic'" in texts
    if "'unsafe-inline'" in texts and not trusted:
        yield Finding(Kind.INLINE, name, "'unsafe-inline'", "any script that gets into the page runs")
    if "'unsafe-eval'" in texts:
        yield Finding(Kind.EVAL, name, "'unsafe-eval'", "strings run as script")
    if dynamic and not trusted:
        yield Finding(Kind.DEAD, name, "'strict-dynamic'", "without a nonce or hash it blocks every script")
    for source in found:
        if source.kind == "nonce" and source.bits < LEAST_NONCE_BYTES * 8:
            yield Finding(Kind.NONCE, name, source.text, f"a nonce of {source.bits} bits can be guessed")
        elif not dynamic:
            yield from _script_source(name, source)


def _script_source(name: str, source: Source) -> Iterator[Finding]:
    why = bypass(source)
    if source.any_host:
        yield Finding(Kind.WILDCARD, name, source.text, "it admits the scripts of every server")
    elif source.kind == "scheme" and source.scheme in ("data", "blob", "filesystem"):
        yield Finding(Kind.DATA, name, source.text, "a script can be written into the address itself")
    elif why is not None:
        yield Finding(Kind.BYPASS, name, source.text, why)


# --- the rest -----------------------------------------------------------------------------------


def _plain(policy: Policy) -> Iterator[Finding]:
    """Content that comes in clear, unless the policy upgrades it (Upgrade Insecure Requests §3.2)."""
    if policy.get("upgrade-insecure-requests") is not None:
        return
    for name, _ in policy.directives:
        if name in DIRECTIVES and DIRECTIVES[name].shape == "sources":
            for source in sources(policy, name):
                if source.scheme in ("http", "ws", "ftp"):
                    yield Finding(
                        Kind.PLAIN, name, source.text, "what comes in clear can be changed on its way"
                    )


def _rest(policy: Policy) -> Iterator[Finding]:
    objects = policy.effective("object-src")
    if objects is None:
        yield Finding(Kind.OBJECTS, "object-src", "", "without it plug-ins run script", "'none'")
    else:
        for source in sources(policy, objects[0]):
            if source.any_host or source.scheme in ("data", "blob"):
                why = "plug-ins from there run script"
                yield Finding(Kind.OBJECTS, "object-src", source.text, why, "'none'")
    base = policy.get("base-uri")
    if base is None or any(source.any_host for source in sources(policy, "base-uri")):
        why = "a <base> that gets into the page moves every relative script elsewhere"
        yield Finding(Kind.BASE, "base-uri", " ".join(base or ()), why, "'self'")
    framing = policy.get("frame-ancestors")
    if framing is None:
        yield Finding(Kind.FRAMING, "frame-ancestors", "", "any site may frame the page", "'self'")
    for source in sources(policy, "frame-ancestors"):
        if source.any_host:
            yield Finding(Kind.FRAMING, "frame-ancestors", source.text, "any site may frame the page")
