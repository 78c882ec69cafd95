"""``declare``: one client file → one ``Declared``, from its four parts in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from launchready.client_file.created import policy_host_by_worker
from launchready.client_file.model import ClientFile
from launchready.declared import (
    caching,
    certificate,
    dkim,
    entries,
    environment,
    exposure,
    hosts,
    mail,
    monitors,
    mta_sts,
    rate_limits,
    redirects,
    resources,
    rulesets,
    ses,
    tls,
)
from launchready.declared.created import Pending
from launchready.declared.draft import Draft
from launchready.declared.types import Declared, Record


def declare(client: ClientFile) -> Declared:
    """Everything that a client file declares. Pure: the same file gives the same value.

    Raises InputError, naming the key, for what has no canonical form. The lint finds more, and all
    problems at once; it runs before this.
    """
    host_records = tuple(hosts.host_drafts(client))
    post = mail.mail(client)
    explicit = (*host_records, *entries.entry_drafts(client))
    basis = tuple(_distinct((*explicit, *tls.caa_drafts(client), *post.drafts)))
    drafts = tuple(_distinct((*basis, *mta_sts.sts_drafts(client, basis))))
    worker = mta_sts.worker(client, basis)
    proxied = (d.name for d in drafts if d.proxied)
    rules, redirect_notes = redirects.redirect_rules(client, proxied, policy_host_by_worker(client))
    records, pending = _created(drafts, client.domain)
    return Declared(
        domain=client.domain,
        plan=client.plan.value,
        records=records,
        redirects=rules,
        settings=(*tls.settings(client.tls), *caching.settings(client)),
        dnssec=client.tls.dnssec,
        universal_ssl=client.tls.universal,
        hosts=hosts.host_names(client),
        origins=hosts.origins(client, host_records),
        zone_id=client.zone.id,
        rulesets=rulesets.rulesets(client),
        tiered_cache=caching.tiered(client),
        pending=pending,
        dkim_keys=dkim.key_plans(client.email),
        ses=ses.ses_plan(client, client.email),
        workers=() if worker is None else (worker,),
        certificate=certificate.certificate_plan(client, drafts),
        key_store=dkim.key_store(client),
        environment=environment.environment(client),
        monitoring=monitors.monitoring(client),
        notes=(
            *post.notes,
            *redirect_notes,
            *tls.notes(client.tls),
            *rate_limits.notes(client),
            *exposure.notes(client),
            *caching.notes(client),
            *monitors.notes(client),
            *_scope_notes(client),
        ),
    )


def _created(drafts: tuple[Draft, ...], domain: str) -> tuple[tuple[Record, ...], tuple[Pending, ...]]:
    """The records that are known, and those of which a part is known only after creation.

    They are named together: a record's resource is the same whichever of the two it is.
    """
    known: list[Record] = []
    pending: list[Pending] = []
    for draft, record in zip(drafts, resources.name_resources(drafts, domain), strict=True):
        if draft.source is None:
            known.append(record)
        else:
            pending.append(Pending(record, draft.source))
    return tuple(known), tuple(pending)


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
