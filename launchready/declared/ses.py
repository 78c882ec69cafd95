"""``email.ses`` → the identity that is made, its DKIM CNAMEs, named by SES.

Source: docs.aws.amazon.com/ses/latest/dg (send-email-authentication-dkim-easy, …-dkim-bring-your-own,
mail-from), November 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.created import SES, SES_DKIM_ZONE, SES_TOKENS, made_tokens
from launchready.client_file.model import ClientFile, Email
from launchready.client_file.senders import resolved
from launchready.declared.created import SES_OUTPUT, SesPlan, Source
from launchready.declared.draft import Draft, draft

KEY = "email.ses"


def ses_plan(client: ClientFile, email: Email) -> SesPlan | None:
    """The identity that the file owns, or None."""
    ses = email.ses
    if ses is None:
        return None
    return SesPlan(client.domain, ses.region, mail_from(client), ses.byodkim, KEY)


def mail_from(client: ClientFile) -> str | None:
    """The custom return path's FQDN, as the sender has it (whose MX and SPF ``senders`` declares)."""
    own = (sender for sender in resolved(client) if sender.name == SES and sender.custom_path)
    return next((sender.return_path for sender in own), None)


def ses_drafts(client: ClientFile, email: Email) -> Iterator[Draft]:
    """The CNAMEs of the tokens, which SES names."""
    if not made_tokens(email):
        return
    for position in range(SES_TOKENS):
        name = f"ses-dkim-{position + 1}._domainkey.{client.domain}"
        source = Source(
            SES_OUTPUT,
            (position,),
            f"{{}}._domainkey.{client.domain}",
            f"{{}}.{SES_DKIM_ZONE}",
            label=True,
        )
        yield draft(name, "CNAME", SES_DKIM_ZONE, f"{KEY}.dkim")._replace(source=source)
