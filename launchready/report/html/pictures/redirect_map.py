"""Who leads where: redirects as they were answered, each chain from left to right to its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from launchready.checklist.redirects.hops import target_of
from launchready.evidence.types import Evidence, HttpResult
from launchready.report.html.pictures.svg import Picture, canvas, el, label
from launchready.report.words import counted

MOST = 60
"""Addresses that one map shows."""
BOX_WIDTH, BOX_HEIGHT, GAP_X, GAP_Y = 250.0, 28.0, 74.0, 12.0
MOST_CHARACTERS = 33
INVENTED = "launchready.invalid"
"""Addresses with this are our own trials."""
Hops = Mapping[str, tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Node:
    """An address in the map. ``row``: its line, in boxes; ``column``: hops to the end of its chain."""

    url: str
    column: int
    row: float
    ends: str = ""


def hops(evidence: Evidence) -> dict[str, tuple[str, int]]:
    """Address → where it leads, and by which status. Trials of ours (queries, odd paths) are left out."""
    found: dict[str, tuple[str, int]] = {}
    for results in evidence.results.values():
        for result in results:
            if not isinstance(result, HttpResult) or result.probe.headers or result.probe.method != "GET":
                continue
            target, url = target_of(result), result.probe.url
            if target is None or result.status is None or urlsplit(url).query or INVENTED in url:
                continue
            found[url] = (target, result.status)
    return found


def redirect_map(evidence: Evidence) -> Picture | None:
    """The map; None where nothing leads anywhere."""
    found = hops(evidence)
    if not found:
        return None
    kept = dict(sorted(found.items(), key=lambda item: (_host(item[1][0]), item[0]))[:MOST])
    nodes = _layout(kept)
    columns = max(node.column for node in nodes.values()) + 1
    rows = max(node.row for node in nodes.values()) + 1
    width = columns * BOX_WIDTH + (columns - 1) * GAP_X + 2
    drawn = [_arrow(nodes[url], nodes[target], status, columns) for url, (target, status) in kept.items()
             if target in nodes and nodes[url].column == nodes[target].column + 1]  # fmt: skip
    drawn += [_box(node, columns) for node in nodes.values()]
    left = len(found) - len(kept)
    ends = len({node.url for node in nodes.values() if node.column == 0})
    summary = f"{counted(len(found), 'redirect')}, {counted(ends, 'end')}"
    summary += f"; {left} more are not drawn" if left else ""
    loops = [node.url for node in nodes.values() if node.ends]
    summary += f"; {len(loops)} in a circle" if loops else ""
    return canvas("Redirect map", summary, width, rows * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2, *drawn)


def _layout(found: Hops) -> dict[str, _Node]:
    """A place for every address: an end on the right, what leads to it on its left."""
    leading: dict[str, list[str]] = {}
    for url, (target, _) in found.items():
        leading.setdefault(target, []).append(url)
    nodes: dict[str, _Node] = {}
    row = 0.0
    for root in dict.fromkeys(target for target, _ in found.values()):
        if root not in found:
            row = _place(root, 0, row, leading, nodes)
    for url, (target, _) in found.items():
        if url not in nodes:  # nothing ends here: a circle, opened at this address
            row = _place(url, 0, row, leading, nodes, ends=f"leads back to {target}")
    return nodes


def _place(
    url: str,
    column: int,
    row: float,
    leading: Mapping[str, list[str]],
    nodes: dict[str, _Node],
    ends: str = "",
) -> float:
    """Place an address and all that leads to it; the next free row."""
    nodes[url] = _Node(url, column, row, ends)
    first = row
    sources = [source for source in leading.get(url, ()) if source not in nodes]
    for source in sources:
        if source not in nodes:
            row = _place(source, column + 1, row, leading, nodes)
    if not sources:
        return row + 1
    rows = [nodes[source].row for source in sources]
    nodes[url] = _Node(url, column, max(first, sum(rows) / len(rows)), ends)
    return row


def _x(node: _Node, columns: int) -> float:
    return 1 + (columns - 1 - node.column) * (BOX_WIDTH + GAP_X)


def _y(node: _Node) -> float:
    return 1 + node.row * (BOX_HEIGHT + GAP_Y)


def _box(node: _Node, columns: int) -> Markup:
    x, y = _x(node, columns), _y(node)
    kind = "box loop" if node.ends else "box end" if node.column == 0 else "box"
    shape = el("rect", x=x, y=y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=6, class_=kind)
    text = f"↻ {node.url} {node.ends}" if node.ends else node.url
    return el("g", shape, label(text, x + 10, y + 18.5, class_="mono", most=MOST_CHARACTERS))


def _arrow(start: _Node, end: _Node, status: int, columns: int) -> Markup:
    x1, y1 = _x(start, columns) + BOX_WIDTH, _y(start) + BOX_HEIGHT / 2
    x2, y2 = _x(end, columns), _y(end) + BOX_HEIGHT / 2
    bend = GAP_X / 2
    path = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2 - 6:.1f} {y2:.1f}"
    head = f"M{x2 - 7:.1f} {y2 - 4:.1f}L{x2:.1f} {y2:.1f}L{x2 - 7:.1f} {y2 + 4:.1f}Z"
    kind = "line" if status in (301, 308) else "line temporary"
    return el(
        "g",
        el("path", d=path, class_=kind),
        el("path", d=head, class_="head"),
        label(str(status), x1 + 4, y1 - 5, class_="small"),
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
