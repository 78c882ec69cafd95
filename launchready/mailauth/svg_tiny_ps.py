"""The logo of BIMI: SVG Tiny Portable/Secure, the profile that receivers show.

Source: draft-svg-tiny-ps-abrotman (a closed subset of SVG Tiny 1.2), and the BIMI draft's own wishes.
Logos come from strangers: a document type, and with it every entity, is refused before parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"
MAX_BYTES = 32 * 1024
"""What receivers take, uncompressed."""
MAX_TITLE = 64

ELEMENTS = frozenset({
    "svg", "title", "desc", "metadata", "g", "defs", "use", "path", "rect", "circle", "ellipse", "line",
    "polyline", "polygon", "text", "textArea", "tbreak", "tspan", "solidColor", "linearGradient",
    "radialGradient", "stop", "switch",
})  # fmt: skip
"""What the profile has: no script, animation, link, raster image, style sheet or foreign object."""


def problems(data: bytes) -> tuple[str, ...]:
    """What keeps receivers from showing it; empty for a sound logo."""
    if len(data) > MAX_BYTES:
        return (f"{len(data)} bytes; receivers take {MAX_BYTES}",)
    if b"\0" in data:
        return ("it is no UTF-8",)
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return ("it has a document type or entities",)
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - bounded, and without a document type
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        return (f"it is no XML: {error}",)
    if root.tag != f"{{{SVG}}}svg":
        return (f"its root is {root.tag.rpartition('}')[2]!r}, not an svg of {SVG}",)
    return (*_root(root), *dict.fromkeys(_inside(root)))


def _root(root: ElementTree.Element) -> Iterator[str]:
    if root.get("version") != "1.2":
        yield f'version="{root.get("version", "")}", not 1.2'
    if root.get("baseProfile") != "tiny-ps":
        yield f'baseProfile="{root.get("baseProfile", "")}", not tiny-ps'
    for name in ("x", "y"):
        if root.get(name) is not None:
            yield f"the root has {name}="
    titles = root.findall(f"{{{SVG}}}title")
    if len(titles) != 1 or not (titles[0].text or "").strip():
        yield "no title" if not titles else "not one title with a text"
    elif len((titles[0].text or "").strip()) > MAX_TITLE:
        yield f"a title of more than {MAX_TITLE} characters"
    yield from _square(root)


def _square(root: ElementTree.Element) -> Iterator[str]:
    box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip())
    sides = box[2:] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    try:
        width, height = (float(side.removesuffix("px")) for side in sides)
    except ValueError:
        yield "no viewBox of four numbers, so that it has no shape of its own"
        return
    if width <= 0 or abs(width - height) > 0.01 * max(width, height):
        yield f"it is {sides[0]} by {sides[1]}, not square"


def _inside(root: ElementTree.Element) -> Iterator[str]:
    for element in root.iter():
        if not isinstance(element.tag, str) or not element.tag.startswith(f"{{{SVG}}}"):
            continue  # comments; other name spaces are metadata, which nobody renders
        name = element.tag.rpartition("}")[2]
        if name not in ELEMENTS:
            yield f"<{name}> is not in the profile"
        for key, value in element.attrib.items():
            plain = key.rpartition("}")[2]
            if plain.lower().startswith("on"):
                yield f"<{name}> has the script {plain}="
            elif plain == "style":
                yield f"<{name}> has style=, which the profile lacks: use attributes"
            elif _leads_out(key, value):
                yield f"<{name}> refers to {value[:60]!r}, outside of the file"


def _leads_out(key: str, value: str) -> bool:
    """Does an attribute refer to something that is not in the file?"""
    if key in ("href", XLINK_HREF):
        return not value.startswith("#")
    return any(not target.strip(" '\"").startswith("#") for target in re.findall(r"url\(([^)]*)", value))
