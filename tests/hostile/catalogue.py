"""All hostile cases, and the page that lists them: ``python -m tests.hostile.catalogue`` writes it."""

from __future__ import annotations

from pathlib import Path

from launchready.evidence.types import Cause
from tests.hostile import dns_cases, http_cases, place_cases, portal_cases, tls_cases
from tests.hostile.kit import DEADLINE, GROWTH_MB, MEMORY_MB, Case

CASES = [*http_cases.CASES, *tls_cases.CASES, *dns_cases.CASES, *place_cases.CASES, *portal_cases.CASES]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "hostile.md"
TITLES = {
    "http": "Over HTTP, a server …", "tls": "In a TLS handshake, a server …",
    "https": "After a TLS handshake, a server …", "dns": "A name server …", "place": "Where …",
    "portal": "A portal …",
}  # fmt: skip
OTHERS = {
    "cut": "what is allowed was read, the rest left; checks that need the whole are inconclusive (TOO_LARGE)",
    "untrusted": "`tls.chain.valid` fails and says why",
    "refused": "log-in failed, and its checks say so",
    "played": "the scenario went on as far as it could",
    "answered": "an answer as any other",
}


def typed() -> list[Case]:
    """The cases whose outcome is a typed cause."""
    causes = {cause.value for cause in Cause}
    return [case for case in CASES if case.outcome in causes]


def page() -> str:
    """The documentation of what is tested."""
    bounds = f"it ends within {DEADLINE:g} s, a process of its own stays under {MEMORY_MB:g} MB"
    lines = [
        "# Hostile targets",
        "",
        "What a verification makes of servers that mean it ill. Every line is a test: a real server on",
        f"loopback (`tests/hostile/`): {bounds},",
        f"and no case raises its memory by {GROWTH_MB:g} MB. A cause in capitals leaves what depends on it",
        "inconclusive: never a pass, never a failure of the client's.",
        "",
        *(f"- {name}: {words}" for name, words in OTHERS.items()),
        "",
        f"{len(CASES)} cases, {len(typed())} of them with a typed cause.",
        "Generated: `python -m tests.hostile.catalogue`.",
    ]
    for group, title in TITLES.items():
        lines += ["", f"## {title}", "", "| behaviour | outcome |", "| --- | --- |"]
        lines += [f"| {case.behaviour} | {case.outcome} |" for case in CASES if case.group == group]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
