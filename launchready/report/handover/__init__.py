"""The document that a client gets: what was set up, what to renew, how to go back, whom to call.

``handover(Known(…))`` gathers it, ``render_html`` and ``render_markdown`` write it. No secret and no
internal id is in it.
"""

from launchready.report.handover.content import handover
from launchready.report.handover.known import Known
from launchready.report.handover.operations import outputs_from
from launchready.report.handover.render import render_html, render_markdown

__all__ = ["Known", "handover", "outputs_from", "render_html", "render_markdown"]
