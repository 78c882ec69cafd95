"""launchready: declare, rehearse and prove the launch of a client's domain."""

from __future__ import annotations

__version__ = "0.1.0"
