"""An estimate as text for people, and as the document of ``launch plan-cost --json``."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from launchready.costs.estimate import Estimate

SCHEMA = "launchready.plan_cost/1"


def render(estimate: Estimate, client: str) -> str:
    """Lines with quantity, price and source; the sum; what is not known."""
    where = f"prices of {estimate.dated}, {estimate.region}"
    head = f"{client}: {money(estimate.monthly)} {estimate.currency} a month ({where})"
    if not estimate.lines:
        head = f"{client}: nothing that is declared costs anything on AWS"
    parts = [head]
    for line in estimate.lines:
        free = f"; an account's first {line.price.free} are free" if line.price.free else ""
        parts.append(
            f"  {money(line.monthly):>8}  {line.what}: {line.quantity} × {plain(line.price.each)} "
            f"({line.price.page}{free})"
        )
    if estimate.unknown:
        parts.append("not known beforehand, and not in the sum:")
        parts += [f"  {one.what}: {one.why} ({one.page})" for one in estimate.unknown]
    if estimate.lines:
        parts.append(estimate.note)
    return "\n".join(parts)


def to_document(estimate: Estimate, client: str, domain: str) -> dict[str, Any]:
    """What ``--json`` prints (launchready/costs/plan_cost.schema.json)."""
    return {
        "schema": SCHEMA,
        "client": client,
        "domain": domain,
        "dated": estimate.dated,
        "currency": estimate.currency,
        "region": estimate.region,
        "monthly": float(estimate.monthly),
        "lines": [
            {
                "what": line.what,
                "quantity": line.quantity,
                "unit": line.price.unit,
                "price": float(line.price.each),
                "monthly": float(line.monthly),
                "free": line.price.free,
                "source": line.price.page,
                "key": line.key,
            }
            for line in estimate.lines
        ],
        "unknown": [{"what": one.what, "why": one.why, "source": one.page} for one in estimate.unknown],
        "note": estimate.note,
    }


def money(amount: Decimal) -> str:
    """Dollars and cents; what is less than a cent is said to be."""
    if 0 < amount < Decimal("0.01"):
        return "<0.01"
    return f"{amount.quantize(Decimal('0.01')):,}"


def plain(amount: Decimal) -> str:
    """A unit's price without an exponent."""
    return f"{amount.normalize():f}"
