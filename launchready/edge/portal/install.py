"""Putting the sample portal behind a host, from a client file's ``portal`` section with secrets in clear.

What comes in stays in this process: nothing of it is logged, stored or part of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from pydantic import ValidationError

from launchready.client_file.base import Secret
from launchready.client_file.portal_model import Portal
from launchready.edge.https.messages import App
from launchready.edge.portal.app import SamplePortal
from launchready.edge.portal.mail import SigningKey
from launchready.edge.state import EdgeState, Json
from launchready.errors import InputError


class Places(Protocol):
    """Where applications are put."""

    def set_app(self, host: str, app: App | None) -> None: ...


def install(body: Json, state: EdgeState, places: Places, smtp: Callable[[], str]) -> Json:
    """``{"portal": {…}}`` → ``{"host", "paths"}``. A secret is ``{"secure": "in clear"}`` here.

    ``dkim`` beside it, ``{"selector", "domain", "private_key"}`` (PEM), is what the portal's mails are
    signed with. Raises InputError naming the key that is wrong.
    """
    given = body.get("portal")
    if not isinstance(given, dict) or set(body) - {"portal", "dkim"}:
        raise InputError('portal: {"portal": {…}, "dkim"?: {…}}, as in a client file, secrets in clear')
    try:
        portal = Portal.model_validate(_opened(given))
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise InputError(f"portal.{place}: {wrong['msg']}") from None
    zone = state.zone_for(portal.base.partition("://")[2].partition("/")[0].partition(":")[0])
    if zone is None:
        raise InputError("portal.base is no host of a zone here", fix="create the zone first")
    app = SamplePortal(portal, zone.name, state, smtp, _signing_key(body.get("dkim")))
    places.set_app(app.host, app)
    return {"host": app.host, "paths": sorted({path for _, path in app.routes})}


def _signing_key(given: Any) -> SigningKey | None:
    if given is None:
        return None
    names = ("selector", "domain", "private_key")
    if not isinstance(given, dict) or set(given) != set(names) or not all(
        isinstance(given[name], str) and given[name] for name in names
    ):  # fmt: skip
        raise InputError('dkim: {"selector": text, "domain": text, "private_key": PEM}')
    return SigningKey.of(given["selector"], given["domain"], given["private_key"])


def _opened(value: Any) -> Any:
    """The same value with every ``{"secure": text}`` as a secret that reveals the text."""
    if isinstance(value, Mapping):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            return Secret("", partial(str, value["secure"]))
        return {key: _opened(one) for key, one in value.items()}
    return [_opened(one) for one in value] if isinstance(value, list) else value
