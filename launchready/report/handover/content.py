"""A handover put together: what was set up, what to do and when, who helps, and the proof."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from launchready.report.handover import operations, people, web
from launchready.report.handover.blocks import Block, Handover, Paragraph, Points, Section, line
from launchready.report.handover.deliverables import deliverables
from launchready.report.handover.known import Known
from launchready.report.handover.renewals import renewals
from launchready.report.words import VERDICTS, counted

Part = Callable[[Known], Iterable[Block]]
SECTIONS: tuple[tuple[str, str, tuple[Part, ...]], ...] = (
    (
        "set-up",
        "What was set up",
        (web.addresses, web.redirects, web.encryption, people.mail, web.kept, web.protection, people.portal),
    ),
    ("alerts", "Who is alerted", (people.alerts,)),
    ("environment", "Variables and secrets", (people.variables,)),
    ("registrar", "To enter at the registrar", (operations.registrar,)),
    ("renewals", "What to renew, and when", (renewals,)),
    ("deployment", "After each deployment", (operations.deployment,)),
    ("rollback", "The way back", (operations.rollback,)),
    ("emergency", "In an emergency", (operations.emergency,)),
    ("deliverables", "What was delivered, with its proof", (deliverables,)),
)


def handover(known: Known) -> Handover:
    """The document, free of any format."""
    saved = known.verification
    verified = ""
    if saved is not None:
        where = "on a local edge, in a rehearsal" if saved.target == "edge" else "live"
        verified = f"{saved.started:%Y-%m-%d %H:%M} UTC, {where}; score {saved.score} of 100"
    sections = [Section("summary", "In short", tuple(_summary(known)))]
    for id_, title, parts in SECTIONS:
        blocks = tuple(block for part in parts for block in part(known))
        sections.append(Section(id_, title, blocks))
    return Handover(
        known.client.domain,
        known.name,
        known.today,
        saved.verdict if saved is not None else None,
        verified,
        tuple(sections),
    )


def _summary(known: Known) -> Iterator[Block]:
    hosts = counted(len(known.client.hosts), "address", "addresses")
    yield Paragraph(
        line(
            f"{known.client.domain} was set up at Cloudflare from one file, with {hosts}. "
            "This document says what is there, what you must do yourself, and whom to call."
        )
    )
    saved = known.verification
    if saved is None:
        yield Paragraph(line("It was written without a verification: nothing in it is proved."))
        return
    word, sentence = VERDICTS[saved.verdict]
    yield Paragraph(line(f"Verdict: {word.lower()}. {sentence}"))
    open_ = [finding for finding in saved.findings if finding.status == "fail"]
    if open_:
        shown = [line(f"{finding.severity}: {finding.subject}: {finding.observed}") for finding in open_[:12]]
        if len(open_) > len(shown):
            shown.append(line(f"and {len(open_) - len(shown)} more, in the report"))
        yield Points("Still open", tuple(shown))
