"""What a browser says of the portal's pages, and whether they can be used on a phone."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.checklist.browsed import Page, browsing, each_form, each_page
from launchready.checklist.registry import Fix, Outcome, Severity, Subject, check

KEY = "launchready:portal.pages"
PHONE = 390
SLACK = 1
"""CSS pixels by which rounding may make a page wider than its window."""


def _told(page: Page, kind: str) -> str:
    found = page[kind]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0]}{more}" if found else ""


@check(
    "surface.browser.onboarding",
    severity=Severity.HIGH,
    needs=[browsing],
    reference="launch checklist: a customer can finish onboarding without support on day one",
    defect="nobody can finish onboarding's first step with a browser",
    fix=Fix(f"{KEY}.onboarding", "open the page in a browser, press the button, and mend what fails"),
    public=False,
)
def onboarding_works_in_a_browser(subject: Subject) -> Iterator[Outcome]:
    """Onboarding's first form works in a browser at 390 and 1440 pixels."""
    return each_form(subject, "onboarding", "portal.onboarding is not declared")


@check(
    "surface.browser.console",
    severity=Severity.MEDIUM,
    needs=[browsing],
    reference="HTML Living Standard §8.1.4.6 (reporting errors)",
    defect="a page's script breaks",
    fix=Fix(KEY, "open the page with the browser's console, and mend the script that it names"),
    public=False,
)
def no_script_breaks(subject: Subject) -> Iterator[Outcome]:
    """No page of the portal has a script that throws, or that tells the console of an error."""
    return each_page(subject, lambda page: _told(page, "errors"))


@check(
    "surface.browser.files",
    severity=Severity.HIGH,
    needs=[browsing],
    reference="RFC 9110 §15.5.5; launch checklist: production deployment is whole",
    defect="a script, a style sheet or a picture that a page wants is not there",
    fix=Fix(KEY, "deploy pages and their files together, and purge what is kept of old pages"),
    public=False,
)
def every_file_of_a_page_comes(subject: Subject) -> Iterator[Outcome]:
    """Every file of the portal's own that a page asks for is there."""
    return each_page(subject, lambda page: _told(page, "missing"))


@check(
    "surface.browser.policy",
    severity=Severity.MEDIUM,
    needs=[browsing],
    reference="CSP Level 3 §5.5 (reporting)",
    defect="a page breaks its own Content-Security-Policy: something of it is blocked",
    fix=Fix("launchready:headers.csp", "allow what the page needs by name, or take it out of the page"),
    public=False,
)
def no_page_breaks_its_policy(subject: Subject) -> Iterator[Outcome]:
    """No page of the portal asks for anything that its Content-Security-Policy forbids."""
    return each_page(subject, lambda page: _told(page, "violations"))


@check(
    "surface.browser.mixed",
    severity=Severity.MEDIUM,
    needs=[browsing],
    reference="W3C Mixed Content §4 (as browsers apply it)",
    defect="a page asks for something over http while a visitor uses it",
    fix=Fix("launchready:tls.rewrites", "write https in the page, or let Cloudflare rewrite it"),
    public=False,
)
def no_page_mixes_content(subject: Subject) -> Iterator[Outcome]:
    """No page of the portal asks for anything over http, whatever its scripts add."""
    return each_page(subject, lambda page: _told(page, "mixed"))


@check(
    "surface.browser.phone",
    severity=Severity.MEDIUM,
    needs=[browsing],
    reference="WCAG 2.2, 1.4.10 Reflow",
    defect="a page has to be scrolled sideways on a phone",
    fix=Fix(KEY, "give the page a viewport, and let wide parts wrap or scroll by themselves"),
    public=False,
)
def pages_fit_a_phone(subject: Subject) -> Iterator[Outcome]:
    """No page of the portal is wider than a phone of 390 pixels."""

    def wrong(page: Page) -> str:
        width = page["look"].get("width", 0)
        return f"{width} px wide" if width > page["width"] + SLACK else ""

    return each_page(subject, wrong, width=PHONE)


@check(
    "surface.browser.labels",
    severity=Severity.MEDIUM,
    needs=[browsing],
    reference="WCAG 2.2, 4.1.2 Name, Role, Value",
    defect="a field has no label: nobody who can't see it knows what it is for",
    fix=Fix(KEY, "give each field a label of its own"),
    public=False,
)
def every_field_has_a_label(subject: Subject) -> Iterator[Outcome]:
    """Every field of the portal's forms has a label."""
    return each_page(subject, lambda page: ", ".join(page["look"].get("unlabelled", ())[:3]))


@check(
    "surface.browser.targets",
    severity=Severity.LOW,
    needs=[browsing],
    reference="WCAG 2.2, 2.5.8 Target Size (Minimum)",
    defect="a button is too small for a thumb",
    fix=Fix(KEY, "make buttons 24 by 24 pixels or larger"),
    public=False,
)
def buttons_can_be_pressed(subject: Subject) -> Iterator[Outcome]:
    """Every button of the portal's forms is at least 24 by 24 pixels on a phone."""
    return each_page(subject, lambda page: ", ".join(page["look"].get("small", ())[:3]), width=PHONE)
