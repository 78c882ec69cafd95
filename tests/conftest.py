"""What every test shares: options, markers, and a cache that is never the user's state."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import Browser, find, started

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="run what is exhaustive, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if "soak" in item.keywords and not config.getoption("--soak"):
            item.add_marker(pytest.mark.skip(reason="exhaustive: runs in `make soak`"))
        if "oracle" in item.keywords and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="needs ../shared, which is not beside this checkout"))


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """What a test does to this process's environment (a command called in process may) ends with it."""
    before = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    yield
    for name in [name for name in os.environ if name not in before and not name.startswith("PYTEST")]:
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A chromium of a test file's own."""
    executable = find()
    if executable is None:
        pytest.skip("there is no chromium here")
    with started(executable) as running:
        yield running


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture
def shared() -> Path:
    """The extra oracles, where they are present."""
    if not SHARED.is_dir():
        pytest.skip("needs ../shared, which is not beside this checkout")
    return SHARED
