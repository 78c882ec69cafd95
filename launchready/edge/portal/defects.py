"""What the portal can do wrong on purpose, by name. ``where`` is the portal's host."""

from __future__ import annotations

from dataclasses import dataclass

from launchready.edge.state import Defect, EdgeState

KINDS: dict[str, str] = {
    # log-in and sessions
    "portal.login.enumerates": "a wrong password and an unknown user are answered differently",
    "portal.login.no_lockout": "an account never locks, however many passwords are tried",
    "portal.login.by_get": "credentials are taken from the query string too",
    "portal.mfa.off": "no second factor is asked for, not even of administrators",
    "portal.mfa.bypass": "the session is there before the second factor was given",
    "portal.mfa.replay": "a one-time code works twice",
    "portal.session.fixation": "log-in keeps the session id that the visitor brought",
    "portal.cookie.insecure": "the session cookie is not Secure",
    "portal.cookie.readable": "the session cookie is not HttpOnly",
    "portal.cookie.cross_site": "the session cookie is SameSite=None",
    "portal.logout.keeps": "log-out leaves the session alive",
    "portal.logout_all.keeps": "log-out everywhere leaves other sessions alive",
    # one-time tokens
    "portal.reset.enumerates": "asking for a reset tells whether the account exists",
    "portal.reset.reusable": "a reset token works twice",
    "portal.reset.eternal": "a reset token never ends",
    "portal.reset.hasty": "a reset token ends after one minute",
    "portal.reset.keeps_sessions": "a reset leaves old sessions alive",
    "portal.reset.host_header": "the link in the reset mail follows the Host header",
    "portal.reset.leaks": "the answer to a reset request contains the token",
    "portal.reset.short": "reset tokens are six digits",
    "portal.invite.reusable": "an invitation works twice",
    "portal.invite.eternal": "an invitation never ends",
    "portal.password.weak": "any password is accepted",
    # tenants
    "portal.authz.cross_tenant": "another tenant's object can be read and written by its id",
    "portal.authz.peer": "someone else's private object of the same tenant can be read",
    "portal.authz.anonymous": "objects can be read without a session",
    "portal.authz.anonymous_write": "objects can be changed without a session",
    "portal.authz.expired": "an ended session still reads objects",
    "portal.authz.write": "another tenant's object can be changed, though not read",
    "portal.authz.list": "lists show every tenant's objects",
    "portal.authz.mass_assignment": "protected fields are taken from the body",
    "portal.authz.tells": "another tenant's object is refused otherwise than one that does not exist",
    "portal.authz.function": "everyone may do what administrators do",
    "portal.authz.method_override": "X-HTTP-Method-Override gets around the check",
    # limits and webhooks
    "portal.limits.login_address": "log-ins from one address are not limited",
    "portal.limits.login_account": "log-ins to one account are not limited",
    "portal.limits.reset": "reset requests are not limited",
    "portal.limits.invite": "invitations are not limited",
    "portal.limits.signup": "sign-ups are not limited",
    "portal.limits.onboarding": "onboarding forms are not limited by user",
    "portal.limits.spoofed": "the limit counts an address that the visitor may write himself",
    "portal.webhook.unsigned": "a webhook without a signature is taken",
    "portal.webhook.wrong": "a webhook with a wrong signature is taken",
    "portal.webhook.stale": "an old webhook is taken",
    "portal.webhook.replayed": "a webhook is taken twice",
    # errors and input
    "portal.errors.stack_trace": "errors show a stack trace",
    "portal.errors.framework": "errors show a framework's own page",
    "portal.errors.internal_id": "errors name internal ids and tables",
    "portal.errors.echoes_token": "errors repeat the token that was sent",
    "portal.errors.version": "answers name the server software and its version",
    "portal.input.crashes": "malformed bodies end in a 500",
    "portal.input.edges": "a number at the edge of what its field takes ends in a 500",
    "portal.input.oversized": "bodies of any size are read",
    "portal.input.types": "wrong types are taken and stored",
    "portal.input.lenient": "malformed bodies count as empty ones, and missing fields as given",
    "portal.input.injection": "a quote in a field ends in a database error",
    "portal.input.reflects": "HTML in a field comes back as HTML",
    # what lies about
    "portal.secrets.bundle": "a key lies in the JavaScript bundle",
    "portal.secrets.source_map": "the source map is served, with a key in it",
    "portal.secrets.html": "a key lies in the page",
    "portal.secrets.body": "an API answer contains a password hash",
    "portal.browser.broken": "a script of the pages throws",
    "portal.browser.inline": "pages have a script in them that their policy forbids",
    "portal.browser.wide": "pages are wider than a phone",
    "portal.browser.unlabelled": "fields have no labels",
    "portal.browser.small": "buttons are too small for a thumb",
    "portal.browser.dead": "forms do nothing when their button is pressed, log-in's apart",
    "portal.browser.http": "a script of the pages asks for something over http",
    "portal.surface.git": "/.git/ is served",
    "portal.surface.env": "/.env is served",
    "portal.surface.backup": "a database dump is served",
    "portal.surface.listing": "/assets/ lists its files",
    "portal.surface.admin": "/admin opens without a session",
    "portal.surface.debug": "/debug shows the process's environment",
    "portal.surface.staging_link": "the navigation links to the staging host",
    "portal.surface.robots": "robots.txt names private paths",
    "portal.surface.sitemap": "the sitemap lists the staging host",
    "portal.mail.staging_link": "mails link to the staging host",
    "portal.mail.unsigned": "mails carry no DKIM signature although there is a key",
    "portal.mail.wrong_key": "mails are signed with another key than the published one",
    "portal.mail.other_domain": "mails are signed for another domain",
    "portal.mail.altered": "mails are changed after they were signed",
    "portal.mail.reply_to": "mails ask for replies to another domain",
    # speed and deployment
    "portal.slow": "onboarding answers late; options seconds (0.8), every (1: each time)",
    "portal.load.fails": "onboarding fails now and then; option every (10)",
    "portal.page.slow": "pages answer late; option seconds (1)",
    "portal.page.heavy": "the script weighs a megabyte",
    "portal.page.plain": "pages and scripts are long, and forbid the edge to pack them",
    "portal.release.missing": "the release document is gone",
    "portal.release.stale": "two releases answer in turn",
    "portal.dependency.down": "an external system does not answer; option name",
    "portal.dependency.unhandled": "and its failure is not handled",
    "portal.dependency.sticks": "and once it failed, it fails on after the system is back",
    "portal.release.half": "pages name a script of the next release, which is not there",
    "portal.cors.reflects": "any Origin is allowed, with credentials",
    "portal.csp.none": "pages have no Content-Security-Policy",
    "portal.csp.weak": "the policy allows inline scripts",
    "portal.mixed_content": "a page loads a picture over http",
}


@dataclass(frozen=True, slots=True)
class Switches:
    """The defects of one portal, read at every request."""

    state: EdgeState
    host: str

    def find(self, kind: str) -> Defect | None:
        """The defect when it is on. Raises KeyError for a kind that does not exist."""
        KINDS[kind]
        return self.state.defect(kind, self.host)

    def on(self, kind: str) -> bool:
        return self.find(kind) is not None
