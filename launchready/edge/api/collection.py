"""Create, read, replace and delete over a dict of objects keyed by id: what most small areas are."""

from __future__ import annotations

from launchready.edge.api.envelope import refuse
from launchready.edge.state import Json


def find(items: dict[str, Json], number: str, code: int, what: str) -> Json:
    """The object of that id, or a 404 that says what is missing."""
    item = items.get(number)
    if item is None:
        raise refuse(404, code, f"{what} not found")
    return item
