"""Twins of the portal's pages, in a real browser: what breaks them, and who notices."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.portals import HOST, with_portal

ROWS = ("authn", "surface")
PAGES = "surface.browser"
INSIDE = ("authn.browser.invite", f"{PAGES}.onboarding")
OUTSIDE = ("authn.browser.signup", "authn.browser.reset")


def shown(*kinds: str) -> Break:
    """Defects, and a run with ``--browser``."""

    async def breaks(scene: Scene) -> None:
        scene.browser = True
        for kind in kinds:
            scene.defect(kind, HOST)

    return breaks


def _twin(kind: str, *trips: str, **portal: Any) -> Twin:
    return Twin(with_portal(**portal), frozenset(trips), shown(kind), ROWS, in_browser=True)


GOOD: dict[str, Twin] = {
    "pages that work in a browser": Twin(with_portal(), frozenset(), shown(), ROWS, in_browser=True)
}

TWINS: dict[str, Twin] = {
    "browser: forms that do nothing": _twin("portal.browser.dead", *OUTSIDE, *INSIDE),
    "browser: a script that throws": _twin("portal.browser.broken", f"{PAGES}.console"),
    "browser: a script that the policy forbids": _twin("portal.browser.inline", f"{PAGES}.policy"),
    "browser: pages wider than a phone": _twin("portal.browser.wide", f"{PAGES}.phone"),
    "browser: fields without labels": _twin("portal.browser.unlabelled", f"{PAGES}.labels"),
    "browser: buttons too small for a thumb": _twin("portal.browser.small", f"{PAGES}.targets"),
    "browser: a script that is not there": _twin(
        "portal.release.half", f"{PAGES}.files", "authn.browser.login", *OUTSIDE
    ),
    "browser: a script that asks over http": Twin(
        with_portal(),
        frozenset({f"{PAGES}.mixed"}),
        shown("portal.browser.http", "portal.csp.weak"),
        ROWS,
        in_browser=True,
    ),
}
