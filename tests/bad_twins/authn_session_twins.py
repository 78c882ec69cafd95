"""Twins of log-in and sessions."""

from __future__ import annotations

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import misdescribed, switched, with_portal

ROWS = ("authn",)

TWINS: dict[str, Twin] = {
    "a log-in that is described wrongly": misdescribed(
        "authn.login.works",
        login={"path": "/api/log-in", "body": {"email": "${user}", "password": "${password}"}},
        rows=ROWS,
    ),
    "a page for users that everyone gets": misdescribed(
        "authn.session.required",
        "authn.logout.ends",
        "authn.logout.everywhere",
        # whoever asks seems to be logged in
        "authn.login.query",
        "authn.mfa.complete",
        "authn.reset.sessions",
        session={"path": "/", "method": "GET"},
        rows=ROWS,
    ),
    "a session id that is kept": switched("portal.session.fixation", "authn.session.rotates", rows=ROWS),
    "a session cookie over http": switched("portal.cookie.insecure", "authn.cookie.secure", rows=ROWS),
    "a session cookie for scripts": switched("portal.cookie.readable", "authn.cookie.httponly", rows=ROWS),
    "a session cookie for other sites": switched(
        "portal.cookie.cross_site", "authn.cookie.samesite", rows=ROWS
    ),
    "a log-out in name only": switched("portal.logout.keeps", "authn.logout.ends", rows=ROWS),
    "a log-out everywhere but there": switched(
        "portal.logout_all.keeps", "authn.logout.everywhere", rows=ROWS
    ),
}

GOOD: dict[str, Twin] = {"a portal with two tenants": Twin(with_portal(), frozenset())}
