"""The target of a redirect: its URL, the expression that makes it, and the examples that prove it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file import names
from launchready.declared import expression, patterns
from launchready.declared.patterns import Pattern

SAMPLE_QUERY = "launchready=1&x=a%20b"

_URL = re.compile(r"(https?)://([^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)


def target_url(to: str) -> str:
    """A target with its host as A-labels and its text percent-encoded where a header needs it."""
    match = _URL.fullmatch(to.strip())
    if match is None:
        raise ValueError(f"{to!r} is no http:// or https:// URL")
    scheme, authority, path, query, fragment = match.groups()
    host, colon, port = authority.partition(":")
    if "$" not in host:
        host = names.to_ascii(host)
    rest = expression.outside_references(f"{path}{query or ''}{fragment or ''}", patterns.url_text)
    return f"{scheme.lower()}://{host}{colon}{port}{rest}"


def check_references(pattern: Pattern, to: str) -> None:
    stars = pattern.host_stars + pattern.path_stars
    used = expression.references(to)
    if len(used) > expression.MAX_REFERENCES:
        raise ValueError(f"{len(used)} references in {to!r}; Cloudflare takes {expression.MAX_REFERENCES}")
    for reference in used:
        if not 1 <= reference <= stars:
            raise ValueError(
                f"${{{reference}}} in {to!r}, but {pattern.text!r} has {stars} star(s) to refer to"
            )


def needs_full_uri(pattern: Pattern, to: str) -> bool:
    used = expression.references(to)
    return any(number <= pattern.host_stars for number in used) and any(
        number > pattern.host_stars for number in used
    )


def check_full_uri(pattern: Pattern, to: str, keep: bool) -> None:
    """From the full URI the last capture brings the query along: that must be where it belongs."""
    last = f"${{{pattern.host_stars + pattern.path_stars}}}"
    if not (keep and (pattern.path or "").endswith("*") and to.endswith(last)):
        raise ValueError(
            f"{to!r} takes captures from both host and path, which works only when the source ends in *, "
            f"the target ends in {last}, and the query is kept; write one redirect per host instead"
        )


def target(pattern: Pattern, to: str) -> tuple[str, bool]:
    """The static URL, or the expression that makes the target."""
    used = expression.references(to)
    if not used:
        return to, False
    if needs_full_uri(pattern, to):
        return made_from(
            "http.request.full_uri", f"*://{pattern.host}{pattern.path}", to, 1, strict=False
        ), True
    if used[0] <= pattern.host_stars:
        return made_from("http.host", pattern.host, to, 0, strict=False), True
    return made_from("http.request.uri.path", pattern.path or "", to, -pattern.host_stars, strict=True), True


def made_from(field: str, source: str, to: str, offset: int, *, strict: bool) -> str:
    """The expression that puts what ``source``'s stars match in ``field`` into ``to``.

    ``offset`` is added to the numbers of ``to``'s references; ``strict`` minds case.
    """
    arguments = [
        field,
        expression.raw(expression.wildcard_pattern(source)),
        expression.raw(expression.renumbered(to, offset)),
    ]
    if strict:
        arguments.append('"s"')
    return f"wildcard_replace({', '.join(arguments)})"


def examples(pattern: Pattern, to: str, keep: bool, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Requests and the Location that each must bring, without and with a query string."""
    host = probe_host(pattern, known)
    path = pattern.path if pattern.path is not None else "/any/path"
    for number in range(1, pattern.path_stars + 1):
        path = path.replace("*", f"sample{number}", 1)
    captured = patterns.captures(pattern.host, host)
    captured += patterns.captures(pattern.path, path) if pattern.path is not None else []
    location = expression.expanded(to, captured)
    request = f"https://{host}{path}"
    if pattern.query is not None:
        query = pattern.query.replace("*", "sample")
        yield f"{request}?{query}", f"{location}?{query}" if keep else location
        return
    yield request, location
    yield f"{request}?{SAMPLE_QUERY}", f"{location}?{SAMPLE_QUERY}" if keep else location


def probe_host(pattern: Pattern, known: tuple[str, ...]) -> str:
    """A host that a pattern matches and the edge answers.

    A name of the zone; with a wildcard record of the zone, a name made up below it; failing both, a name
    made up (the lint says that no request can reach the rule).
    """
    if not pattern.host_stars:
        return pattern.host
    for name in (name.replace("*", "launchready") for name in known):
        if pattern.matches_host(name):
            return name
    return pattern.host.replace("*", "launchready")


def description(source: str, to: str) -> str:
    """What a person reads in Cloudflare's dashboard."""
    return f"{source} → {to}"[:200]
