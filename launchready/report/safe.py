"""Making what came from outside harmless to a terminal."""

from __future__ import annotations

import unicodedata

LONGEST = 600
"""Characters of one evidence value that a report shows."""


def safe(text: str, longest: int = LONGEST) -> str:
    """``text`` on one line, control and format characters shown as escapes, bounded in length.

    Escape sequences, bidirectional overrides and line breaks in a header or a TXT record must neither
    move a reader's cursor nor forge a line of the report.
    """
    shown = "".join(_visible(character) for character in text[: longest + 1])
    return shown if len(text) <= longest else shown[:longest] + "…"


def _visible(character: str) -> str:
    if character in "\t\n\r":
        return " "
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
        return f"\\u{ord(character):04x}"
    return character
