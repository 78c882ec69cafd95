"""The sample portal in a rehearsal: the edge is told the client file's portal, secrets in clear.

In a rehearsal the secrets are canaries, so nothing real leaves the client file.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from launchready.client_file.base import Secret
from launchready.client_file.portal_model import Portal
from launchready.errors import EdgeError

SECONDS = 20.0
MAX_BYTES = 1 << 20


async def install(portal: Portal, document: Mapping[str, Any]) -> None:
    """Put the sample portal behind ``portal.base``. Raises EdgeError with what the edge dislikes."""
    await asyncio.to_thread(_post, f"{document['control']}/portal", str(document["token"]), in_clear(portal))


def in_clear(portal: Portal) -> dict[str, Any]:
    """The portal as plain JSON; each secret is ``{"secure": its text}``. Raises InputError without a key."""
    plain = _plain(portal)
    return {"portal": plain}


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return {"secure": value.reveal()}
    if isinstance(value, BaseModel):
        fields = type(value).model_fields
        return {
            (field.alias or name): _plain(getattr(value, name))
            for name, field in fields.items()
            if name in value.model_fields_set
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _post(url: str, token: str, body: Any) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")  # noqa: S310 - loopback
    request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            answer.read(MAX_BYTES)
    except urllib.error.HTTPError as error:
        told = json.loads(error.read(MAX_BYTES) or b"{}")
        raise EdgeError(f"the edge does not take the portal: {told.get('error', error.code)}") from None
    except OSError as error:
        raise EdgeError(f"the edge does not answer: {type(error).__name__}") from error
