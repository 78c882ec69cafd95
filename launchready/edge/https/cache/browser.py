"""What a visitor's browser is told about keeping an answer: Browser Cache TTL, by rule or by setting.

Source: developers.cloudflare.com/cache/how-to/edge-browser-cache-ttl. The setting only raises what the
origin says; a rule replaces it.
"""

from __future__ import annotations

from datetime import datetime

from launchready.edge.https.cache import directives as control
from launchready.edge.https.cache.settings import CacheSettings
from launchready.edge.https.messages import Response

NEVER = "private, no-store, no-cache, must-revalidate, max-age=0"
_REPLACED = ("max-age", "no-cache", "no-store", "private", "must-revalidate")


def apply(response: Response, settings: CacheSettings, now: datetime) -> None:
    """Change Cache-Control of an answer that the edge keeps."""
    mode = settings.browser_ttl.get("mode")
    if mode == "override_origin":
        _say(response, int(settings.browser_ttl.get("default") or 0))
    elif mode in ("bypass", "bypass_by_default"):
        response.set("cache-control", NEVER)
        response.remove("expires")
    elif mode is None and settings.browser_setting > 0:
        said = control.parse(_joined(response))
        life = said.seconds("max-age")
        if life is None and response.header("expires"):
            life = int(control.lifetime(response, said, now) or 0)
        if life is None or life < settings.browser_setting:
            _say(response, settings.browser_setting)


def _say(response: Response, seconds: int) -> None:
    """The origin's other words stay."""
    said = control.parse(_joined(response))
    kept = [
        f"{name}={value}" if value else name for name, value in said.values.items() if name not in _REPLACED
    ]
    response.set("cache-control", ", ".join([*kept, f"max-age={seconds}"]))
    response.remove("expires")


def _joined(response: Response) -> str:
    return ", ".join(value for key, value in response.headers if key == "cache-control")
