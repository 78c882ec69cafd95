"""The formats of a report: their names, their files' endings, and how each is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from launchready.report.context import Context

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
    from launchready.report.text import render_text

    return render_text(verification, changes=context.changes(verification))


def _by(name: str) -> Callable[[Verification, Context], str]:
    """A renderer whose module is loaded when it is used: a run writes one format or two."""

    def render(verification: Verification, context: Context) -> str:
        module = import_module(f"launchready.report.{name}")
        text: str = getattr(module, f"render_{name}")(verification, context)
        return text

    return render


FORMATS: Mapping[str, Format] = {
    known.name: known
    for known in (
        Format("text", ".txt", _text),
        Format("json", ".json", _json),
        Format("html", ".html", _by("html")),
        Format("junit", ".xml", _by("junit")),
        Format("sarif", ".sarif", _by("sarif")),
        Format("markdown", ".md", _by("markdown")),
    )
}
