"""Answers as the API gives them: status, headers, and ``{result, success, errors, messages}``."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON_TYPE = "application/json; charset=UTF-8"
RECORD_MISSING = 81044
RECORD_EXISTS = frozenset({81057, 81058})
"""What the API says of a record that is there already."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the API, or one in its form. ``status`` 0: the API gave none (``body`` says why)."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def lost(self) -> bool:
        """Whether the call may have taken effect although it was not answered well."""
        return self.status == 0 or self.status >= 500

    def codes(self) -> set[int]:
        """The API's own error codes in this answer."""
        errors = self.document().get("errors")
        listed = errors if isinstance(errors, list) else []
        return {error.get("code", 0) for error in listed if isinstance(error, dict)}

    def document(self) -> dict[str, Any]:
        """The body as a JSON object; {} when it isn't one."""
        try:
            found = json.loads(self.body) if self.body else {}
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


def accepted(result: Any) -> Answer:
    """The envelope of a call that was accepted."""
    return _enveloped(200, {"result": result, "success": True, "errors": [], "messages": []})


def refused(status: int, code: int, message: str, headers: dict[str, str] | None = None) -> Answer:
    """The envelope of a refusal with one error."""
    errors = [{"code": code, "message": message}]
    document = {"result": None, "success": False, "errors": errors, "messages": []}
    return _enveloped(status, document, headers)


def _enveloped(status: int, document: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
    body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    return Answer(status, body, {"Content-Type": JSON_TYPE, **(headers or {})})
