"""DKIM verdicts over the portal's mails: of each, what signed it and whether that holds. No text is kept."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from launchready.evidence.portal.stage import Stage
from launchready.evidence.types import Cause, DnsProbe
from launchready.mailauth.dkim_verify import key_names, verify
from launchready.mailauth.dns import Answer

MAX_MAILS = 5


async def signatures_of(stage: Stage, mails: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``{"subject", "signatures": [{"domain", "selector", "result", "detail", "failure"}]}`` of each mail."""
    return [
        {"subject": str(mail.get("subject", ""))[:100], "signatures": await _signatures(stage, mail)}
        for mail in mails[:MAX_MAILS]
    ]


async def _signatures(stage: Stage, mail: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        raw = base64.b64decode(str(mail.get("raw", "")), validate=True)
    except binascii.Error:
        raw = b""
    answers = {(name, "TXT"): await _ask(stage, name) for name in key_names(raw)}
    found = verify(raw, lambda name, rdtype: answers.get((name, rdtype), Answer(nxdomain=True)))
    return [
        {
            "domain": one.domain, "selector": one.selector, "result": one.result, "detail": one.detail,
            "failure": one.failure,
        }
        for one in found
    ]  # fmt: skip


async def _ask(stage: Stage, name: str) -> Answer:
    if stage.resolve is None:
        return Answer(failure=Cause.NOT_PROBED.value)
    result = await stage.resolve(DnsProbe(name, "TXT"))
    if not result.answered:
        return Answer(failure=str(result.cause))
    return Answer(result.data, nxdomain=result.cause is Cause.NXDOMAIN)
