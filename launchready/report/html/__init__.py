"""The report as one self-contained page: no network, no script; for a phone, the dark and paper too."""

from __future__ import annotations

from launchready.report.html.page import render_html

__all__ = ["render_html"]
