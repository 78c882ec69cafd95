"""The service's deliverables, each with the rows of the verification that prove it."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.report.handover.blocks import Block, Line, Paragraph, Proof, Table, line
from launchready.report.handover.known import Known

DELIVERABLES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Domain setup, DNS clean-up, redirects, subdomain routing",
        "DNS records and redirects, from one file",
        ("dns", "redirects"),
    ),
    (
        "Cloudflare setup, SSL issuance, HTTPS enforcement",
        "encryption settings, certificates, DNSSEC",
        ("tls",),
    ),
    (
        "Environment-variable audit, secret clean-up, production-safe configuration",
        "variables and secrets in a store of their own",
        ("secrets",),
    ),
    ("Uptime monitoring and handover checklist", "health checks and alerts; this document", ("monitoring",)),
    ("SPF, DKIM and DMARC configuration", "mail records for every sender", ("email_auth",)),
    (
        "Cloudflare caching rules and performance tuning",
        "what is kept, and what never",
        ("caching", "performance"),
    ),
    (
        "Production deployment hardening and rollback checks",
        "headers, rate limits, private hosts, the way back",
        ("cors_csp", "rate_limiting", "errors", "surface", "deployment"),
    ),
    (
        "Portal security checklist",
        "sign-in, access rights and input, tried with test accounts",
        ("authn", "authz", "input_validation"),
    ),
)
"""Service → what does it → the rows that prove it (the launch checklist's table, and its portal rows)."""


def deliverables(known: Known) -> Iterator[Block]:
    """The table; without a verification it says that nothing is proved."""
    rows = []
    for service, by, proved_by in DELIVERABLES:
        proof: list[Proof | str] = []
        for row in proved_by:
            proof += [", ", Proof(row, known.status(row))] if proof else [Proof(row, known.status(row))]
        cell: Line = tuple(proof) if known.verification is not None else line("not verified yet")
        rows.append((line(service), line(by), cell))
    yield Table("", ("Service", "Done by", "Proof"), tuple(rows))
    if known.verification is None:
        yield Paragraph(
            line("The proof comes with a verification: ", *known.by("verify", "have it verified"), ".")
        )
