"""Pure: a client file → everything that it declares (records, redirects, settings)."""

from __future__ import annotations

from launchready.declared.created import Pending, resolve
from launchready.declared.plan import declare
from launchready.declared.types import Declared, Origin, Record, Redirect, Rule, Setting

__all__ = ["Declared", "Origin", "Pending", "Record", "Redirect", "Rule", "Setting", "declare", "resolve"]
