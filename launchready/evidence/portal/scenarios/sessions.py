"""Log-in, what its session cookie looks like, whether its id changes, and what ends it."""

from __future__ import annotations

from launchready.evidence.portal.registry import scenario
from launchready.evidence.portal.stage import Stage, Visitor

NOT_A_SESSION = "lr-brought-by-the-visitor-0123456789"


def ordinary(stage: Stage) -> str:
    """The first identity without an administrator's role."""
    for name, identity in stage.portal.identities.items():
        if identity.role not in stage.portal.admin_roles:
            return name
    return str(next(iter(stage.need(stage.portal.identities, "identities"))))


@scenario("session")
async def session(stage: Stage) -> None:
    """Before, after and at the end: anonymous, logged in with a cookie that was brought, logged out."""
    visitor = stage.visitor(ordinary(stage))
    await visitor.logged_in("anonymous")
    for name in stage.portal.cookies:
        visitor.cookies[name] = NOT_A_SESSION
    stage.facts["brought"] = stage.secrets.mark(NOT_A_SESSION)
    stage.facts["login"] = await visitor.login()
    await visitor.logged_in("logged in")
    if stage.portal.logout is not None:
        kept = visitor.copy()
        await visitor.call("log out", stage.portal.logout)
        await kept.logged_in("after log-out")


@scenario("sessions everywhere")
async def sessions_everywhere(stage: Stage) -> None:
    """Two browsers of one account: log-out everywhere in the first ends the second's session too."""
    logout_all = stage.need(stage.portal.logout_all, "logout_all")
    browsers: list[Visitor] = [stage.visitor(ordinary(stage)) for _ in range(2)]
    stage.facts["logins"] = [await browser.login(f"log in {n}") for n, browser in enumerate(browsers, 1)]
    await browsers[1].logged_in("second before")
    await browsers[0].call("log out everywhere", logout_all)
    await browsers[1].logged_in("second after")
