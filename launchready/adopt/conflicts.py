"""Lines that can't stand together: which one stays, and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from launchready.adopt.candidates import Candidate, Judge
from launchready.adopt.result import Refusal


def settle(candidates: Iterable[Candidate], judge: Judge) -> tuple[list[Candidate], list[Refusal]]:
    """The candidates that can stand together, and the refusals of the others.

    - Of two equal records the first stays.
    - Of a CNAME and other data the other data stays: the CNAME is what the rules forbid
      (RFC 1034 §3.6.2), and refusing it gives up the fewest records. At the apex, where Cloudflare
      flattens it, a CNAME gives way to addresses only.
    - Of several CNAMEs at a name the first stays.
    - Of NS and other data at a name below the apex the delegation stays: it hides the rest.
    """
    refused: list[Refusal] = []
    by_name: dict[str, list[Candidate]] = defaultdict(list)
    seen: dict[object, Candidate] = {}
    order: list[Candidate] = []
    for candidate in candidates:
        first = seen.setdefault(candidate.identity, candidate)
        if first is not candidate:
            text = f"the same record is {judge.at(first)}"
            refused.append(judge.refuse(candidate.source, "duplicate", text, "nothing to do"))
            continue
        by_name[candidate.source.name].append(candidate)
        order.append(candidate)
    dropped: set[int] = set()
    for name, group in by_name.items():
        for loser, reason, text, fix in _losers(name, group, judge):
            dropped.add(id(loser))
            refused.append(judge.refuse(loser.source, reason, text, fix))
    return [c for c in order if id(c) not in dropped], refused


def _losers(name: str, group: list[Candidate], judge: Judge) -> list[tuple[Candidate, str, str, str]]:
    domain = judge.domain
    aliases = [c for c in group if c.source.type == "CNAME"]
    others = [c for c in group if c.source.type != "CNAME"]
    delegation = [c for c in group if c.source.type == "NS"]
    if delegation and name != domain:
        text = f"{name} is delegated ({judge.at(delegation[0])}): its name servers answer for it"
        fix = "declare it at the delegated name servers"
        return [(c, "beside_delegation", text, fix) for c in group if c.source.type not in ("NS", "DS")]
    blocking = [c for c in others if name != domain or c.source.type in ("A", "AAAA")]
    if aliases and blocking:
        kinds = ", ".join(sorted({c.source.type for c in blocking}))
        text = f"a CNAME beside other data ({kinds} {judge.at(*blocking)}), which stays"
        if any(c.source.proxied for c in aliases) and not any(
            c.source.type in ("A", "AAAA") for c in blocking
        ):
            text += "; Cloudflare serves both only while the CNAME is proxied"
        fix = "give the name the addresses of the CNAME's target, or move the other records to another name"
        return [(c, "cname_beside_data", text, fix) for c in aliases]
    text = f"a second CNAME; the one {judge.at(aliases[0])} stays" if aliases else ""
    return [(c, "second_cname", text, "keep the one that is right") for c in aliases[1:]]
