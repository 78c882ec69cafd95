"""The dynamic provider's process has what its threads share before it serves any of them."""

from __future__ import annotations

import importlib
import runpy
import sys
from typing import Any

import pytest

from launchready.engine import run_plugin


@pytest.mark.parametrize(("kind", "there"), [("dynamic", True), ("cloudflare", False)])
def test_the_client_files_package_is_there_before_dynamic_resources_are_served(
    kind: str, there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def serving(_module: str, **_: Any) -> None:
        assert (run_plugin.SHARED in asked) is there
        asked.append("served")

    monkeypatch.setattr(run_plugin, "end_with_parent", lambda: None)
    monkeypatch.setattr(importlib, "import_module", asked.append)
    monkeypatch.setattr(runpy, "run_module", serving)
    monkeypatch.setattr(sys, "argv", ["run_plugin", kind])
    run_plugin.main()
    assert asked[-1] == "served"
