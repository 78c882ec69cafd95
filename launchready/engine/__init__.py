"""Finding, building and running the Pulumi engine, and the local plugins that stand in for official ones."""

from __future__ import annotations

from launchready.engine.locate import Engine, Plugin, engine_or_reason, find_engine

__all__ = ["Engine", "Plugin", "engine_or_reason", "find_engine"]
