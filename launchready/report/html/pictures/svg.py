"""The little of SVG that the pictures need: elements, escaped, and text that fits."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup, escape

from launchready.report.safe import xml_text

CHARACTER = 7.25
"""Pixels of one character at 12 px in a monospaced font, a little more than most have."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture. ``summary``: what it shows, in words, for who can't see it; ``width`` in pixels."""

    title: str
    summary: str
    svg: Markup
    width: int


def el(tag: str, *children: Markup | str, **attributes: object) -> Markup:
    """An element. ``class_`` is the attribute class, ``text_anchor`` text-anchor; None leaves one out."""
    given = Markup("").join(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), _value(value))
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(escape(child) for child in children)
    return Markup("<{0}{1}>{2}</{0}>").format(tag, given, inner)


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}".rstrip("0").rstrip(".")
    return str(value)


def canvas(title: str, summary: str, width: float, height: float, *children: Markup) -> Picture:
    """A picture of that size in pixels; it shrinks with the page."""
    title, summary = xml_text(title), xml_text(summary)
    svg = el(
        "svg",
        el("title", title),
        el("desc", summary),
        *children,
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
        aria_label=f"{title}: {summary}",
    )
    # SVG's viewBox is the one attribute with a capital letter; the others have dashes.
    return Picture(title, summary, svg, round(width))


def label(
    text: str, x: float, y: float, *, class_: str = "", most: int = 400, anchor: str | None = None
) -> Markup:
    """Text at a place, cut to ``most`` characters in its middle, whole in its tooltip."""
    shown = shortened(xml_text(text), most)
    tip = el("title", xml_text(text)) if shown != text else Markup("")
    return el("text", tip, shown, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def shortened(text: str, most: int) -> str:
    """At most ``most`` characters; an ellipsis stands for the middle."""
    if len(text) <= most:
        return text
    head = (most - 1) * 2 // 3
    return f"{text[:head]}…{text[len(text) - (most - 1 - head) :]}"
