"""Stand-ins for what a launch creates: stack outputs with real keys, and the Workers behind their routes."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

import aiohttp

from launchready.client_file.model import ClientFile
from launchready.declared import Declared
from launchready.declared.created import DKIM_OUTPUT, SES_OUTPUT, WorkerPlan
from launchready.declared.mta_sts import source
from launchready.mailauth.dkim_keys import Algorithm, KeyPair, generate
from launchready.rehearse.portal import signing_plan

TOKENS = [f"{letter * 4}uipp74whm76gqoni7qmwwn4w4qusji" for letter in "abc"]


@functools.cache
def pair(algorithm: Algorithm, name: str) -> KeyPair:
    """A key pair of that name, the same for a whole run."""
    return generate(algorithm, datetime.now(UTC))


def outputs_of(declared: Declared) -> dict[str, Any]:
    """What `pulumi stack output` would tell after the launch."""
    made: dict[str, Any] = {}
    for plan in declared.dkim_keys:
        key = pair(plan.algorithm, plan.selector)
        made[plan.selector] = {"record": key.record, "created": key.created, "algorithm": key.algorithm}
    found: dict[str, Any] = {DKIM_OUTPUT: made} if made else {}
    if declared.ses is not None:
        found[SES_OUTPUT] = list(TOKENS)
    return found


def signing_key(client: ClientFile) -> dict[str, str] | None:
    """What the sample portal signs its mails with: the private half of the key that ``outputs_of`` tells."""
    plan = signing_plan(client)
    if plan is None:
        return None
    private = pair(plan.algorithm, plan.selector).private_pem
    return {"selector": plan.selector, "domain": client.domain, "private_key": private}


def upload(plan: WorkerPlan, **bindings: str) -> aiohttp.FormData:
    """The multipart body of a script, with these texts in place of the plan's."""
    texts = {binding.name: binding.text for binding in plan.bindings} | bindings
    metadata = {
        "main_module": plan.module,
        "compatibility_date": plan.compatibility_date,
        "bindings": [{"type": "plain_text", "name": name, "text": text} for name, text in texts.items()],
    }
    form = aiohttp.FormData()
    form.add_field("metadata", json.dumps(metadata), content_type="application/json")
    kind = "application/javascript+module"
    form.add_field(plan.module, source(plan.module), filename=plan.module, content_type=kind)
    return form
