"""Make docs/report.svg, the picture in the README, from what `launch rehearse example` prints.

Usage: .venv/bin/launch rehearse example | .venv/bin/python script/picture.py
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

TARGET = Path(__file__).resolve().parents[1] / "docs" / "report.svg"
STYLES = {r"^READY": "bold green", r"^NOT READY": "bold red", r"\bpass\b": "green", r"\bfail\b": "red"}


def main() -> int:
    said = sys.stdin.read().rstrip()
    if not said:
        sys.stderr.write("nothing to draw: pipe a report in\n")
        return 2
    console = Console(record=True, width=82, file=io.StringIO(), force_terminal=True)
    text = Text("$ launch rehearse example\n", style="bold") + Text(said)
    for pattern, style in STYLES.items():
        text.highlight_regex(re.compile(pattern, re.M).pattern.replace("^", "(?m)^", 1), style)
    console.print(text)
    svg = console.export_svg(title="launch rehearse example")
    # No picture of ours loads a font from elsewhere.
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    TARGET.write_text(svg)
    sys.stdout.write(f"wrote {TARGET}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
