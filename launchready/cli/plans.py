"""`launch plans`: what each Cloudflare plan allows and lacks, from the one table that the lints use."""

from __future__ import annotations

import json
from dataclasses import Field, fields
from typing import Any

import typer

from launchready.cli import common
from launchready.cli.console import write
from launchready.client_file.plans import FEATURES, LIMITS, Feature, Limits


def register(app: typer.Typer) -> None:
    app.command()(plans)


def plans(json_: common.Json = False) -> None:
    """Show what each Cloudflare plan allows, and what to do where it lacks something.

    The lints refuse by the same table. Example: launch plans
    """
    if json_:
        write(json.dumps({"schema": "launchready.plans/1", "features": [_entry(f.name) for f in _fields()]}))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("what", *(plan.value for plan in LIMITS), "key"):
        table.add_column(column, overflow="fold")
    for field in _fields():
        feature = FEATURES[field.name]
        cells = (shown(getattr(limits, field.name), feature) for limits in LIMITS.values())
        table.add_row(feature.title, *cells, feature.key)
    Console(highlight=False).print(table)
    write("\nwhere a plan lacks it, or enough of it:")
    for field in _fields():
        feature = FEATURES[field.name]
        write(f"  {feature.title}: {feature.instead}")


def markdown() -> str:
    """The same table for the documentation (`script/plans.py` writes it)."""
    head = ["what", *(plan.value for plan in LIMITS), "key", "where it is lacking", "source"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for field in _fields():
        feature = FEATURES[field.name]
        cells = [shown(getattr(limits, field.name), feature) for limits in LIMITS.values()]
        row = [feature.title, *cells, f"`{feature.key}`", feature.instead, feature.reference]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def shown(value: object, feature: Feature) -> str:
    """A limit for people: none of it is a dash, no limit "any"; several values are a list."""
    if value is None:
        return "any"
    if isinstance(value, bool):
        return "yes" if value else "–"
    if isinstance(value, (tuple, list, frozenset, set)):
        return ", ".join(str(one) for one in sorted(value, key=str)) or "–"
    if value == 0 and not feature.floor:
        return "–"
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return f"{text} {feature.unit}".strip()


def _fields() -> tuple[Field[Any], ...]:
    return fields(Limits)


def _entry(name: str) -> dict[str, object]:
    feature = FEATURES[name]
    plain = {
        plan.value: sorted(value) if isinstance(value := getattr(limits, name), (frozenset, set)) else value
        for plan, limits in LIMITS.items()
    }
    return {
        "feature": name,
        "title": feature.title,
        "key": f"launchready:{feature.key}",
        "plans": plain,
        "unit": feature.unit,
        "floor": feature.floor,
        "instead": feature.instead,
        "reference": feature.reference,
    }
