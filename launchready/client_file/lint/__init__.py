"""Lints: what is wrong with a client file, said before anything is registered.

``lint`` returns every problem at once; ``refuse_errors`` turns the errors among them into one exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from launchready.client_file.lint import (  # noqa: F401 - importing a module registers its lints
    aliases,
    caching,
    cors,
    csp,
    delegations,
    dkim,
    dmarc,
    dmarc_stages,
    environment,
    exchangers,
    exposure,
    file,
    guard,
    headers,
    mail,
    mail_created,
    monitors,
    mta_sts,
    owners,
    portal,
    rate_limits,
    records,
    redirects,
    senders,
    ses,
    spf,
    spf_flattened,
    text,
    tls,
)
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import LINTS, Level, Lint, LintError, Lints, Problem
from launchready.client_file.model import ClientFile
from launchready.client_file.positions import Positions
from launchready.errors import ClientFileError

__all__ = ["LINTS", "Level", "Lint", "LintError", "Lints", "Problem", "lint", "refuse_errors"]


def lint(
    client: ClientFile,
    positions: Positions | None = None,
    *,
    lints: Lints = LINTS,
    today: date | None = None,
    checks: Iterable[str] | None = None,
) -> list[Problem]:
    """Every problem of a client file, in the order of its lines.

    ``checks``: ids that a waiver may name (None: not judged). ``today``: for waivers, the UTC date by
    default. An error whose lint may be waived, and is until a date ahead, becomes a warning.
    """
    today = today or datetime.now(UTC).date()
    places = positions or Positions(client.path)
    waivable = frozenset(rule.id for rule in lints if rule.waivable)
    context = Context(client, places, today, None if checks is None else frozenset(checks), waivable)
    waived = {w.check for w in client.waivers if w.until >= today} & waivable
    problems = []
    for rule in lints:
        for hit in rule.run(context):
            level = Level.WARNING if rule.id in waived else hit.level or rule.level
            problems.append(
                Problem(
                    rule.id,
                    level,
                    hit.what,
                    places.where(hit.key),
                    hit.fix or rule.fix,
                    rule.reference,
                    hit.key,
                )
            )
    return sorted(problems, key=lambda p: p.where.line or 0)


def refuse_errors(problems: Iterable[Problem]) -> list[Problem]:
    """The warnings. Raises ClientFileError with every error among the problems."""
    found = list(problems)
    errors = [problem.error() for problem in found if problem.level is Level.ERROR]
    if errors:
        raise ClientFileError(errors)
    return found
