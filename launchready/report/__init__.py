"""Reports of a verification: pages and text for people, documents for programs.

``FORMATS`` has every format by name; ``Context`` is what a report knows beside the verification.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from launchready.report.context import Context
from launchready.report.formats import FORMATS, Format, render_json

if TYPE_CHECKING:
    from launchready.report.html import render_html
    from launchready.report.junit import render_junit
    from launchready.report.markdown import render_markdown
    from launchready.report.sarif import render_sarif
    from launchready.report.text import print_report, render_text
    from launchready.verify.document import Verification

__all__ = [
    "FORMATS", "Context", "Format", "print_report", "render_html", "render_json", "render_junit",
    "render_markdown", "render_sarif", "render_text", "schema", "to_document",
]  # fmt: skip

_MODULES = {
    "print_report": "text", "render_html": "html", "render_junit": "junit", "render_markdown": "markdown",
    "render_sarif": "sarif", "render_text": "text",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """The renderers, each loaded when somebody asks for it: a run writes one format or two."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


SCHEMA_FILE = Path(__file__).with_name("verification.schema.json")


def to_document(verification: Verification) -> dict[str, Any]:
    """The verification document as plain data (schema ``launchready.verification/1``)."""
    return verification.to_json()


def schema() -> dict[str, Any]:
    """The JSON Schema of the verification document, as published with the package."""
    document: dict[str, Any] = json.loads(SCHEMA_FILE.read_text())
    return document
