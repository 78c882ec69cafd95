"""The page in a real browser: live, hostile, without scripts, on a phone, for axe-core; starting a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from launchready.serve.record import PLACE
from tests.browser import Browser, BrowserError, Page, find
from tests.report.axe_kit import axe_source
from tests.serve.serve_kit import begun, ended, page, project, until

pytestmark = pytest.mark.skipif(
    find() is None, reason="no chromium on this machine: apt-get install chromium"
)
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
HOSTILE_PAGE = f"""<!doctype html><title>x</title><script>window.hacked = 1</script>{HOSTILE}
<svg onload="window.hacked=1"></svg><form action="/start" method="post"><button id="b">b</button></form>
<iframe src="/"></iframe><h1>Stored</h1>"""


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A project, and the page that `launch serve` shows of it."""
    root = project(tmp_path_factory.mktemp("serve"), "acme", "beta")
    with page(root) as document:
        yield root, document


def shown(view: Page, text: str) -> bool:
    return text in (view.run("document.body?.innerText") or "")


def test_a_run_is_followed_from_its_first_step_to_its_verdict(
    browser: Browser, serve: tuple[Path, dict[str, Any]]
) -> None:
    root, document = serve
    with closing(browser.open(document["url"])) as view:
        record = begun(root, command="rehearse")
        until(lambda: shown(view, "rehearse acme"))
        view.run("document.querySelector('.running a').click()")
        until(lambda: view.run("location.pathname") == f"/runs/{record.id}")
        view.run("window.same = true")
        record.step("running the Pulumi program against it")
        record.resource("create", "launchready:zone")
        until(lambda: shown(view, "running the Pulumi program") and shown(view, "launchready:zone"))
        assert view.run("document.querySelector('progress').hasAttribute('value')") is False
        record.step("round 1: probing 3 of 4", 0.75)
        until(lambda: view.run("document.querySelector('progress').value") == 75)
        ended(record)
        until(lambda: shown(view, "score 100 of 100") and shown(view, "Scorecard"))
        assert view.run("window.same") is True, "the page must not have loaded again"
        assert view.run("document.querySelector('progress')") is None
        assert view.complaints() == []
        view.run("document.querySelector('a[href$=\"report.html\"]').click()")
        until(lambda: view.run("document.readyState") == "complete" and shown(view, "Ready"))
        assert {url.rpartition("/")[0] for url in view.requests() if "127.0.0.1" not in url} <= {"data:,"}


def test_a_fleet_is_watched_side_by_side(browser: Browser, serve: tuple[Path, dict[str, Any]]) -> None:
    root, document = serve
    fleet = [begun(root, name, group="20261124T120000-0000f1ee") for name in ("one", "two", "three")]
    view = browser.open(f"{document['origin']}/?group=20261124T120000-0000f1ee")
    try:
        until(lambda: shown(view, "3 running, 0 kept"))
        for number, record in enumerate(fleet):
            record.step(f"round 1: probing {number} of 4", number / 4)
        bars = "[...document.querySelectorAll('progress')].map(bar => bar.value)"
        until(lambda: sorted(view.run(bars)) == [0, 25, 50])
        ended(fleet[0])
        until(lambda: shown(view, "2 running, 1 kept"))
        assert not shown(view, "acme")
    finally:
        for record in fleet:
            record.close()
        view.close()


def test_what_a_run_says_is_text(browser: Browser, serve: tuple[Path, dict[str, Any]]) -> None:
    root, document = serve
    record = begun(root, HOSTILE, group=HOSTILE)
    record.step(HOSTILE)
    record.resource(HOSTILE, HOSTILE)
    rows = [{"row": HOSTILE, "status": HOSTILE, "passed": HOSTILE}]
    record.verdict(json.dumps({"rows": rows}), lambda: HOSTILE_PAGE, verdict="ready", score=1, code=0)
    record.close()
    for path in ("/", f"/runs/{record.id}", f"/?client={'%3Cscript%3E'}"):
        with closing(browser.open(document["origin"] + path)) as view:
            until(lambda view=view: any("events" in url for url in view.requests()))
            assert view.run("window.hacked") is None
            assert view.run("document.querySelectorAll('img, main script').length") == 0
            assert [url for url in view.requests() if url.endswith("/x")] == []
            assert view.complaints() == []


def test_a_stored_report_runs_sends_and_loads_nothing(
    browser: Browser, serve: tuple[Path, dict[str, Any]]
) -> None:
    root, document = serve
    name = ended(begun(root), HOSTILE_PAGE)
    with closing(browser.open(f"{document['origin']}/runs/{name}/report.html")) as view:
        assert view.run("document.querySelector('h1').textContent") == "Stored"
        assert view.run("window.hacked") is None
        assert view.run("self.origin") == "null"
        view.run("document.getElementById('b').click()")
        assert view.run("location.pathname") == f"/runs/{name}/report.html"
        text = " ".join(view.complaints())
        assert "Content Security Policy" in text or "sandboxed" in text


def test_the_token_leaves_the_address_and_starts_a_rehearsal(
    browser: Browser, serve: tuple[Path, dict[str, Any]]
) -> None:
    root, document = serve
    (root / "stacks" / "Pulumi.beta.yaml").write_text("config:\n  launchready:domain: 5\n")
    with closing(browser.open(document["url"])) as view:
        assert view.run("location.href") == f"{document['origin']}/"
        view.run("document.querySelector('a[href=\"/start\"]').click()")
        until(lambda: view.run("document.getElementById('token')?.value") == document["token"])
        view.run("document.getElementById('client').value = 'beta'; document.querySelector('button').click()")
        until(lambda: view.run("location.pathname").startswith("/runs/"))
        until(lambda: shown(view, "could not finish"))
        assert shown(view, "can't be a zone"), "what the command said is shown"
        assert view.complaints() == []


def test_a_form_without_the_token_starts_nothing(
    browser: Browser, serve: tuple[Path, dict[str, Any]]
) -> None:
    root, document = serve
    before = len(list((root / PLACE).iterdir())) if (root / PLACE).exists() else 0
    with closing(browser.open(f"{document['origin']}/start")) as view:
        assert view.run("document.getElementById('token').value") == ""
        view.run("document.getElementById('token').value = 'guess'; document.querySelector('button').click()")
        until(lambda: shown(view, "Nothing was started"))
    after = len(list((root / PLACE).iterdir())) if (root / PLACE).exists() else 0
    assert after == before


def test_without_javascript_the_page_follows_by_loading_again(
    browser: Browser, serve: tuple[Path, dict[str, Any]]
) -> None:
    root, document = serve
    record = begun(root)
    view = browser.open(f"{document['origin']}/start")
    try:
        view.call("Emulation.setScriptExecutionDisabled", value=True)
        view.call("Page.navigate", url=f"{document['origin']}/runs/{record.id}")
        until(lambda: record.id in markup(view) and "running" in markup(view))
        record.step("a later step")
        until(lambda: "a later step" in markup(view))
        ended(record)
        until(lambda: "score 100 of 100" in markup(view))
        assert "http-equiv" not in until(lambda: markup(view)), "what has ended needs no more loading"
    finally:
        view.call("Emulation.setScriptExecutionDisabled", value=False)
        view.close()


def markup(view: Page) -> str:
    """The page as the browser has it, asked without a script; nothing while it is loading."""
    try:
        node = view.call("DOM.getDocument", depth=0)["root"]["nodeId"]
        return str(view.call("DOM.getOuterHTML", nodeId=node)["outerHTML"])
    except BrowserError:  # another document has come between
        return ""


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1440])
def test_it_fits_every_screen_and_is_accessible(
    browser: Browser, serve: tuple[Path, dict[str, Any]], width: int, dark: bool
) -> None:
    root, document = serve
    record = begun(root)
    record.step("round 1: probing 3 of 4", 0.75)
    past = ended(begun(root))
    for path in ("/", f"/runs/{record.id}", f"/runs/{past}", "/start", "/nothing"):
        with closing(browser.open(document["origin"] + path, width=width, dark=dark)) as view:
            assert view.run("document.documentElement.scrollWidth") <= width, path
            assert view.run("document.querySelectorAll('h1').length") == 1
            assert view.run("document.title").endswith("launchready")
            axe = axe_source()
            if axe is not None:
                view.run(axe + ";true")
                found = view.run("axe.run().then(r => r.violations.map(v => v.id + ': ' + v.impact))")
                assert found == [], path
    record.close()
