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

from launchready.aws import parameters, reader, secrets
from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.client_file.portal_model import Portal
from launchready.declared.created import DkimKeyPlan
from launchready.declared.dkim import key_plans, key_store
from launchready.errors import EdgeError

SECONDS = 20.0
MAX_BYTES = 1 << 20


async def install(client: ClientFile, portal: Portal, document: Mapping[str, Any]) -> None:
    """Put the sample portal behind ``portal.base``, signing its mails with the key that was made for them.

    Raises EdgeError with what the edge dislikes.
    """
    key = await asyncio.to_thread(_private_key, client, document)
    body = in_clear(portal, key)
    await asyncio.to_thread(control, document, "POST", "portal", body)


def in_clear(portal: Portal, key: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The portal as plain JSON; each secret is ``{"secure": its text}``. Raises InputError without a key.

    ``key``: what its mails are signed with, ``{"selector", "domain", "private_key"}``.
    """
    plain = {"portal": _plain(portal)}
    return plain if key is None else {**plain, "dkim": dict(key)}


def signing_plan(client: ClientFile) -> DkimKeyPlan | None:
    """The generated key that the sample portal can sign with: an active RSA one; None without."""
    plans = key_plans(client.email) if client.email.managed else ()
    return next((plan for plan in plans if plan.active and plan.algorithm == "rsa"), None)


def _private_key(client: ClientFile, document: Mapping[str, Any]) -> dict[str, str] | None:
    """The private key as the launch stored it in the edge's AWS; None where there is none."""
    plan, store = signing_plan(client), key_store(client)
    if plan is None or store is None:
        return None
    name = store.path_of(plan.selector)
    secrets_manager = store.target == "secretsmanager"
    api = reader.client(
        "secretsmanager" if secrets_manager else "ssm", store.region, str(document["aws"]), SECONDS
    )
    found = secrets.value_of(api, name) if secrets_manager else parameters.value_of(api, name)
    if found is None:
        return None
    return {"selector": plan.selector, "domain": client.domain, "private_key": found}


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


def control(document: Mapping[str, Any], method: str, path: str, body: Any) -> dict[str, Any]:
    """One call of the edge's control API. Raises EdgeError with what the edge dislikes."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{document['control']}/{path}", data, method=method)  # noqa: S310 - loopback
    request.add_header("authorization", f"Bearer {document['token']}")
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return dict(json.loads(answer.read(MAX_BYTES)))
    except urllib.error.HTTPError as error:
        told = json.loads(error.read(MAX_BYTES) or b"{}")
        raise EdgeError(f"the edge does not take the {path}: {told.get('error', error.code)}") from None
    except (OSError, ValueError) as error:
        raise EdgeError(f"the edge does not answer: {type(error).__name__}") from error
