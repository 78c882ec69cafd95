"""Write docs/plans.md from the plan table: `python script/plans.py`."""

from __future__ import annotations

from pathlib import Path

from launchready.cli.plans import markdown

HEAD = """# What each Cloudflare plan allows

Made by `script/plans.py` from `launchready/client_file/plans.py`, the table by which the lints
refuse what a plan lacks; `launch plans` prints the same. A dash: not on this plan; "any": no known limit.

"""
TARGET = Path(__file__).parents[1] / "docs" / "plans.md"


def document() -> str:
    """The whole page."""
    return HEAD + markdown()


if __name__ == "__main__":
    TARGET.write_text(document())
