"""``email.ses`` → the identity that is made, its DKIM CNAMEs (named by SES) and its MAIL FROM records.

Source: docs.aws.amazon.com/ses/latest/dg (send-email-authentication-dkim-easy, …-dkim-bring-your-own,
mail-from), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import names
from launchready.client_file.model import ClientFile, Email
from launchready.declared.created import SES_OUTPUT, SesPlan, Source
from launchready.declared.draft import Draft, draft, refused

TOKENS = 3
"""Easy DKIM gives as many."""
DKIM_ZONE = "dkim.amazonses.com"
KEY = "email.ses"


def ses_plan(client: ClientFile, email: Email) -> SesPlan | None:
    """The identity that the file owns, or None. Raises InputError for a MAIL FROM that is no name."""
    ses = email.ses
    if ses is None:
        return None
    return SesPlan(client.domain, ses.region, mail_from(client, email), ses.byodkim, KEY)


def mail_from(client: ClientFile, email: Email) -> str | None:
    """The custom return path's FQDN. Raises InputError for what is no name."""
    ses = email.ses
    if ses is None or ses.mail_from is None:
        return None
    try:
        return names.fqdn(names.relative(ses.mail_from, client.domain), client.domain)
    except ValueError as error:
        raise refused(client, f"{KEY}.mail_from", error) from None


def given_tokens(email: Email) -> list[str]:
    """The Easy DKIM tokens that ``email.dkim`` has as CNAMEs already (an identity that existed before)."""
    return [
        selector.lower()
        for selector, key in email.dkim.items()
        if key.cname is not None and key.cname.lower().rstrip(".").endswith(f".{DKIM_ZONE}")
    ]


def ses_drafts(client: ClientFile, email: Email) -> Iterator[Draft]:
    """The CNAMEs of the tokens (placeholders) and the MAIL FROM records."""
    ses = email.ses
    if ses is None:
        return
    if ses.byodkim is None and not given_tokens(email):
        for position in range(TOKENS):
            name = f"ses-dkim-{position + 1}._domainkey.{client.domain}"
            source = Source(
                SES_OUTPUT, (position,), f"{{}}._domainkey.{client.domain}", f"{{}}.{DKIM_ZONE}", label=True
            )
            yield draft(name, "CNAME", DKIM_ZONE, f"{KEY}.dkim")._replace(source=source)
    path = mail_from(client, email)
    if path is not None:
        place = f"{KEY}.mail_from"
        yield draft(path, "MX", f"feedback-smtp.{ses.region}.amazonses.com", place, priority=10)
        yield draft(path, "TXT", "v=spf1 include:amazonses.com ~all", place)
