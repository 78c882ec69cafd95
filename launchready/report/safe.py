"""Making what came from outside harmless: to a terminal, in XML, in Markdown."""

from __future__ import annotations

import re
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


_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to say, escaped or not (§2.2)."""
_MARKDOWN = re.compile(r"[&<>`*_~\[\]\\|#@$^{}]|:(?=\S)|(?<=www)\.|^[-+=]|(?<=\d)\.(?=\s|$)", re.IGNORECASE)
"""What may mean something in Markdown or HTML, and what GitHub makes links, people, issues or formulas of."""
_MENTION = re.compile(r"(&#(?:64|35);)(?=\w)")


def xml_text(text: str, longest: int = LONGEST) -> str:
    """``safe``, without the characters that no XML 1.0 document may have."""
    return _NOT_XML.sub("\ufffd", safe(text, longest))


def markdown_text(text: str, longest: int = LONGEST) -> str:
    """``safe``, as a Markdown document shows it literally: no markup, HTML, cell or link can come of it.

    Signs become numeric character references, which never count as structure (CommonMark §2.5). GitHub looks
    for people and issues in the finished text: an invisible word joiner keeps it from finding any.
    """
    return _MENTION.sub(r"\1&#8288;", _escaped(text, longest))


def markdown_code(text: str, longest: int = LONGEST) -> str:
    """``markdown_text`` as code, to be copied: in code, GitHub looks for nobody."""
    return f"<code>{_escaped(text, longest)}</code>"


def _escaped(text: str, longest: int) -> str:
    return _MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", safe(text, longest))
