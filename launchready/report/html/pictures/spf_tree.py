"""The look-ups that a receiver makes to evaluate the domain's SPF record (RFC 7208 §4.6.4)."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from launchready.evidence.types import Evidence, NotCollected
from launchready.mailauth import spf
from launchready.mailauth.dns import Answer, normal, texts
from launchready.report.html.pictures.svg import CHARACTER, Picture, canvas, el, label

ROW, INDENT, LEFT = 30.0, 22.0, 8.0
LEAST_WIDTH, MOST_CHARACTERS = 330.0, 58
MOST = 40
"""Terms that are drawn."""


def spf_tree(evidence: Evidence, domain: str) -> Picture | None:
    """The tree; None where there is not exactly one record, or it was not asked for."""

    def lookup(name: str, rdtype: str) -> Answer:
        try:
            result = evidence.dns(name, rdtype)
        except NotCollected:
            return Answer(failure="NOT_ASKED")
        return Answer(result.data) if result.answered else Answer(failure=str(result.cause))

    try:
        found = spf.select(texts(evidence.dns(domain, "TXT").data))
    except NotCollected:
        return None
    if len(found) != 1:
        return None
    return _draw(spf.tree(normal(domain), lookup))


def _draw(tree: spf.Tree) -> Picture:
    rows = list(_rows(tree.root, 0))
    shown = rows[:MOST]
    widest = max(LEFT + depth * INDENT + 16 + (min(len(_words(n)), MOST_CHARACTERS) + 14) * CHARACTER
                 for n, depth, _ in shown)  # fmt: skip
    width = max(LEAST_WIDTH, widest)
    drawn: list[Markup] = []
    for number, (node, depth, parent) in enumerate(shown):
        drawn += _row(node, depth, number, parent, width)
    meter = _meter(tree.lookups, width, len(shown) * ROW + 16)
    summary = f"{tree.lookups} of {spf.MAX_LOOKUPS} DNS look-ups"
    if len(rows) > MOST:
        summary += f"; {len(rows) - MOST} terms are not drawn"
    troubles = [str(trouble) for trouble in tree.troubles]
    summary += f"; {'; '.join(troubles)}" if troubles else ""
    return canvas("SPF look-ups", summary, width, len(shown) * ROW + 56, *drawn, *meter)


def _rows(
    node: spf.Node, depth: int, above: tuple[int, ...] = ()
) -> Iterator[tuple[spf.Node, int, int | None]]:
    """(node, depth, number of the parent's row or None), parents before children."""
    counter = [0]

    def visit(node: spf.Node, depth: int, parent: int | None) -> Iterator[tuple[spf.Node, int, int | None]]:
        own = counter[0]
        counter[0] += 1
        yield node, depth, parent
        for child in node.children:
            yield from visit(child, depth + 1, own)

    yield from visit(node, depth, None)


def _words(node: spf.Node) -> str:
    return node.domain if node.cost == 0 else node.term


def _row(node: spf.Node, depth: int, number: int, parent: int | None, width: float) -> Iterator[Markup]:
    x, y = LEFT + depth * INDENT, number * ROW + ROW / 2
    if parent is not None:
        top = parent * ROW + ROW / 2 + 6
        yield el("path", d=f"M{x - INDENT:.1f} {top:.1f}V{y:.1f}H{x - 6:.1f}", class_="line")
    yield el("circle", cx=x, cy=y, r=4.5, class_="dot bad" if node.troubles else "dot")
    yield label(_words(node), x + 12, y + 4, class_="mono", most=MOST_CHARACTERS)
    cost = "start" if node.cost == 0 else f"+{node.cost}"
    cost = f"! {cost}" if node.troubles else cost
    yield label(cost, width - 2, y + 4, class_="small bad" if node.troubles else "small", anchor="end")


def _meter(used: int, width: float, y: float) -> Iterator[Markup]:
    """Ten boxes, one for each look-up that is allowed; those in use are filled."""
    size = min(22.0, (width - 130) / spf.MAX_LOOKUPS)
    for number in range(spf.MAX_LOOKUPS):
        filled = number < used
        kind = ("cell bad" if used > spf.MAX_LOOKUPS else "cell used") if filled else "cell"
        yield el("rect", x=1 + number * size, y=y, width=size - 4, height=14, rx=3, class_=kind)
    words = f"{used} of {spf.MAX_LOOKUPS} look-ups"
    yield label(words, spf.MAX_LOOKUPS * size + 6, y + 11.5, class_="small")
