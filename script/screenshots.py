"""Photograph the report and the handover: 1440 and 390 pixels wide, light and dark, and as PDF.

Usage: .venv/bin/python script/screenshots.py [--into DIRECTORY] [--picture docs/report.png] [PAGE.html …]
Without pages the example is rehearsed and handed over first. `make screenshots` does that.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import Browser, find, started  # noqa: E402

WIDTHS = (1440, 390)
PICTURE = (1200, 860)
"""Pixels of the README's picture."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pages", nargs="*", type=Path)
    options.add_argument("--into", type=Path, default=ROOT / "build" / "screenshots")
    options.add_argument("--picture", type=Path, help="Also the first page's beginning, for the README.")
    given = options.parse_args()
    executable = find()
    if executable is None:
        sys.stderr.write("no chromium on this machine: apt-get install chromium\n")
        return 3
    given.into.mkdir(parents=True, exist_ok=True)
    pages = [page.resolve() for page in given.pages] or rehearsed(given.into)
    with started(executable) as browser:
        for page in pages:
            photograph(browser, page, given.into)
        if given.picture is not None:
            first_look(browser, pages[0], given.picture)
    return 0


def rehearsed(into: Path) -> list[Path]:
    """The example's report and handover, made by the commands that people use."""
    launch = [sys.executable, "-m", "launchready.cli"]
    formats = ("--format", "html", "--format", "json", "--output", str(into))
    subprocess.run([*launch, "rehearse", "example", *formats], cwd=ROOT, check=True)
    handover = into / "handover.html"
    proof = ("--verification", str(into / "verification.json"))
    subprocess.run([*launch, "handover", "example", *proof, "--output", str(handover)], cwd=ROOT, check=True)
    return [into / "verification.html", handover]


def photograph(browser: Browser, page: Path, into: Path) -> None:
    for width in WIDTHS:
        for dark in (False, True):
            opened = browser.open(page.as_uri(), width=width, dark=dark)
            target = into / f"{page.stem}-{width}-{'dark' if dark else 'light'}.png"
            opened.screenshot(target)
            opened.close()
            sys.stdout.write(f"wrote {target}\n")
    opened = browser.open(page.as_uri())
    (into / f"{page.stem}.pdf").write_bytes(opened.pdf())
    opened.close()


def first_look(browser: Browser, page: Path, target: Path) -> None:
    opened = browser.open(page.as_uri(), width=PICTURE[0], height=PICTURE[1])
    opened.screenshot(target, whole=False)
    opened.close()
    sys.stdout.write(f"wrote {target}: {target.stat().st_size // 1024} kB\n")


if __name__ == "__main__":
    sys.exit(main())
