"""The formats of a report: their names, their files' endings, and how each is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from launchready.report.context import Context
from launchready.report.html import render_html
from launchready.report.junit import render_junit
from launchready.report.markdown import render_markdown
from launchready.report.sarif import render_sarif
from launchready.report.text import render_text

if TYPE_CHECKING:
    from launchready.verify.document import Verification


@dataclass(frozen=True, slots=True)
class Format:
    """One format. ``extension``: with its dot."""

    name: str
    extension: str
    render: Callable[[Verification, Context], str]


def render_json(verification: Verification) -> str:
    """Exactly one JSON document, which UTF-8 can hold whatever a server sent."""
    text = json.dumps(verification.to_json(), ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(verification.to_json())
    return text


def _json(verification: Verification, context: Context) -> str:
    return render_json(verification)


def _text(verification: Verification, context: Context) -> str:
    return render_text(verification, changes=context.changes(verification))


FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format("text", ".txt", _text),
        Format("json", ".json", _json),
        Format("html", ".html", render_html),
        Format("junit", ".xml", render_junit),
        Format("sarif", ".sarif", render_sarif),
        Format("markdown", ".md", render_markdown),
    )
}
