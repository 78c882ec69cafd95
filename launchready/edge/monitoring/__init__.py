"""The edge's monitoring: what moto and the Cloudflare API only store, this package brings to life."""

from __future__ import annotations

from launchready.edge.monitoring.defects import KINDS
from launchready.edge.monitoring.monitoring import Monitoring
from launchready.edge.monitoring.network import Network

__all__ = ["KINDS", "Monitoring", "Network"]
