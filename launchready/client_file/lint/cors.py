"""Lints of CORS: origins as browsers send them, few, explicit, encrypted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file.headers import header_sets
from launchready.client_file.headers_model import Cors
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.websec.cors import FORBIDDEN_METHODS, OriginError, is_token, parse_origin

_FETCH = "Fetch standard, CORS protocol"


def _shared(context: Context) -> Iterator[tuple[str, Cors]]:
    for key, part in header_sets(context.client):
        if isinstance(part.cors, Cors):
            yield f"{key}.cors", part.cors


def _origins(context: Context) -> Iterator[tuple[str, str, Cors]]:
    for key, cors in _shared(context):
        for number, origin in enumerate(cors.origins):
            yield f"{key}.origins[{number}]", origin, cors


@rule(
    "client_file.cors.empty",
    reference=_FETCH,
    fix="name the origins of the front-ends, or take cors out",
)
def some_origin_is_trusted(context: Context) -> Iterator[Hit]:
    """``cors`` names at least one origin."""
    for key, cors in _shared(context):
        if not cors.origins:
            yield Hit(f"{key}.origins", "cors without an origin")


@rule(
    "client_file.cors.wildcard",
    reference=f"{_FETCH} (* with credentials); OWASP API8:2023",
    fix="name the origins of the front-ends, each by itself",
)
def no_origin_is_a_wildcard(context: Context) -> Iterator[Hit]:
    """No origin is ``*``, least of all with credentials."""
    for key, origin, cors in _origins(context):
        if origin == "*":
            effect = "browsers refuse it with credentials" if cors.credentials else "any site may read"
            yield Hit(key, f"the origin *: {effect}")


@rule(
    "client_file.cors.subdomain",
    reference=f"{_FETCH} (an origin is compared whole)",
    fix="name each host: one that is forgotten and taken over would be trusted with the rest",
)
def no_origin_has_a_wildcard(context: Context) -> Iterator[Hit]:
    """No origin stands for all subdomains."""
    for key, origin, _ in _origins(context):
        if "*" in origin and origin != "*":
            yield Hit(key, f"{origin!r} is no origin: browsers know no wildcard in it")


@rule(
    "client_file.cors.null",
    reference="RFC 6454 §7.3; PortSwigger, Exploiting CORS misconfigurations",
    fix="take it out: sandboxed frames of any site send it",
)
def null_is_not_trusted(context: Context) -> Iterator[Hit]:
    """The origin ``null`` is not trusted."""
    for key, origin, _ in _origins(context):
        if origin.lower() == "null":
            yield Hit(key, "the origin null is trusted, which any site can have")


@rule(
    "client_file.cors.origin",
    reference="RFC 6454 §6.2 (ASCII serialisation of an origin)",
    fix="write scheme, host and port only, as in https://app.acme.example",
)
def origins_are_as_browsers_send_them(context: Context) -> Iterator[Hit]:
    """An origin has no path, no slash at its end, no default port and no capital letter."""
    for key, origin, _ in _origins(context):
        if "*" in origin or origin.lower() == "null":
            continue
        try:
            parse_origin(origin)
        except OriginError as error:
            yield Hit(key, error.what, f"write {error.meant}" if error.meant else None)


@rule(
    "client_file.cors.http",
    reference="PortSwigger, Exploiting CORS misconfigurations (breaking TLS)",
    fix="write https:",
)
def origins_are_encrypted(context: Context) -> Iterator[Hit]:
    """No origin is http: whoever sits on the way could speak in its name."""
    for key, origin, _ in _origins(context):
        if origin.lower().startswith("http://"):
            yield Hit(key, f"{origin} is not encrypted")


@rule(
    "client_file.cors.duplicate",
    level=Level.WARNING,
    reference=_FETCH,
    fix="keep one of them",
)
def origins_are_given_once(context: Context) -> Iterator[Hit]:
    """An origin is given once."""
    for key, cors in _shared(context):
        seen: set[str] = set()
        for number, origin in enumerate(cors.origins):
            if origin in seen:
                yield Hit(f"{key}.origins[{number}]", f"{origin} is given twice")
            seen.add(origin)


@rule(
    "client_file.cors.words",
    reference=f"{_FETCH}; RFC 9110 §5.6.2 (tokens), §9.3",
    fix="name methods and headers one by one",
)
def methods_and_headers_are_named(context: Context) -> Iterator[Hit]:
    """``methods``, ``headers`` and ``expose`` hold names, no forbidden method, and no * with credentials."""
    for key, cors in _shared(context):
        for name in ("methods", "headers", "expose"):
            for number, word in enumerate(getattr(cors, name)):
                at = f"{key}.{name}[{number}]"
                if word == "*":
                    if cors.credentials:
                        yield Hit(at, "with credentials * means a name of one star, not all of them")
                elif not is_token(word):
                    yield Hit(at, f"{word!r} is no name")
                elif name == "methods" and word.upper() in FORBIDDEN_METHODS:
                    yield Hit(at, f"no browser sends {word}")


@rule(
    "client_file.cors.probe",
    reference="RFC 9112 §3.2.1",
    fix="write a path, such as /api/health",
)
def the_probed_path_can_be_asked_for(context: Context) -> Iterator[Hit]:
    """``probe`` is a path."""
    for key, cors in _shared(context):
        if not re.fullmatch(r"/[!-~]*", cors.probe) or "#" in cors.probe:
            yield Hit(f"{key}.probe", f"{cors.probe!r} is no path")
