"""The bad twins of the lints of ``portal``: merged in lint_twins.py."""

from __future__ import annotations

HOSTS = 'hosts: {"@": {address: 203.0.113.10}, portal: {address: 203.0.113.11}, www: {redirect: "@"}}'
PEOPLE = (
    "ada: {user: ada@north.example, password: {secure: 'v1:x:y'}, tenant: north}, "
    "cyn: {user: cyn@south.example, password: {secure: 'v1:x:y'}, tenant: south}"
)
LOGIN = 'login: {path: /login, body: {user: "${user}", password: "${password}"}}, session: /me'


def portal(
    more: str = "", *, base: str = "https://portal.acme.example", people: str = PEOPLE, login: str = LOGIN
) -> str:
    """A good client file with a portal, but for ``more``."""
    rest = f", {more}" if more else ""
    return f"{HOSTS}\nportal: {{base: '{base}', {login}, identities: {{{people}}}{rest}}}"


BOX = "resources: [{path: '/box/{id}', owner: ada, ids: [one]}]"

TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "portal.base": (portal(base="https://elsewhere.example"), ()),
    "portal.path": (portal("logout: {path: logout}"), ()),
    "portal.identity": (portal("resources: [{path: '/box/{id}', owner: nobody, ids: [one]}]"), ()),
    "portal.password": (portal(people="ada: {user: ada, password: in clear}"), ()),
    "portal.placeholder": (portal('reset: {path: /reset, body: {to: "${address}"}}'), ()),
    "portal.token": (portal("reset: {path: /reset, token: 'token='}"), ()),
    "portal.lifetime": (portal("reset: {path: /reset, lifetime: 1d}"), ()),
    "portal.twice": (portal("logout: {path: /login}"), ()),
    "portal.id": (portal("resources: [{path: /box, owner: ada, ids: [one]}]"), ()),
    "portal.tenants": (portal(BOX, people=PEOPLE.replace("south}", "north}")), ()),
    "portal.session": (portal(login=LOGIN.partition(", session")[0]), ()),
}
