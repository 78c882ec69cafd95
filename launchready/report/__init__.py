"""Reports of a verification: text for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchready.report.text import print_report, render_text

if TYPE_CHECKING:
    from launchready.verify.document import Verification

__all__ = ["print_report", "render_json", "render_text", "schema", "to_document"]

SCHEMA_FILE = Path(__file__).with_name("verification.schema.json")


def to_document(verification: Verification) -> dict[str, Any]:
    """The verification document as plain data (schema ``launchready.verification/1``)."""
    return verification.to_json()


def render_json(verification: Verification) -> str:
    """Exactly one JSON document."""
    return json.dumps(to_document(verification), ensure_ascii=False)


def schema() -> dict[str, Any]:
    """The JSON Schema of the verification document, as published with the package."""
    document: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return document
