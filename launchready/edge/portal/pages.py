"""The portal's pages: forms that work in a browser, a script and a style sheet, and what lies about."""

from __future__ import annotations

import hashlib
import json
import random
import re
from base64 import b64encode
from html import escape

from launchready.client_file.portal_model import Call, Portal
from launchready.edge.https.messages import Response
from launchready.edge.portal.defects import Switches
from launchready.edge.portal.messages import Visit, as_json, as_text

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
WEAK_POLICY = "default-src * 'unsafe-inline' 'unsafe-eval'"
PLANTED = "sk_live_" + "rehearsal0nly51Nn" + "X7vTq2LwZb9Kc4"
"""Looks like a payment provider's key and opens nothing; put together so that no scanner finds it here."""

LOGIN = "log-in's path"
STYLE = """:root { color-scheme: light dark; font: 1.05rem/1.5 system-ui, sans-serif; }
body { max-width: 34rem; margin: 6vh auto; padding: 0 1rem; }
nav a { margin-right: 1rem; }
label { display: block; margin: .8rem 0; }
input { display: block; width: 100%; padding: .5rem; font: inherit; box-sizing: border-box; }
button { padding: .6rem 1.2rem; font: inherit; }
.wide { width: 60rem; }
output { display: block; margin-top: 1rem; min-height: 1.5rem; }
"""
SCRIPT = """// Sends each form as its data- attributes say, and shows what came of it.
const place = /^\\$\\{(\\w+)\\}$/;
function filled(template, values) {
  if (Array.isArray(template)) return template.map((one) => filled(one, values));
  if (template && typeof template === "object") {
    return Object.fromEntries(Object.entries(template).map(([key, one]) => [key, filled(one, values)]));
  }
  const found = typeof template === "string" ? template.match(place) : null;
  return found ? values[found[1]] : template;
}
async function send(form) {
  const values = Object.fromEntries(new FormData(form));
  const token = new URLSearchParams(location.search).get("token");
  if (token) values.token = token;
  const body = filled(JSON.parse(form.dataset.body), values);
  const asForm = form.dataset.encoding === "form";
  const answer = await fetch(form.dataset.path, {
    method: form.dataset.method,
    headers: { "content-type": asForm ? "application/x-www-form-urlencoded" : "application/json" },
    body: asForm ? new URLSearchParams(body) : JSON.stringify(body),
  });
  const told = await answer.json().catch(() => ({}));
  const failed = told.message || "That did not work.";
  form.querySelector("output").textContent = answer.ok ? form.dataset.done : failed;
  form.dataset.status = String(answer.status);
  if (answer.ok && form.dataset.next && !told.mfa) location.assign(form.dataset.next);
  if (answer.ok && told.mfa) document.querySelector("#code").hidden = false;
}
for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
}
"""
LABELS = {
    "user": "Mail address", "email": "Mail address", "password": "Password", "new_password": "New password",
    "totp": "Code", "nonce": "Name",
}  # fmt: skip


LEAKS = {
    "/.git/HEAD": ("portal.surface.git", "text/plain", "ref: refs/heads/main\n"),
    "/.git/config": ("portal.surface.git", "text/plain", "[core]\n\trepositoryformatversion = 0\n"),
    "/.env": ("portal.surface.env", "text/plain", f"APP_ENV=production\nPAYMENTS_KEY={PLANTED}\n"),
    "/backup.sql": (
        "portal.surface.backup",
        "text/plain",
        "-- PostgreSQL database dump\nCOPY users FROM stdin;\n",
    ),
    "/assets/": (
        "portal.surface.listing",
        "text/html",
        "<title>Index of /assets/</title><h1>Index of /assets/</h1>",
    ),
    "/admin": (
        "portal.surface.admin",
        "text/html",
        "<title>Administration</title><h1>Users</h1><table></table>",
    ),
    "/debug": (
        "portal.surface.debug",
        "text/plain",
        "PATH=/usr/bin\nDATABASE_URL=postgres://portal@db/portal\n",
    ),
}
"""Path → the defect that serves it, its type and its text."""


class Pages:
    """``find`` gives the page at a path, or None."""

    def __init__(self, portal: Portal, domain: str, switches: Switches) -> None:
        self._portal, self._domain, self._on = portal, domain, switches.on
        self._script = f"/assets/app.{_mark(SCRIPT)}.js"
        self._style = f"/assets/style.{_mark(STYLE)}.css"

    def find(self, visit: Visit) -> Response | None:
        """What a GET or HEAD of a path gives; None when it is no page."""
        path = visit.path
        if path == self._script:
            return self._asset("text/javascript", self._program() + self._planted() + self._weight())
        if path == self._style:
            small = "button { padding: 0; font-size: 8px; line-height: 1; border: 0; }\n"
            return self._asset("text/css", STYLE + (small if self._on("portal.browser.small") else ""))
        content = self._contents().get(path)
        if content is not None:
            return self._page(content, visit)
        return self._plain(path) or self._leak(path)

    def _asset(self, kind: str, text: str) -> Response:
        plain = ", no-transform" if self._on("portal.page.plain") else ""
        return as_text(200, kind, text, f"public, max-age=31536000, immutable{plain}")

    def _program(self) -> str:
        """What makes the forms work, or does not."""
        text = SCRIPT
        if self._on("portal.browser.dead"):
            text = text.replace("send(form);", f"if (form.dataset.path.startsWith({LOGIN!r})) send(form);")
        if self._on("portal.browser.broken"):
            text += 'throw new Error("no such customer");\n'
        if self._on("portal.browser.http"):
            text += "fetch(`http://${location.host}/release.json`).catch(() => 0);\n"
        return text.replace(repr(LOGIN), json.dumps(self._portal.login.path))

    def _weight(self) -> str:
        """What nobody needs: noise that does not pack well, or a long comment that would."""
        if self._on("portal.page.heavy"):
            return f"// {b64encode(random.Random(0).randbytes(750_000)).decode()}\n"  # noqa: S311 - ballast
        return "// the same again and again\n" * 1_000 if self._on("portal.page.plain") else ""

    def _planted(self) -> str:
        text = f'const payments = "{PLANTED}";\n' if self._on("portal.secrets.bundle") else ""
        if self._on("portal.secrets.source_map"):
            text += f"//# sourceMappingURL={self._script.rpartition('/')[2]}.map\n"
        return text

    def _contents(self) -> dict[str, str]:
        portal = self._portal
        pages = {
            "/": "<h1>Portal</h1><p>Everything about your account, in one place.</p>",
            "/login": "<h1>Log in</h1>"
            + _form(portal.login, "Log in", "You are logged in.", "/portal")
            + (
                _form(portal.login.mfa, "Send the code", "You are logged in.", "/portal", "code")
                if portal.login.mfa
                else ""
            ),
            "/portal": "<h1>Your account</h1><p>Welcome.</p>",
        }
        for name, title, page in (
            ("reset", "Forgotten password", "/reset"),
            ("signup", "Sign up", "/signup"),
            ("invite", "Invite", "/invite"),
        ):  # fmt: skip
            call = getattr(portal, name)
            if call is not None:
                pages[page] = f"<h1>{title}</h1>" + _form(call, title, "A mail is on its way.")
                spends = {"reset": "/reset/new", "signup": "/welcome", "invite": "/accept"}[name]
                if call.confirm is not None:
                    pages[spends] = "<h1>Set a password</h1>" + _form(
                        call.confirm, "Save", "Saved.", "/login"
                    )
        if portal.onboarding:
            steps = "".join(_form(call, "Save", "Saved.") for call in portal.onboarding if call.body)
            pages["/onboarding"] = f"<h1>Set up your account</h1>{steps}"
        return pages

    def _page(self, content: str, visit: Visit) -> Response:
        if visit.path == "/reset" and "token" in visit.query:
            content = self._contents().get("/reset/new", content)
        links = [("/", "Home"), ("/login", "Log in"), ("/onboarding", "Set up")]
        shown = "".join(f'<a href="{href}">{text}</a>' for href, text in links)
        if self._on("portal.surface.staging_link"):
            shown += f'<a href="https://staging.{self._domain}/">New version</a>'
        extra = f'<meta name="payments-key" content="{PLANTED}">' if self._on("portal.secrets.html") else ""
        picture = (
            f'<img src="http://{visit.request.host}/logo.png" alt="">'
            if self._on("portal.mixed_content")
            else ""
        )
        picture += "<script>window.tracked = true;</script>" if self._on("portal.browser.inline") else ""
        picture += '<div class="wide">A table of prices</div>' if self._on("portal.browser.wide") else ""
        if self._on("portal.browser.unlabelled"):
            content = re.sub(r"<label>[^<]*(<input[^>]*>)</label>", r"\1", content)
        half = self._on("portal.release.half")
        script = self._script.replace(".js", "-next.js") if half else self._script
        html = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>Portal</title>{extra}"
            f'<link rel="stylesheet" href="{self._style}"><script src="{script}" defer></script></head>'
            f"<body><nav>{shown}</nav><main>{content}{picture}</main></body></html>"
        )
        if self._on("portal.page.plain"):
            answer = as_text(200, "text/html", html + "<!-- long -->" * 1_000, "no-cache, no-transform")
        else:
            answer = as_text(200, "text/html", html)
        if not self._on("portal.csp.none"):
            policy = WEAK_POLICY if self._on("portal.csp.weak") else POLICY
            answer.set("content-security-policy", policy)
        return answer

    def _plain(self, path: str) -> Response | None:
        base = self._portal.base.rstrip("/")
        if path == "/robots.txt":
            private = (
                "Disallow: /internal-admin/\nDisallow: /backup/\n"
                if self._on("portal.surface.robots")
                else ""
            )
            return as_text(
                200, "text/plain", f"User-agent: *\n{private or 'Allow: /'}\nSitemap: {base}/sitemap.xml\n"
            )
        if path == "/sitemap.xml":
            places = [f"{base}/", f"{base}/login"]
            if self._on("portal.surface.sitemap"):
                places.append(f"https://staging.{self._domain}/")
            urls = "".join(f"<url><loc>{escape(place)}</loc></url>" for place in places)
            return as_text(
                200, "application/xml",
                f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>',
            )  # fmt: skip
        return None

    def _leak(self, path: str) -> Response | None:
        """What must never be there, and is when its defect is on."""
        found = LEAKS.get(path)
        if found is not None and self._on(found[0]):
            return as_text(200, found[1], found[2])
        if path == f"{self._script}.map" and self._on("portal.secrets.source_map"):
            source = f'const payments = "{PLANTED}";\n{SCRIPT}'
            return as_json(
                200, {"version": 3, "sources": ["app.ts"], "sourcesContent": [source], "mappings": ""}
            )
        return None


def _form(call: Call | None, button: str, done: str, next_: str = "", id: str = "") -> str:
    if call is None:
        return ""
    inputs = "".join(_input(name) for name in _places(call.body) if name not in ("token", "challenge"))
    hidden = f' id="{id}" hidden' if id else ""
    return (
        f'<form{hidden} data-path="{escape(call.path)}" data-method="{escape(call.method)}"'
        f' data-encoding="{call.encoding}" data-body="{escape(json.dumps(call.body or {}))}"'
        f' data-done="{escape(done)}" data-next="{escape(next_)}">{inputs}'
        f"<button>{escape(button)}</button><output></output></form>"
    )


def _input(name: str) -> str:
    kind = "password" if "password" in name else "email" if name in ("user", "email") else "text"
    label = LABELS.get(name, name.replace("_", " ").title())
    return f'<label>{escape(label)}<input name="{escape(name)}" type="{kind}" required></label>'


def _places(body: object) -> list[str]:
    """The placeholders of a template, in order."""
    if isinstance(body, dict):
        return [name for value in body.values() for name in _places(value)]
    if isinstance(body, list | tuple):
        return [name for value in body for name in _places(value)]
    if isinstance(body, str) and body.startswith("${") and body.endswith("}"):
        return [body[2:-1]]
    return []


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
