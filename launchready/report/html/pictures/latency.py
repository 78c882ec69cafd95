"""How long answers took under load: a histogram, with the median, the 95th percentile and the limit."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from launchready.evidence.types import Evidence, LoadResult
from launchready.report.html.pictures.svg import Picture, canvas, el, label

WIDTH, HEIGHT, BASE, TALLEST = 640.0, 200.0, 152.0, 116.0
BARS_TO_LIMIT = 20
"""Bars up to the limit: as fine as the evidence is."""
MOST_BARS = 32
"""Bars of one picture; the last one takes all that is slower."""


def loads(evidence: Evidence) -> Iterator[LoadResult]:
    """Every load that was carried and tells something."""
    for results in evidence.results.values():
        for result in results:
            if isinstance(result, LoadResult) and result.cause is None and result.buckets:
                yield result


def latency_histogram(result: LoadResult) -> Picture:
    """The histogram of one endpoint's answers."""
    limit = result.probe.target
    bars = _bars(result.buckets, limit / BARS_TO_LIMIT)
    answers = sum(count for _, count in bars)
    summary = (
        f"{answers} answers, half within {result.p50:.0f} ms, 95 of 100 within {result.p95:.0f} ms; "
        f"the limit is {limit:.0f} ms"
    )
    most = max(count for _, count in bars)
    step = WIDTH / max(len(bars), 8)
    drawn: list[Markup] = [el("path", d=f"M0 {BASE:.0f}H{WIDTH:.0f}", class_="line")]
    for number, (upper, count) in enumerate(bars):
        height = TALLEST * count / most
        kind = "bar bad" if upper > limit else "bar"
        x = number * step + 1.5
        drawn.append(el("rect", x=x, y=BASE - height, width=step - 3, height=height, rx=2, class_=kind))
    for upper, words in ((result.p50, "p50"), (result.p95, "p95"), (limit, "limit")):
        drawn += _mark(upper, words, bars, step)
    drawn.append(label("0 ms", 0, BASE + 16, class_="small"))
    end = f"{bars[-1][0]:.0f} ms" if len(bars) < MOST_BARS else "slower"
    drawn.append(label(end, len(bars) * step, BASE + 16, class_="small", anchor="end"))
    return canvas(f"Answers of {result.probe.path}", summary, WIDTH, HEIGHT, *drawn)


def _bars(buckets: tuple[tuple[float, int], ...], width: float) -> list[tuple[float, int]]:
    """Every bar up to the limit, and on to the slowest: (upper edge in ms, answers)."""
    counts: Counter[int] = Counter()
    for upper, count in buckets:
        counts[min(max(math.ceil(upper / width - 0.001), 1), MOST_BARS)] += count
    return [(number * width, counts[number]) for number in range(1, max(*counts, BARS_TO_LIMIT) + 1)]


def _mark(at: float, words: str, bars: list[tuple[float, int]], step: float) -> Iterator[Markup]:
    """An upright line at so many milliseconds, where the picture reaches so far."""
    edge = bars[0][0]
    x = at / edge * step
    if x > len(bars) * step + 1:
        return
    heights = {"p50": 12.0, "p95": 26.0, "limit": 12.0}
    anchor = "end" if x > WIDTH - 90 else "start"
    yield el("path", d=f"M{x:.1f} {heights[words] - 8:.1f}V{BASE:.1f}", class_=f"mark {words}")
    yield label(
        f"{words} {at:.0f} ms",
        x + (4 if anchor == "start" else -4),
        heights[words],
        class_="small",
        anchor=anchor,
    )
