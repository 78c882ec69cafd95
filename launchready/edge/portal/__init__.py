"""The sample portal: a small real application behind the edge, correct until a defect is switched on."""

from __future__ import annotations

from launchready.edge.portal.app import SamplePortal
from launchready.edge.portal.defects import KINDS

__all__ = ["KINDS", "SamplePortal"]
