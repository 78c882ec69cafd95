"""Hosts that make an allow-list of scripts worthless: anyone can have them serve a script of his own choice.

A small table of the best known; the idea and most names are those of Google's CSP Evaluator (Weichselbaum
et al., "CSP Is Dead, Long Live CSP!", CCS 2016), the package networks' own documentation says the rest.
Read in November 2026. A source that names one exact file is not meant.
"""

from __future__ import annotations

from launchready.websec.sources import Source

_PACKAGES = "it serves every published package, old AngularJS included, which runs script from markup"
_ANGULAR = "it hosts AngularJS, which runs script from markup"
_CALLBACK = "it has an endpoint that answers with a callback of the caller's choice (JSONP)"
_ANYONE = "anyone can put a script there"

HOSTS: dict[str, str] = {
    "unpkg.com": _PACKAGES,
    "cdn.jsdelivr.net": _PACKAGES,
    "esm.sh": _PACKAGES,
    "cdn.skypack.dev": _PACKAGES,
    "cdnjs.cloudflare.com": _ANGULAR,
    "ajax.googleapis.com": _ANGULAR,
    "code.angularjs.org": _ANGULAR,
    "yastatic.net": _ANGULAR,
    "cdn.bootcss.com": _ANGULAR,
    "www.gstatic.com": _ANGULAR,
    "accounts.google.com": _CALLBACK,
    "www.google.com": _CALLBACK,
    "maps.googleapis.com": _CALLBACK,
    "translate.googleapis.com": _CALLBACK,
    "www.youtube.com": _CALLBACK,
    "vimeo.com": _CALLBACK,
    "api.twitter.com": _CALLBACK,
    "graph.facebook.com": _CALLBACK,
    "api.flickr.com": _CALLBACK,
    "mc.yandex.ru": _CALLBACK,
    "api.mixpanel.com": _CALLBACK,
    "raw.githubusercontent.com": _ANYONE,
}
SHARED: dict[str, str] = {
    "amazonaws.com": _ANYONE,
    "cloudfront.net": _ANYONE,
    "github.io": _ANYONE,
    "gitlab.io": _ANYONE,
    "herokuapp.com": _ANYONE,
    "netlify.app": _ANYONE,
    "vercel.app": _ANYONE,
    "pages.dev": _ANYONE,
    "workers.dev": _ANYONE,
    "web.app": _ANYONE,
    "firebaseapp.com": _ANYONE,
    "azurewebsites.net": _ANYONE,
    "blob.core.windows.net": _ANYONE,
    "storage.googleapis.com": _ANYONE,
}
"""Domains under which everyone can have a name: a wildcard over them (or the bare domain) admits all."""


def bypass(source: Source) -> str | None:
    """Why a script source can be bypassed, or None."""
    if source.kind != "host" or source.host == "*" or (source.path and not source.path.endswith("/")):
        return None
    host = source.host.removeprefix("*.").rstrip(".")
    if source.host.startswith("*."):
        shared = next(
            (why for name, why in SHARED.items() if host == name or name.endswith(f".{host}")), None
        )
        return shared or next((why for name, why in HOSTS.items() if name.endswith(f".{host}")), None)
    return HOSTS.get(host) or SHARED.get(host)
