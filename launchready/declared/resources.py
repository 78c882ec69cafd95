"""Pulumi names for records, chosen so that an edit does the least to what is served.

- The only address-like record (A, AAAA, CNAME) of a host is named by the host. A changed address
  is then an update in place, and A → CNAME is a replacement (deleted first) instead of a conflict.
- The only record of another type is named by host and type; a TXT that may exist once (SPF, DMARC,
  DKIM …) by its tag, beside whatever other TXT records there are.
- Several values of one set are named by a hash of the value. When a set grows from one value to
  several, the first one takes over the existing resource by an alias, and the others wait for it:
  otherwise a value that moves from one resource to another would be created while it still exists.
  When the set shrinks to one, that one takes over its own hashed name.

Names are the same whichever component a record is in, so that a record can move between them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from launchready.declared.draft import Draft
from launchready.declared.types import Record

ADDRESS_LIKE = frozenset({"A", "AAAA", "CNAME"})

SINGLETON_TAGS = {
    "v=spf1": "spf",
    "v=dmarc1": "dmarc",
    "v=dkim1": "dkim",
    "v=tlsrptv1": "tls-rpt",
    "v=stsv1": "mta-sts",
    "v=bimi1": "bimi",
}
"""How a TXT record begins that a name may have once → what its resource is called."""


def name_resources(drafts: Iterable[Draft], domain: str) -> tuple[Record, ...]:
    """Give every record its resource name and aliases; order and everything else stay."""
    drafts = tuple(drafts)
    sets: dict[str, list[int]] = {}
    for index, draft in enumerate(drafts):
        sets.setdefault(_set_name(draft, domain), []).append(index)
    records: list[Record | None] = [None] * len(drafts)
    for sole, members in sets.items():
        if len(members) == 1:
            draft = drafts[members[0]]
            records[members[0]] = _record(draft, sole, (_hashed(sole, draft),))
            continue
        heir = _heir(drafts, members)
        heir_name = _hashed(sole, drafts[heir])
        for index in members:
            if index == heir:
                records[index] = _record(drafts[index], heir_name, (sole,))
            else:
                records[index] = _record(drafts[index], _hashed(sole, drafts[index]), (), heir_name)
    return tuple(record for record in records if record is not None)


def _set_name(draft: Draft, domain: str) -> str:
    host = "@" if draft.name == domain else draft.name.removesuffix("." + domain)
    if draft.type in ADDRESS_LIKE:
        return host
    if draft.type == "TXT":
        return f"{host}/TXT{_tag(draft.content)}"
    return f"{host}/{draft.type}"


def _tag(content: str) -> str:
    version = content[1:16].split(";")[0].split(" ")[0].rstrip('"').lower()
    tag = SINGLETON_TAGS.get(version)
    return f"/{tag}" if tag else ""


def _hashed(sole: str, draft: Draft) -> str:
    value = f"{draft.type} {draft.priority} {draft.content}"
    return f"{sole}#{hashlib.sha256(value.encode()).hexdigest()[:12]}"


def _heir(drafts: tuple[Draft, ...], members: list[int]) -> int:
    """The value that most likely was there alone: the first, an IPv4 address before an IPv6 one."""
    return next((index for index in members if drafts[index].type == "A"), members[0])


def _record(draft: Draft, resource: str, aliases: tuple[str, ...], after: str | None = None) -> Record:
    return Record(
        draft.name,
        draft.type,
        draft.content,
        draft.key,
        resource,
        draft.ttl,
        draft.proxied,
        draft.priority,
        draft.data,
        draft.comment,
        draft.tags,
        aliases,
        after,
    )
