"""``redirects`` and redirect-only hosts → single-redirect rules, each with the examples that prove it.

Matching is on host and path, and the target is made from the field that the captures come from, so
that the query string takes no part: ``preserve_query_string`` alone says what becomes of it. Only a
target that needs captures of both host and path is made from the full URI. Wildcards serve every plan
(regular expressions need Business), and ``wildcard_replace`` with the flag "s" minds case as paths do.

The order of the rules is the file's; redirect-only hosts come last, so that a path of theirs can go
elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from launchready.client_file.dns_model import RedirectRule
from launchready.client_file.model import ClientFile, RedirectEntry
from launchready.declared import expression, host_redirects, patterns
from launchready.declared import redirect_target as targets
from launchready.declared.draft import refused
from launchready.declared.patterns import Pattern
from launchready.declared.redirect_reading import Reading, read
from launchready.declared.types import Redirect

Planned = tuple[Pattern, Redirect]


def redirect_rules(
    client: ClientFile, served: Iterable[str], reserved: str | None = None
) -> tuple[tuple[Redirect, ...], tuple[str, ...]]:
    """All rules in order, and notes for the report.

    ``served``: the names that the edge answers (proxied A, AAAA, CNAME), for examples that can be asked
    for. ``reserved``: a host that no wildcard may redirect (the MTA-STS policy's: RFC 8461 §3.3 forbids it).
    Raises InputError that names the redirect.
    """
    known = tuple(dict.fromkeys(served))
    planned: list[Planned] = []
    notes: list[str] = []
    for position, entry in enumerate(client.redirects):
        key = f"redirects[{position}]"
        try:
            pattern = patterns.parse(entry.source)
            rule = _sparing(reserved, pattern, _entry_rule(entry, pattern, key, known))
        except ValueError as error:
            raise refused(client, key, error) from None
        planned.append((pattern, rule))
        if entry.keep_query and not _keeps(entry.to):
            notes.append(
                f"{key}: the target has a query or fragment of its own; the request's query is dropped"
            )
    planned += host_redirects.host_rules(client, known)
    return tuple(_referenced(_provable(planned))), tuple(notes)


def _entry_rule(entry: RedirectEntry, pattern: Pattern, key: str, known: tuple[str, ...]) -> Redirect:
    to = targets.target_url(entry.to)
    targets.check_references(pattern, to)
    keep = entry.keep_query and _keeps(to)
    carried = targets.needs_full_uri(pattern, to)
    if carried:
        targets.check_full_uri(pattern, to, keep)
    target, dynamic = targets.target(pattern, to)
    rule = Redirect(
        ref="",
        expression=pattern.condition(),
        target=target,
        dynamic=dynamic,
        status=entry.status,
        keep_query=keep and not carried,
        key=key,
        description=targets.description(pattern.text, to),
        examples=tuple(targets.examples(pattern, to, keep, known)),
    )
    return rule if entry.rule is None else _as_it_stands(rule, entry.rule, Reading(pattern.text, to, keep))


def _as_it_stands(rule: Redirect, given: RedirectRule, meant: Reading) -> Redirect:
    """The rule in the words of one that exists already, as long as these mean what the entry says."""
    description = rule.description if given.description is None else given.description
    rule = replace(rule, ref=given.ref, description=description)
    expression_, target = given.expression or rule.expression, given.target or rule.target
    dynamic = "://" not in target.partition("(")[0] if given.target else rule.dynamic
    for keep in (meant.keep_query, False):
        try:
            if read(expression_, target, dynamic=dynamic, keep=keep) == meant:
                return replace(rule, expression=expression_, target=target, dynamic=dynamic, keep_query=keep)
        except ValueError:
            continue
    return rule


def _sparing(reserved: str | None, pattern: Pattern, rule: Redirect) -> Redirect:
    """The same rule, leaving out the reserved host where a star of the pattern's host would take it in."""
    if reserved is None or not pattern.host_stars or not pattern.matches_host(reserved):
        return rule
    spared = f"({rule.expression} and http.host ne {expression.literal(reserved)})"
    asked = tuple(pair for pair in rule.examples if urlsplit(pair[0]).hostname != reserved)
    return replace(rule, expression=spared, examples=asked)


def _keeps(to: str) -> bool:
    """Can the request's query be kept? Cloudflare fails for a target that has one already (error 10055)."""
    return "?" not in to and "#" not in to


def _provable(planned: list[Planned]) -> Iterator[Planned]:
    """The rules with those examples only that no earlier rule answers."""
    exact: dict[str, list[Pattern]] = defaultdict(list)
    starred: list[Pattern] = []
    for pattern, rule in planned:
        left = tuple(
            (request, location)
            for request, location in rule.examples
            if not any(
                earlier.matches(parts.netloc, parts.path, parts.query)
                for parts in (urlsplit(request),)
                for earlier in (*exact[parts.netloc], *starred)
            )
        )
        yield pattern, rule if left == rule.examples else replace(rule, examples=left)
        (starred if pattern.host_stars else exact[pattern.host]).append(pattern)


def _referenced(planned: Iterable[Planned]) -> Iterator[Redirect]:
    """The rules with their references: readable, and the same wherever a rule moves.

    Two rules for one source (the lint says that the second is shadowed) still need two references.
    """
    seen: dict[str, int] = {}
    for pattern, rule in planned:
        if rule.ref:
            yield rule
            continue
        words = re.sub(r"[^a-z0-9]+", "_", pattern.text.lower()).strip("_")[:40].rstrip("_")
        ref = f"{words or 'any'}_{hashlib.sha256(pattern.text.encode()).hexdigest()[:8]}"
        seen[ref] = count = seen.get(ref, 0) + 1
        yield replace(rule, ref=ref if count == 1 else f"{ref}_{count}")
