"""What was set up for mail, who is woken, and where variables and secrets live."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file.mail_model import DkimKey
from launchready.client_file.monitors_model import watches
from launchready.client_file.portal_model import Portal
from launchready.client_file.senders import receiver, resolved
from launchready.report.handover.blocks import Block, Code, Line, Paragraph, Points, Table, line, listed
from launchready.report.handover.known import Known, every

POLICIES = {
    "none": "is delivered all the same (for now, only reports are gathered)",
    "quarantine": "goes to the spam folder",
    "reject": "is refused",
}
STORES = {"ssm": "AWS Systems Manager, Parameter Store", "secretsmanager": "AWS Secrets Manager"}


def mail_providers(known: Known) -> tuple[str, ...]:
    """Who sends and who receives, by the names that people know."""
    names = [sender.title for sender in resolved(known.client)]
    receiver = receiving(known)
    return tuple(dict.fromkeys([*names, *([receiver] if receiver else [])]))


def receiving(known: Known) -> str:
    """Who takes the domain's mail; "" where the file doesn't say."""
    preset = receiver(known.client)
    return preset.title if preset is not None else ""


def mail(known: Known) -> Iterator[Block]:
    """Who sends, who receives, and what happens to forgeries."""
    email = known.client.email
    if not email.managed:
        yield Points("Mail", (line("The records for mail were left as they are: launchready manages none."),))
        return
    items: list[Line] = []
    senders = [sender.title for sender in resolved(known.client)]
    if senders:
        items.append(
            line("Mail in the domain's name is sent by " + ", ".join(senders) + ", and nobody else.")
        )
    else:
        items.append(line("The domain sends no mail, and says so to everyone."))
    if receiving(known):
        items.append(line(f"Mail to the domain is taken by {receiving(known)}."))
    if senders:
        items.append(
            line(f"Mail that pretends to come from the domain {POLICIES[email.dmarc.policy]} (DMARC).")
        )
    reports = [address.removeprefix("mailto:") for address in email.dmarc.rua or ()]
    if reports:
        items.append(line("Receivers send their reports about that to ", *listed(reports), "."))
    if email.sts_policy is not None:
        items.append(
            line(f"Mail servers are told to deliver encrypted only (MTA-STS, {email.sts_policy.mode}).")
        )
    if email.dkim:
        items.append(line("Outgoing mail is signed (DKIM) with: ", *listed(tuple(email.dkim)), "."))
    yield Points("Mail", tuple(items))


def kept_by(key: DkimKey) -> str:
    """Who makes a DKIM key anew."""
    if key.cname is not None:
        return "the sender, by itself"
    return "launchready" if key.generate is not None else "the sender, when asked"


def alerts(known: Known) -> Iterator[Block]:
    """What is watched, and whom it wakes."""
    monitors = watches(known.client.monitors)
    declared = known.declared.monitoring
    if monitors is None:
        yield Paragraph(line("Nothing watches the site: nobody is told when it is down."))
        return
    watched = [monitor.url for monitor in declared.monitors] if declared is not None else []
    if watched:
        yield Paragraph(
            line(
                f"Every {monitors.interval} seconds these addresses are asked from several places; after "
                f"{monitors.failure_threshold} failures in a row somebody is told: ",
                *listed(watched),
                ".",
            )
        )
    yield Paragraph(
        line(f"A certificate with fewer than {monitors.expiry_days} days left sets off an alarm too.")
    )
    rows = [(line("E-mail"), line(Code(address))) for address in monitors.notify.email]
    rows += [(line("SMS"), line(Code(number))) for number in monitors.notify.sms]
    rows += [(line("Slack"), line("the channel of the webhook"))] if monitors.notify.slack is not None else []
    if rows:
        yield Table("Who is told", ("How", "Whom"), tuple(rows))
        yield Paragraph(
            line("Each mail address must open the link in AWS's mail once; until then it gets nothing.")
        )
    else:
        yield Paragraph(line("Nobody is named in the client file yet."))


def variables(known: Known) -> Iterator[Block]:
    """The application's variables: names only, never a value."""
    environment = known.declared.environment
    if environment is None:
        yield Paragraph(line("The application's variables are kept elsewhere: launchready manages none."))
        return
    rows = tuple(
        (
            line(Code(one.name)),
            line("secret" if one.secret else "plain"),
            line("server only" if one.scope == "server" else "browser too"),
            line(STORES[one.store]),
            line(every(one.rotate_after) if one.secret and one.rotate_after else "–"),
        )
        for one in environment.parameters
    )
    yield Table("", ("Name", "Kind", "Who reads it", "Where it lives", "New value"), rows)
    yield Paragraph(
        line("Their full names there begin with ", Code(environment.path), f", in {environment.region}.")
    )


def portal(known: Known) -> Iterator[Block]:
    """The portal, as far as the client must know."""
    found = known.client.portal
    if not isinstance(found, Portal):
        return
    items = [line("The portal is at ", Code(found.base), ".")]
    if found.identities:
        items.append(
            line(
                f"{len(found.identities)} test accounts are used by every verification: ",
                *listed([identity.user for identity in found.identities.values()]),
                ". Keep them, with no real data behind them.",
            )
        )
    if found.dependencies:
        items.append(line("Sign-up and onboarding depend on: " + ", ".join(found.dependencies) + "."))
    yield Points("Portal", tuple(items))
