"""The envelope that every answer comes in, and the refusals that handlers raise.

Shape: ``{"result", "success", "errors": [{code, message, …}], "messages", "result_info"?}``.
Codes and statuses: facts/cloudflare-api.md, "Envelope, errors, limits".
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from launchready.edge.state import Json


@dataclass(slots=True)
class Reply:
    """What a handler answers: a result in the envelope, or a body of its own (export, 204)."""

    result: Any = None
    status: int = 200
    info: Json | None = None
    messages: list[Json] = field(default_factory=list)
    raw: str | None = None
    """A body that is not JSON (a zone file)."""
    bare: bool = False
    """No body at all: 204."""

    def body(self) -> bytes:
        if self.bare:
            return b""
        if self.raw is not None:
            return self.raw.encode()
        document: Json = {"result": self.result, "success": True, "errors": [], "messages": self.messages}
        if self.info is not None:
            document["result_info"] = self.info
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


class RefusalError(Exception):
    """The API says no: an HTTP status and one or more Cloudflare error objects.

    Not a LaunchreadyError: it is an answer on the wire, never shown to launchready's own user.
    """

    def __init__(self, status: int, *errors: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__("; ".join(f"{e['code']}: {e['message']}" for e in errors))
        self.status = status
        self.errors = list(errors)
        self.headers = headers or {}

    def body(self) -> bytes:
        document = {"result": None, "success": False, "errors": self.errors, "messages": []}
        return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def error(code: int, message: str, **more: Any) -> Json:
    """One error object; ``error_chain`` and ``source`` go in ``more``."""
    return {"code": code, "message": message, **more}


def refuse(status: int, code: int, message: str, **more: Any) -> RefusalError:
    """A refusal with a single error, ready to be raised."""
    return RefusalError(status, error(code, message, **more))


def unroutable(path: str) -> RefusalError:
    """7003 and 7000: an identifier that can't be one, or a path that leads nowhere."""
    return RefusalError(
        400,
        error(7003, f"Could not route to {path}, perhaps your object identifier is invalid?"),
        error(7000, "No route for that URI"),
    )


def paged(items: Sequence[Any], query: Any, *, default: int, low: int, high: int) -> Reply:
    """One page of ``items`` and its ``result_info``; page and per_page out of range are a 400."""
    page = _number(query, "page", 1, 1, None)
    per_page = _number(query, "per_page", default, low, high)
    start = (page - 1) * per_page
    chunk = list(items[start : start + per_page])
    info = {
        "page": page,
        "per_page": per_page,
        "count": len(chunk),
        "total_count": len(items),
        "total_pages": math.ceil(len(items) / per_page),
    }
    return Reply(chunk, info=info)


def _number(query: Any, name: str, default: int, low: int, high: int | None) -> int:
    text = query.get(name)
    if text is None:
        return default
    decimal = text.isascii() and text.isdigit() and len(text) < 10
    if not decimal or int(text) < low or (high is not None and int(text) > high):
        span = f"between {low} and {high}" if high is not None else f"at least {low}"
        raise refuse(400, 1004, f"{name} must be a number {span}")
    return int(text)
