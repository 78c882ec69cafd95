"""``records`` → drafts with canonical names and data."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.model import ClientFile
from launchready.declared import rdata
from launchready.declared.draft import Draft, refused
from launchready.declared.hosts import full_name


def entry_drafts(client: ClientFile) -> Iterator[Draft]:
    """Every entry of ``records``, in order. Raises InputError that names the entry."""
    domain = client.domain
    for position, entry in enumerate(client.records):
        rdtype = entry.type.upper()
        try:
            name = full_name(entry.name, domain)
            value = rdata.canonical(rdtype, rdata.Given(entry.content, entry.data, entry.priority, domain))
        except ValueError as error:
            raise refused(client, f"records[{position}]", f"{rdtype} record {entry.name}: {error}") from None
        yield Draft(
            name,
            rdtype,
            value.content,
            f"records[{position}]",
            entry.ttl,
            entry.proxied,
            value.priority,
            value.data,
            entry.comment,
            entry.tags,
        )
