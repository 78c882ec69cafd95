"""How every lint of a quota speaks: the count, what the plan allows, which plan is enough, what else."""

from __future__ import annotations

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit
from launchready.client_file.plans import FEATURES, next_plan


def too_many(key: str, things: str, count: int, field: str, context: Context) -> Hit | None:
    """A hit when ``count`` is more than the plan's limit ``field`` (of Limits), else None.

    ``things``: what is counted, for the sentence. The fix comes from the table of features.
    """
    limit = getattr(context.limits, field)
    if limit is None or count <= limit:
        return None
    plan = next_plan(count, field)
    enough = f"; {plan} allows them" if plan else "; no plan allows as many"
    what = f"{count} {things}, and {context.client.plan.value} allows {limit or 'none'}{enough}"
    instead = FEATURES[field].instead
    return Hit(key, what, f"raise the plan, or {instead}" if plan else instead)
