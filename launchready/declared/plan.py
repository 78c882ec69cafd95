"""``declare``: one client file → one ``Declared``, from its four parts in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.client_file.model import ClientFile
from launchready.declared import entries, hosts, mail, redirects, resources, tls
from launchready.declared.draft import Draft
from launchready.declared.types import Declared


def declare(client: ClientFile) -> Declared:
    """Everything that a client file declares. Pure: the same file gives the same value.

    Raises InputError, naming the key, for what has no canonical form. The lint finds more, and all
    problems at once; it runs before this.
    """
    host_records = tuple(hosts.host_drafts(client))
    post = mail.mail(client)
    explicit = (*host_records, *entries.entry_drafts(client))
    rules, redirect_notes = redirects.redirect_rules(client, (d.name for d in explicit if d.proxied))
    drafts = _distinct((*explicit, *tls.caa_drafts(client), *post.drafts))
    return Declared(
        domain=client.domain,
        plan=client.plan.value,
        records=resources.name_resources(drafts, client.domain),
        redirects=rules,
        settings=tls.settings(client.tls),
        dnssec=client.tls.dnssec,
        universal_ssl=tls.UNIVERSAL_SSL,
        hosts=hosts.host_names(client),
        origins=hosts.origins(client, host_records),
        zone_id=client.zone.id,
        notes=(*post.notes, *redirect_notes, *tls.notes(client.tls), *_scope_notes(client)),
    )


def _distinct(drafts: Iterable[Draft]) -> Iterator[Draft]:
    """Cloudflare refuses an identical record (81058): the first one stays, explicit before derived."""
    seen: set[tuple[str, str, str, int | None]] = set()
    for draft in drafts:
        if draft.identity not in seen:
            seen.add(draft.identity)
            yield draft


def _scope_notes(client: ClientFile) -> tuple[str, ...]:
    if client.portal is None or client.portal == "none":
        return ("portal: none – nothing that is behind a login was declared, so nothing of it is proved",)
    return ()
