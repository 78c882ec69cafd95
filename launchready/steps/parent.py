"""What the parent zone's servers say of the domain: its name servers and its DS records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from launchready.evidence.types import PARENT, Cause, DnsProbe, DnsResult, RRset
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
        {canonical(text): one.ttl or 0 for one in keys if one.answered for text in one.data},
        not told or any(one.cause is not Cause.NXDOMAIN for one in told),
        next((one for one in names if not one.answered), None),
        next((one for one in keys if not one.answered), None),
    )


def canonical(ds: str) -> str:
    """A DS's rdata in one form: the digest in upper case, without spaces."""
    words = ds.split()
    return " ".join([*words[:3], "".join(words[3:]).upper()])


def _servers(result: DnsResult) -> frozenset[str]:
    """The NS set in a parent's answer: a referral, or its own answer where it serves both zones."""
    own = next((r for r in result.answer if r.type == "NS" and r.name == result.probe.name), None)
    found: RRset | None = own or result.referral
    if found is None or found.name != result.probe.name:
        return frozenset()
    return frozenset(name.rstrip(".").lower() for name in found.data)
