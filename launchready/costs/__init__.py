"""What a launch costs a month beside its Cloudflare plan: monitors, variables, secrets, keys. Pure.

Counted from what is declared, with the prices of ``launchready/aws/prices.json``, each of which names its
page. What can't be known beforehand (SMS by country, calls) is listed as unknown and never guessed.
"""

from __future__ import annotations

from launchready.costs.estimate import Estimate, Line, Unknown, estimate
from launchready.costs.render import render, to_document

__all__ = ["Estimate", "Line", "Unknown", "estimate", "render", "to_document"]
