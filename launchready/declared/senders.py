"""Records that senders bring along: custom return paths, DKIM delegations, reports that are accepted."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.model import ClientFile
from launchready.client_file.names import within
from launchready.client_file.senders import accepts_reports_of, resolved
from launchready.declared.draft import Draft, draft, refused
from launchready.mailauth import dmarc


def return_paths(client: ClientFile) -> Iterator[Draft]:
    """The records of every custom return path. Raises InputError for one that is not below the domain."""
    for sender in resolved(client):
        if sender.custom_path and not within(sender.return_path, client.domain):
            raise refused(
                client, f"{sender.key}.return_path", f"{sender.return_path!r} is not below the domain"
            )
        for record in sender.path_records():
            place = f"{sender.key}.return_path"
            try:
                yield draft(record.name, record.type, record.content, place, priority=record.priority)
            except ValueError as error:
                raise refused(client, place, error) from None


def delegations(client: ClientFile) -> Iterator[Draft]:
    """The DKIM CNAMEs that follow from a sender and are not in ``email.dkim``.

    Raises InputError for a target that is no name.
    """
    given = {selector.lower() for selector in client.email.dkim}
    for sender in resolved(client):
        for selector, target in sender.delegations():
            if selector in given:
                continue
            try:
                yield draft(f"{selector}._domainkey.{client.domain}", "CNAME", target, sender.key)
            except ValueError as error:
                raise refused(client, sender.key, error) from None


def accepted_reports(client: ClientFile) -> Iterator[Draft]:
    """The permission for other domains' DMARC reports to be sent here (RFC 9990 §4)."""
    for other in accepts_reports_of(client):
        name = dmarc.authorization_name(other, client.domain)
        try:
            yield draft(name, "TXT", "v=DMARC1", "email.dmarc.accept_reports_from")
        except ValueError as error:
            raise refused(client, "email.dmarc.accept_reports_from", error) from None
