"""The pages in a real browser: on a phone, in the dark, on paper, by keyboard, for axe-core."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from launchready.checklist.registry import Status
from launchready.client_file import read
from launchready.declared import declare
from launchready.report import Context, render_html
from launchready.report.handover import Known, handover
from launchready.report.handover import render_html as handover_html
from launchready.report.saved import Saved
from tests.browser import Browser, find
from tests.report.axe_kit import axe_source, where_axe_is
from tests.report.report_kit import client_file, everything, finding, hostile, pictured, verification

pytestmark = pytest.mark.skipif(
    find() is None, reason="no chromium on this machine: apt-get install chromium"
)

ROOT = Path(__file__).resolve().parents[2]
SIZES = ((1440, False), (1440, True), (390, False), (390, True))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A report with all that there is, a hostile one, and a handover."""
    directory = tmp_path_factory.mktemp("pages")
    context = client_file(directory)
    before = Saved.of(verification(finding(Status.PASS)))
    context = Context(context.file, context.positions, before)
    client = read(ROOT / "stacks" / "Pulumi.example.yaml").client
    proof = Saved.of(verification(*everything(), domain=client.domain))
    known = Known(client, declare(client), date(2026, 11, 24), proof, commands=frozenset({"verify", "purge"}))
    texts = {
        "report": render_html(verification(*everything(), evidence=pictured()), context),
        "hostile": render_html(verification(*hostile(), evidence=pictured())),
        "handover": handover_html(handover(known)),
    }
    for name, text in texts.items():
        (directory / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: directory / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", ["report", "hostile", "handover"])
def test_nothing_is_requested_and_nothing_complained_about(
    browser: Browser, pages: dict[str, Path], name: str
) -> None:
    page = browser.open(pages[name].as_uri())
    try:
        assert page.requests() == [pages[name].as_uri()]
        assert page.complaints() == []
        assert page.run("document.title") != ""
        assert page.run("document.scripts.length") == 0
    finally:
        page.close()


@pytest.mark.parametrize("name", ["report", "hostile", "handover"])
def test_nothing_sticks_out_on_a_phone(browser: Browser, pages: dict[str, Path], name: str) -> None:
    page = browser.open(pages[name].as_uri(), width=390, height=844)
    try:
        page.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert page.run("document.documentElement.scrollWidth") == 390
        assert page.run("parseFloat(getComputedStyle(document.body).fontSize)") >= 15
    finally:
        page.close()


def test_it_is_dark_where_the_dark_is_preferred_and_paper_stays_white(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.open(pages["report"].as_uri(), dark=True)
    try:
        background = "getComputedStyle(document.body).backgroundColor"
        assert brightness(page.run(background)) < 40
        page.media("print", dark=True)
        assert brightness(page.run(background)) > 240
        page.media("screen")
        assert brightness(page.run(background)) > 240
    finally:
        page.close()


def brightness(color: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", color)[:3])) / 3


def test_what_is_folded_is_open_on_paper(browser: Browser, pages: dict[str, Path]) -> None:
    page = browser.open(pages["report"].as_uri())
    seen = "document.querySelector('#row-tls .check').checkVisibility()"
    try:
        assert page.run(seen) is False
        page.media("print")
        assert page.run(seen) is True
        page.media("screen")
        printed = page.pdf()
        assert printed.startswith(b"%PDF")
        assert sheets(printed) >= 3, "what is row by row begins on a page of its own"
        page.run("document.querySelectorAll('details').forEach(part => part.remove())")
        assert len(page.pdf()) < len(printed), "the folded parts were in it"
    finally:
        page.close()


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


def test_the_keyboard_reaches_the_report_first_and_sees_where_it_is(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.open(pages["report"].as_uri())
    focus = "document.activeElement"
    try:
        press(page, "Tab")
        assert page.run(f"{focus}.textContent") == "Skip to the report"
        assert page.run(f"{focus}.getBoundingClientRect().left") >= 0, "it is seen now"
        press(page, "Enter")
        press(page, "Tab")
        assert page.run(f"{focus}.closest('main') !== null")
        assert page.run(f"parseFloat(getComputedStyle({focus}).outlineWidth)") >= 2
        page.run("document.querySelector('#row-tls details > summary').focus()")
        press(page, "Enter")
        assert page.run("document.querySelector('#row-tls details').open") is True
    finally:
        page.close()


def press(page: Any, key: str) -> None:
    codes = {"Tab": 9, "Enter": 13}
    text = {"text": "\r"} if key == "Enter" else {}
    page.call(
        "Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=codes[key], **text
    )
    page.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=codes[key])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["report", "handover"])
@pytest.mark.parametrize(("width", "dark"), SIZES)
def test_axe_finds_nothing_serious(
    browser: Browser, pages: dict[str, Path], name: str, width: int, dark: bool
) -> None:
    source = axe_source()
    if source is None:
        pytest.skip(f"no axe-core in {where_axe_is()}: make axe")
    page = browser.open(pages[name].as_uri(), width=width, dark=dark)
    try:
        page.run("document.querySelectorAll('details').forEach(part => part.open = true)")
        page.run(f"{source}\n;0")
        found = json.loads(page.run("axe.run().then(result => JSON.stringify(result.violations))"))
        told = {v["id"]: [node["target"] for node in v["nodes"]][:3] for v in found}
        assert told == {}, "no violation at all, not even a minor one"
        passed = page.run("axe.run({runOnly: ['color-contrast']}).then(result => result.passes.length)")
        assert passed == 1, "it did look"
    finally:
        page.close()


@pytest.mark.parametrize("name", ["report", "handover"])
def test_screenshots_can_be_made(browser: Browser, pages: dict[str, Path], tmp_path: Path, name: str) -> None:
    page = browser.open(pages[name].as_uri())
    try:
        page.screenshot(tmp_path / "whole.png")
        page.screenshot(tmp_path / "first.png", whole=False)
    finally:
        page.close()
    for shot in ("whole.png", "first.png"):
        assert (tmp_path / shot).read_bytes().startswith(b"\x89PNG")
        assert (tmp_path / shot).stat().st_size > 10_000
