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
from collections.abc import Iterator

from launchready.client_file import names
from launchready.client_file.model import ClientFile, RedirectEntry
from launchready.declared import expression, patterns
from launchready.declared.draft import refused
from launchready.declared.hosts import full_name, host_names
from launchready.declared.patterns import Pattern
from launchready.declared.types import Redirect

SAMPLE_QUERY = "launchready=1&x=a%20b"

_URL = re.compile(r"(https?)://([^/?#]+)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.DOTALL)


def redirect_rules(client: ClientFile) -> tuple[tuple[Redirect, ...], tuple[str, ...]]:
    """All rules in order, and notes for the report. Raises InputError that names the redirect."""
    rules: list[Redirect] = []
    notes: list[str] = []
    known = host_names(client)
    for position, entry in enumerate(client.redirects):
        key = f"redirects[{position}]"
        try:
            rules.append(_entry_rule(entry, key, known))
        except ValueError as error:
            raise refused(client, key, error) from None
        if entry.keep_query and not rules[-1].keep_query and not _carries_query(rules[-1]):
            notes.append(
                f"{key}: the target has a query or fragment of its own; the request's query is dropped"
            )
    rules += _host_rules(client)
    return tuple(_distinct_refs(rules)), tuple(notes)


def _entry_rule(entry: RedirectEntry, key: str, known: tuple[str, ...]) -> Redirect:
    pattern, to = patterns.parse(entry.source), _target_url(entry.to)
    _check_references(pattern, to)
    keep = entry.keep_query and "?" not in to and "#" not in to
    carried = _needs_full_uri(pattern, to)
    if carried:
        _check_full_uri(pattern, to, keep)
    target, dynamic = _target(pattern, to)
    return Redirect(
        ref=_ref(pattern.text),
        expression=pattern.condition(),
        target=target,
        dynamic=dynamic,
        status=entry.status,
        keep_query=keep and not carried,
        key=key,
        description=_description(pattern.text, to),
        examples=tuple(_examples(pattern, to, keep, known)),
    )


def _target_url(to: str) -> str:
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


def _check_references(pattern: Pattern, to: str) -> None:
    stars = pattern.host_stars + pattern.path_stars
    used = expression.references(to)
    if len(used) > expression.MAX_REFERENCES:
        raise ValueError(f"{len(used)} references in {to!r}; Cloudflare takes {expression.MAX_REFERENCES}")
    for reference in used:
        if not 1 <= reference <= stars:
            raise ValueError(
                f"${{{reference}}} in {to!r}, but {pattern.text!r} has {stars} star(s) to refer to"
            )


def _needs_full_uri(pattern: Pattern, to: str) -> bool:
    used = expression.references(to)
    return any(number <= pattern.host_stars for number in used) and any(
        number > pattern.host_stars for number in used
    )


def _check_full_uri(pattern: Pattern, to: str, keep: bool) -> None:
    """From the full URI the last capture brings the query along: that must be where it belongs."""
    last = f"${{{pattern.host_stars + pattern.path_stars}}}"
    if not (keep and (pattern.path or "").endswith("*") and to.endswith(last)):
        raise ValueError(
            f"{to!r} takes captures from both host and path, which works only when the source ends in *, "
            f"the target ends in {last}, and the query is kept; write one redirect per host instead"
        )


def _target(pattern: Pattern, to: str) -> tuple[str, bool]:
    """The static URL, or the expression that makes the target."""
    used = expression.references(to)
    if not used:
        return to, False
    if _needs_full_uri(pattern, to):
        return _replace(
            "http.request.full_uri", f"*://{pattern.host}{pattern.path}", to, 1, strict=False
        ), True
    if used[0] <= pattern.host_stars:
        return _replace("http.host", pattern.host, to, 0, strict=False), True
    return _replace("http.request.uri.path", pattern.path or "", to, -pattern.host_stars, strict=True), True


def _replace(field: str, source: str, to: str, offset: int, *, strict: bool) -> str:
    arguments = [
        field,
        expression.raw(expression.wildcard_pattern(source)),
        expression.raw(expression.renumbered(to, offset)),
    ]
    if strict:
        arguments.append('"s"')
    return f"wildcard_replace({', '.join(arguments)})"


def _examples(pattern: Pattern, to: str, keep: bool, known: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Requests and the Location that each must bring, without and with a query string."""
    host = patterns.sample_host(pattern.host, known)
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


def _host_rules(client: ClientFile) -> Iterator[Redirect]:
    """One rule for each redirect-only host."""
    for key, host in client.hosts.items():
        if host.redirect is None:
            continue
        place = f"hosts.{key}"
        try:
            source = full_name(key, client.domain)
            if "://" in host.redirect:
                yield _url_host_rule(source, host.redirect, place)
            else:
                yield _name_host_rule(source, full_name(host.redirect, client.domain), place)
        except ValueError as error:
            raise refused(client, place, error) from None


def _name_host_rule(source: str, destination: str, place: str) -> Redirect:
    """Another host of the client's: scheme, path and query are kept."""
    target = _replace(
        "http.request.full_uri", f"*://{source}/*", f"${{1}}://{destination}/${{2}}", 0, strict=False
    )
    tails = ("/", f"/any/path?{SAMPLE_QUERY}")
    return Redirect(
        ref=_ref(source),
        expression=f"http.host eq {expression.literal(source)}",
        target=target,
        dynamic=True,
        status=301,
        keep_query=False,  # the full URI brings it along
        key=place,
        description=_description(source, destination),
        examples=tuple((f"https://{source}{tail}", f"https://{destination}{tail}") for tail in tails),
    )


def _url_host_rule(source: str, url: str, place: str) -> Redirect:
    """A URL: without a path of its own the request's path is kept, otherwise it is the target as it is."""
    to = _target_url(url)
    bare = re.fullmatch(r"https?://[^/?#]+", to) is not None
    keep = "?" not in to and "#" not in to
    pattern = Pattern(source, "/*" if bare else None, None)
    target, dynamic = _target(pattern, f"{to}/${{1}}") if bare else (to, False)
    return Redirect(
        ref=_ref(source),
        expression=f"http.host eq {expression.literal(source)}",
        target=target,
        dynamic=dynamic,
        status=301,
        keep_query=keep,
        key=place,
        description=_description(source, to),
        examples=tuple(_examples(pattern, f"{to}/${{1}}" if bare else to, keep, ())),
    )


def _carries_query(rule: Redirect) -> bool:
    return rule.dynamic and rule.target.startswith("wildcard_replace(http.request.full_uri,")


def _description(source: str, to: str) -> str:
    return f"{source} → {to}"[:200]


def _ref(source: str) -> str:
    """A rule's reference: readable, and the same wherever the rule moves. Letters, digits, underscore."""
    words = re.sub(r"[^a-z0-9]+", "_", source.lower()).strip("_")[:40].rstrip("_")
    return f"{words or 'any'}_{hashlib.sha256(source.encode()).hexdigest()[:8]}"


def _distinct_refs(rules: list[Redirect]) -> Iterator[Redirect]:
    """Two rules for one source (the lint says that the second is shadowed) still need two references."""
    seen: dict[str, int] = {}
    for rule in rules:
        seen[rule.ref] = count = seen.get(rule.ref, 0) + 1
        yield rule if count == 1 else _with_ref(rule, f"{rule.ref}_{count}")


def _with_ref(rule: Redirect, ref: str) -> Redirect:
    return Redirect(
        ref,
        rule.expression,
        rule.target,
        rule.dynamic,
        rule.status,
        rule.keep_query,
        rule.key,
        rule.description,
        rule.examples,
    )
