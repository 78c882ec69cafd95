"""What ``email`` has made, as far as the file alone tells: own senders, their keys, the policy host."""

from __future__ import annotations

from launchready.client_file.mail_model import CustomSender, DkimKey, Email
from launchready.client_file.model import ClientFile

SES = "ses"
SES_DKIM_ZONE = "dkim.amazonses.com"
SES_TOKENS = 3
"""Easy DKIM gives as many CNAMEs."""


def own_senders(email: Email) -> list[str]:
    """The senders that sign with a key of the client's own: custom ones, and SES with BYODKIM."""
    names = [sender.name for sender in email.senders if isinstance(sender, CustomSender)]
    return names + ([SES] if email.ses is not None and email.ses.byodkim is not None else [])


def sender_of(email: Email, selector: str, key: DkimKey) -> str:
    """Whose a generated key is: the one named, SES for its own, else the only own sender ("" if unclear)."""
    if key.sender is not None:
        return key.sender
    if email.ses is not None and email.ses.byodkim == selector:
        return SES
    own = own_senders(email)
    return own[0] if len(own) == 1 else ""


def given_tokens(email: Email) -> list[str]:
    """The Easy DKIM tokens that ``email.dkim`` has as CNAMEs already: the identity was there before."""
    return [
        selector.lower()
        for selector, key in email.dkim.items()
        if key.cname is not None and key.cname.lower().rstrip(".").endswith(f".{SES_DKIM_ZONE}")
    ]


def made_tokens(email: Email) -> bool:
    """Are SES's tokens known only once the identity is made?"""
    return email.ses is not None and email.ses.byodkim is None and not given_tokens(email)


def policy_host(domain: str) -> str:
    """The one name at which senders ask for the MTA-STS policy (RFC 8461 §3.3)."""
    return f"mta-sts.{domain}"


def policy_host_by_worker(client: ClientFile) -> str | None:
    """The policy host when a Worker answers on it, else None. Redirects and the like keep off it."""
    policy = client.email.sts_policy
    return policy_host(client.domain) if policy is not None and policy.host is None else None


def created_records(client: ClientFile) -> int:
    """How many records these bring along, beside one for each entry of ``email.dkim``."""
    policy = client.email.sts_policy
    count = SES_TOKENS if made_tokens(client.email) else 0
    if policy is not None:
        count += 1 + (policy.host != policy_host(client.domain))
    return count
