"""Twins of second factors, one-time tokens and guessing."""

from __future__ import annotations

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import PORTAL, misdescribed, switched, with_portal

ROWS = ("authn",)
PLAIN_LOGIN = {key: value for key, value in PORTAL["login"].items() if key != "mfa"}
NO_ADMIN = {name: one for name, one in PORTAL["identities"].items() if name != "root"}

TWINS: dict[str, Twin] = {
    "neither second factor nor reset": Twin(
        with_portal(login=PLAIN_LOGIN, reset=None, invite=None, identities=NO_ADMIN),
        frozenset({"authn.factor.declared"}),
        rows=ROWS,
    ),
    "an administrator without a second factor": switched("portal.mfa.off", "authn.mfa.admin", rows=ROWS),
    "a second factor that is not waited for": switched("portal.mfa.bypass", "authn.mfa.complete", rows=ROWS),
    "a code that works twice": switched("portal.mfa.replay", "authn.mfa.once", rows=ROWS),
    "a reset that leads nowhere": misdescribed(
        "authn.reset.works",
        reset={**PORTAL["reset"], "path": "/api/forgotten"},
        rows=ROWS,
    ),
    "a reset token for ever again": switched("portal.reset.reusable", "authn.reset.once", rows=ROWS),
    "a reset token without an end": switched("portal.reset.eternal", "authn.reset.ends", rows=ROWS),
    "a reset token that can't wait": switched("portal.reset.hasty", "authn.reset.patient", rows=ROWS),
    "a reset that leaves sessions alive": switched(
        "portal.reset.keeps_sessions", "authn.reset.sessions", rows=ROWS
    ),
    "a reset link from a header": switched("portal.reset.host_header", "authn.reset.host", rows=ROWS),
    "a reset that shows its token": switched("portal.reset.leaks", "authn.reset.secret", rows=ROWS),
    "a reset token of six digits": switched("portal.reset.short", "authn.reset.entropy", rows=ROWS),
    "a reset that tells who exists": switched("portal.reset.enumerates", "authn.reset.uniform", rows=ROWS),
    "any password at all": switched("portal.password.weak", "authn.password.weak", rows=ROWS),
    "an invitation for ever again": switched("portal.invite.reusable", "authn.invite.once", rows=ROWS),
    "an invitation without an end": switched("portal.invite.eternal", "authn.invite.ends", rows=ROWS),
    "a log-in that tells who exists": switched("portal.login.enumerates", "authn.login.uniform", rows=ROWS),
    "a log-in by query": switched("portal.login.by_get", "authn.login.query", rows=ROWS),
    "an account that never locks": switched("portal.login.no_lockout", "authn.login.lockout", rows=ROWS),
}
