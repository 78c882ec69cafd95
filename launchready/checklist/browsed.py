"""What checks share that read the scenario ``browser``: when it is played, and how its pages are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from launchready.checklist.played import place
from launchready.checklist.registry import Outcome, Subject, failed, inconclusive, not_applicable, passed
from launchready.client_file.portal_model import Portal
from launchready.evidence.types import Cause, PortalProbe, Probe

SCENARIO = "browser"
Page = Mapping[str, Any]
"""One page at one width: the scenario's ``Seen`` as JSON."""
Judge = Callable[[Page], str]
"""What is wrong with a page, "" when nothing is."""


def browsing(subject: Subject) -> Iterable[Probe]:
    """Planner: only when it was asked for, and where there is a portal."""
    if not _unasked(subject):
        yield PortalProbe(SCENARIO)


def _unasked(subject: Subject) -> str:
    if not isinstance(subject.client.portal, Portal):
        return "portal: none"
    return "" if subject.evidence.facts.get("browser") else "not asked for: launch verify CLIENT --browser"


def pages(subject: Subject, *, width: int | None = None, flow: str | None = None) -> Iterator[Page]:
    """The pages that were seen, of one width or flow if it is named."""
    for page in subject.evidence.portal(SCENARIO).facts.get("seen", ()):
        if width in (None, page["width"]) and flow in (None, page["flow"]):
            yield page


def each_page(subject: Subject, wrong: Judge, *, width: int | None = None) -> Iterator[Outcome]:
    """One outcome for each page that was opened."""
    return _judged(subject, pages(subject, width=width) if not _unasked(subject) else (), wrong, "no page")


def each_form(subject: Subject, flow: str, nothing: str) -> Iterator[Outcome]:
    """One outcome for each width: does the flow's form make the declared request, with success?"""

    def wrong(page: Page) -> str:
        if page["status"] is None:
            return "the form makes no such request: " + _why(page)
        return "" if page["matched"] else f"the form's request was answered {page['status']}"

    found = () if _unasked(subject) else tuple(pages(subject, flow=flow))
    return _judged(subject, found, wrong, nothing, sent=True)


def _judged(
    subject: Subject, found: Iterable[Page], wrong: Judge, nothing: str, *, sent: bool = False
) -> Iterator[Outcome]:
    portal, why = subject.client.portal, _unasked(subject)
    if why or not isinstance(portal, Portal):
        yield not_applicable(subject.client.domain, why)
        return
    result = subject.evidence.portal(SCENARIO)
    evidence = (result.probe.id,)
    judged = list(found)
    for page in judged:
        what = f"{place(portal, page['path'])} at {page['width']} px"
        open_ = _open(page, sent=sent)
        if open_:
            yield inconclusive(what, Cause.NOT_PROBED, open_, evidence=evidence)
        elif told := wrong(page):
            yield failed(what, told, evidence=evidence)
        else:
            yield passed(what, evidence=evidence)
    if result.cause is not None:
        yield inconclusive(place(portal), result.cause, result.detail, evidence=evidence)
    elif not judged:
        yield not_applicable(place(portal), nothing)


def _open(page: Page, *, sent: bool) -> str:
    """Why nothing can be said of a page, "" when it can."""
    if page["trouble"]:
        return str(page["trouble"])
    if page["page"] != 200:
        return f"the page answers {page['page']}: name it under portal.pages.{page['flow']}"
    if sent and not page["look"].get("fields"):
        return f"the page has no form: name the right one under portal.pages.{page['flow']}"
    return "not sent at a live portal: it would write to a stranger" if sent and not page["sent"] else ""


def _why(page: Page) -> str:
    """What may be the reason that a form does nothing."""
    told = [*page["errors"], *page["missing"], *page["violations"]]
    return told[0] if told else "nothing was sent"
