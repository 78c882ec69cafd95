"""A handover as a page and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.report.handover.blocks import (
    Block,
    Code,
    Handover,
    Line,
    Paragraph,
    Points,
    Proof,
    Table,
)
from launchready.report.html.templating import environment
from launchready.report.safe import markdown_code, markdown_text
from launchready.report.words import STATUS_WORDS, VERDICTS, title


def render_html(document: Handover) -> str:
    """One self-contained page, in the reports' style."""
    return environment().get_template("handover.html.j2").render(
        d=document, word=VERDICTS[document.verdict][0] if document.verdict else ""
    )  # fmt: skip


def render_markdown(document: Handover) -> str:
    """A Markdown document (CommonMark, with GitHub's tables)."""
    lines = [f"# Handover: {markdown_text(document.domain)}", "", f"{document.day.isoformat()}"]
    if document.verdict is not None:
        word = VERDICTS[document.verdict][0]
        lines[-1] += f" · **{word}** · verified {markdown_text(document.verified)}"
    for section in document.sections:
        lines += ["", f"## {section.title}"]
        for block in section.blocks:
            lines += ["", *_block(block)]
    return "\n".join(lines) + "\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Paragraph):
        yield _line(block.line)
        return
    if block.title:
        yield f"### {markdown_text(block.title)}"
        yield ""
    if isinstance(block, Table):
        yield f"| {' | '.join(block.columns)} |"
        yield f"|{' --- |' * len(block.columns)}"
        for row in block.rows:
            yield f"| {' | '.join(_line(cell) for cell in row)} |"
    elif isinstance(block, Points):
        for number, item in enumerate(block.items, 1):
            yield f"{f'{number}.' if block.numbered else '-'} {_line(item)}"


def _line(line: Line) -> str:
    words = []
    for piece in line:
        if isinstance(piece, Code):
            words.append(markdown_code(piece.text))
        elif isinstance(piece, Proof):
            words.append(f"{title(piece.row)}: **{STATUS_WORDS[piece.status].lower()}**")
        else:
            words.append(markdown_text(piece))
    return "".join(words)
