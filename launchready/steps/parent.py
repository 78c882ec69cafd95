"""What the parent zone's servers say of the domain: its name servers and its DS records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from launchready.checklist.dns import rdata
from launchready.checklist.dns.delegation import delegation, names_of
from launchready.evidence.types import PARENT, Cause, DnsProbe, DnsResult
from launchready.steps.context import Context


@dataclass(frozen=True, slots=True)
class Parent:
    """``servers``: one set for each answer, empty where the parent does not delegate. ``ds``: rdata → TTL in
    seconds, of all answers. ``registered``: False when every server says that there is no such name.
    ``lost``: the first question that was not answered.
    """

    servers: tuple[frozenset[str], ...]
    ds: dict[str, int]
    registered: bool
    lost_ns: DnsResult | None
    lost_ds: DnsResult | None


async def ask_parent(context: Context) -> Parent:
    """Ask every server of the parent for NS and DS."""
    domain = context.domain
    ns, ds = await context.probe(DnsProbe(domain, "NS", PARENT), DnsProbe(domain, "DS", PARENT))
    names, keys = cast("tuple[DnsResult, ...]", ns), cast("tuple[DnsResult, ...]", ds)
    told = [one for one in names if one.answered]
    return Parent(
        tuple(_servers(one) for one in told),
        {rdata.ds(text): one.ttl or 0 for one in keys if one.answered for text in one.data},
        not told or any(one.cause is not Cause.NXDOMAIN for one in told),
        next((one for one in names if not one.answered), None),
        next((one for one in keys if not one.answered), None),
    )


def _servers(result: DnsResult) -> frozenset[str]:
    """The NS set in a parent's answer, where it is about the domain itself."""
    found = delegation(result)
    return names_of(found if found is not None and found.name == result.probe.name else None)
