"""Redirect-only hosts → one rule each.

A host that leads to another host keeps scheme, path and query. A wildcard host leaves out the names that
the zone has besides: DNS never sends them there either (RFC 4592 §2.2.1), but a rule would match them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file.model import ClientFile
from launchready.declared import expression
from launchready.declared import redirect_target as targets
from launchready.declared.draft import refused
from launchready.declared.hosts import full_name
from launchready.declared.patterns import Pattern
from launchready.declared.types import Redirect


def host_rules(client: ClientFile, known: tuple[str, ...]) -> Iterator[tuple[Pattern, Redirect]]:
    """Each redirect-only host's pattern and rule. Raises InputError that names the host."""
    for key, host in client.hosts.items():
        if host.redirect is None:
            continue
        place = f"hosts.{key}"
        try:
            source = Pattern(full_name(key, client.domain), None, None)
            if "://" in host.redirect:
                rule = _to_url(source, host.redirect, place, known)
            else:
                rule = _to_name(source, full_name(host.redirect, client.domain), place, known)
        except ValueError as error:
            raise refused(client, place, error) from None
        yield source, rule


def _to_name(source: Pattern, destination: str, place: str, known: tuple[str, ...]) -> Redirect:
    """Another host of the client's: scheme, path and query are kept."""
    path = source.host_stars + 2
    target = targets.made_from(
        "http.request.full_uri",
        f"*://{source.host}/*",
        f"${{1}}://{destination}/${{{path}}}",
        0,
        strict=False,
    )
    host = targets.probe_host(source, (source.host,))
    tails = ("/", f"/any/path?{targets.SAMPLE_QUERY}")
    return Redirect(
        ref="",
        expression=_condition(source, known),
        target=target,
        dynamic=True,
        status=301,
        keep_query=False,  # the full URI brings it along
        key=place,
        description=targets.description(source.host, destination),
        examples=tuple((f"https://{host}{tail}", f"https://{destination}{tail}") for tail in tails),
    )


def _to_url(source: Pattern, url: str, place: str, known: tuple[str, ...]) -> Redirect:
    """A URL: without a path of its own the request's path is kept, otherwise it is the target as it is."""
    to = targets.target_url(url)
    bare = re.fullmatch(r"https?://[^/?#]+", to) is not None
    keep = "?" not in to and "#" not in to
    pattern = Pattern(source.host, "/*" if bare else None, None)
    whole = f"{to}/${{{pattern.host_stars + 1}}}" if bare else to
    target, dynamic = targets.target(pattern, whole)
    return Redirect(
        ref="",
        expression=_condition(source, known),
        target=target,
        dynamic=dynamic,
        status=301,
        keep_query=keep,
        key=place,
        description=targets.description(source.host, to),
        examples=tuple(targets.examples(pattern, whole, keep, (source.host,))),
    )


def _condition(source: Pattern, known: tuple[str, ...]) -> str:
    others = [
        name for name in known if source.host_stars and name != source.host and source.matches_host(name)
    ]
    if not others:
        return source.condition()
    literals = " ".join(expression.literal(name) for name in others)
    return f"({source.condition()} and not http.host in {{{literals}}})"
