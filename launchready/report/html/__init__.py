"""The report as one self-contained page: no network, no script; for a phone, the dark and paper too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from launchready.report.context import NOTHING, Context

if TYPE_CHECKING:
    from launchready.verify.document import Verification

__all__ = ["render_html"]


def render_html(verification: Verification, context: Context = NOTHING) -> str:
    """The whole page. Templates are loaded when one is asked for: most runs never do."""
    from launchready.report.html.page import render_html as render

    return render(verification, context)
