"""The monitors of a launch at work: breaking a path on purpose, and proving that its alert arrives."""

from __future__ import annotations

from launchready.monitors.drill import drill
from launchready.monitors.result import Channel, Drill, to_document

__all__ = ["Channel", "Drill", "drill", "to_document"]
