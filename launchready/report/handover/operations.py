"""At the registrar, after a deployment, back again, and in an emergency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from launchready.client_file import caching
from launchready.client_file.monitors_model import watches
from launchready.client_file.names import within
from launchready.report.handover.blocks import Block, Code, Line, Paragraph, Points, Table, line, listed
from launchready.report.handover.known import Known
from launchready.report.handover.people import mail_providers

DS_FIELDS = ("Key tag", "Algorithm", "Digest type", "Digest")


def registrar(known: Known) -> Iterator[Block]:
    """Name servers and DS, as the registrar's form asks for them."""
    servers = known.output("nameservers")
    if isinstance(servers, list) and servers:
        yield Paragraph(
            line("The registrar must have exactly these name servers for the domain, and no others.")
        )
        yield Points("Name servers", tuple(line(Code(str(server))) for server in servers))
    else:
        yield Paragraph(
            line(
                "The two name servers of the domain are shown at Cloudflare (in the domain's overview), "
                "and are the output ",
                Code("nameservers"),
                " of the launch. Enter them at the registrar, and remove all others.",
            )
        )
    yield from _ds(known)
    if known.outputs is None and known.why_no_outputs:
        yield Paragraph(line(f"They are not printed here: {known.why_no_outputs}."))


def _ds(known: Known) -> Iterator[Block]:
    if not known.client.tls.dnssec:
        yield Paragraph(
            line("DNSSEC is off: no DS record belongs at the registrar. Remove any that is there.")
        )
        return
    parts = _ds_parts(known.output("ds_record"), known.client.domain)
    if parts:
        rows = tuple((line(name), line(Code(value))) for name, value in zip(DS_FIELDS, parts, strict=True))
        yield Table("DS record (DNSSEC)", ("Field", "Value"), rows)
        yield Paragraph(
            line(
                "Enter it after the name servers have changed, never before; remove it before you ever move "
                "the domain to other name servers, or nobody will find it."
            )
        )
    else:
        yield Paragraph(
            line(
                "The DS record for DNSSEC is shown at Cloudflare (DNS, Settings, DNSSEC), and is the output ",
                Code("ds_record"),
                " of the launch. Enter it after the name servers have changed, never before.",
            )
        )


def _ds_parts(record: object, domain: str) -> tuple[str, ...]:
    """Key tag, algorithm, digest type and digest of ``acme.example. 3600 IN DS 2371 13 2 AB…``."""
    if not isinstance(record, str):
        return ()
    words = record.split()
    upper = [word.upper() for word in words]
    rest = words[upper.index("DS") + 1 :] if "DS" in upper else words
    if len(rest) < 4 or not all(word.isdigit() for word in rest[:3]):
        return ()
    return rest[0], rest[1], rest[2], "".join(rest[3:])


def deployment(known: Known) -> Iterator[Block]:
    """What to do each time a new version of the site goes out."""
    steps: list[Line] = []
    cache = caching.settings(known.client)
    if cache is not None and isinstance(cache.static, int):
        purge = known.command("purge {} --yes")
        if purge is not None:
            steps.append(line("Take what Cloudflare keeps of the old version away: ", purge, "."))
        else:
            steps.append(line("Purge the cache at Cloudflare (Caching, Configuration, Purge everything)."))
        steps.append(
            line(
                "Files whose name did not change stay in visitors' browsers until their time is over: "
                "give changed files new names."
            )
        )
    verify = known.command("verify")
    if verify is not None:
        steps.append(
            line("Prove that all is well: ", verify, ". Exit code 0 is ready, anything else is not.")
        )
    yield Points("", tuple(steps), numbered=True)


def rollback(known: Known) -> Iterator[Block]:
    """How to take a change back."""
    command, preview, up = known.command("rollback"), known.command("preview"), known.command("up")
    steps: list[Line] = []
    if command is not None:
        steps.append(line("Go back to the launch before: ", command, "; it is verified afterwards."))
    else:
        steps.append(
            line(
                "Bring the client file back to its last good version; it is under version control (",
                Code(f"git log -- stacks/Pulumi.{known.name}.yaml"),
                ").",
            )
        )
        steps += [line("See what that changes: ", preview, ".")] if preview is not None else []
        steps += [line("Do it: ", up, ".")] if up is not None else []
    steps.append(
        line("DNS answers are remembered for five minutes, those of DNS-only addresses as long as their TTL.")
    )
    steps.append(
        line("The site's own code is rolled back where it is hosted, not here; then purge the cache.")
    )
    yield Points("", tuple(steps), numbered=True)


def emergency(known: Known) -> Iterator[Block]:
    """Who does what when something breaks."""
    rows: list[tuple[Line, Line, Line]] = [
        (
            line("The site is down"),
            line("Look whether the server answers on its own: ", *listed(_origins(known), 6)),
            line("whoever runs that server; then your agency"),
        ),
        (
            line("Browsers warn of the certificate"),
            line("Don't click it away; ", *known.by("verify {} --only tls", "have it verified")),
            line("your agency"),
        ),
        (
            line("The domain is not found at all"),
            line("Is the registration paid, are the name servers and the DS record those above?"),
            line("you, at the registrar; then your agency"),
        ),
        (
            line("Mail is lost or lands in spam"),
            line(
                "See the mail provider's status page; ",
                *known.by("verify {} --only email_auth", "verify mail"),
            ),
            line(", ".join(mail_providers(known)) or "your mail provider", "; then your agency"),
        ),
        (
            line("A key or password got out"),
            line(
                "Revoke it where it was made, then ", *known.by("env rotate {} NAME", "give it a new value")
            ),
            line("your agency, at once"),
        ),
        (
            line("A deployment broke something"),
            line("Roll back as above, then purge the cache"),
            line("whoever deployed it"),
        ),
        (
            line("A flood of requests"),
            line("Cloudflare: Security, “I'm under attack!” on; off again afterwards"),
            line("your agency"),
        ),
    ]
    yield Table("", ("What you see", "First", "Who"), tuple(rows))
    monitors = watches(known.client.monitors)
    if monitors is None:
        yield Paragraph(line("Nothing watches the site, so you will hear of it from visitors first."))


def _origins(known: Known) -> list[str]:
    """Where the site really runs."""
    found = [
        origin.target for origin in known.declared.origins if not within(origin.target, known.client.domain)
    ]
    return list(dict.fromkeys(found)) or [known.client.domain]


def outputs_from(document: object) -> Mapping[str, object] | None:
    """``pulumi stack output --json`` as it is, or wrapped as {"value": …}; None for anything else."""
    if not isinstance(document, Mapping):
        return None
    return {
        str(name): value["value"] if isinstance(value, Mapping) and set(value) >= {"value"} else value
        for name, value in document.items()
    }
