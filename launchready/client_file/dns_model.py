"""The model's DNS side: hosts, records, redirects."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, field_validator, model_validator

from launchready.client_file.base import Strict
from launchready.client_file.names import to_ascii
from launchready.client_file.scalars import Bool, Mapped, Text, Texts, Ttl, UpperText, Word, shape


class PrivateExposure(Strict):
    """Who may reach a private host."""

    allow: Texts
    """Networks in CIDR form, such as 198.51.100.0/24."""


class Exposure(Strict):
    """A host that is closed to the public."""

    private: PrivateExposure
    """Everyone outside these networks gets 403."""


ExposureOrPublic = Annotated[
    Annotated[Exposure, Mapped] | Annotated[Literal["public"], Word], Discriminator(shape)
]


def _target(value: object) -> object:
    """A CNAME's target in normal form; what is no name stays as it is, for a lint to refuse."""
    if isinstance(value, str):
        try:
            return to_ascii(value)
        except ValueError:
            return value.strip()
    return value


class Host(Strict):
    """What answers at a host: exactly one of ``address``, ``cname`` or ``redirect``."""

    address: Texts = ()
    """IPv4 or IPv6 address of the origin, or a list of them."""
    cname: Annotated[Text | None, BeforeValidator(_target)] = None
    """Name of the origin, such as acme-app.host.example."""
    redirect: Text | None = None
    """Another key of ``hosts`` ("@" is the apex) or a full URL; path and query are kept, 301."""
    proxied: Bool = True
    """Through Cloudflare's edge, or DNS only."""
    ttl: Ttl = 1
    """Seconds, or ``auto``; a proxied host has ``auto``."""
    exposure: ExposureOrPublic = "public"
    """``public``, or who may reach a private host."""

    @model_validator(mode="after")
    def _exactly_one_answer(self) -> Host:
        given = [k for k in ("address", "cname", "redirect") if getattr(self, k)]
        if len(given) != 1:
            found = " and ".join(given) if given else "none of them"
            raise ValueError(f"needs exactly one of address, cname or redirect; it has {found}")
        return self


_HOST_CONTENT = frozenset({"CNAME", "MX", "NS", "PTR"})
_MX_CONTENT = re.compile(r"(\d{1,5})\s+(\S+)")


class RecordEntry(Strict):
    """One DNS record beside ``hosts``."""

    name: Text
    """"@", a short name, or a full name of the zone."""
    type: UpperText
    """A, AAAA, CNAME, MX, TXT, CAA, SRV, NS, DS, TLSA, HTTPS, SVCB and what else Cloudflare takes."""
    content: Text | None = None
    """The value in presentation form; a TXT's text needs no quotes."""
    data: dict[str, Any] | None = None
    """The value in parts, as Cloudflare's API names them, for CAA, SRV, TLSA, HTTPS and their kind."""
    ttl: Ttl = 1
    """Seconds (60 to 86400), or ``auto``."""
    priority: Annotated[int, Field(ge=0, le=65535)] | None = None
    """Preference of an MX, priority of a URI."""
    proxied: Bool = False
    """Through Cloudflare's edge (A, AAAA and CNAME only)."""
    comment: Text | None = None
    """A note kept with the record, never served."""
    tags: Texts = ()
    """Cloudflare's record tags, ``name:value``."""

    @model_validator(mode="before")
    @classmethod
    def _tidy(cls, value: Any) -> Any:
        """An MX preference out of the content; targets in normal form."""
        if not isinstance(value, dict) or not isinstance(value.get("content"), str):
            return value
        kind = value.get("type")
        kind = kind.strip().upper() if isinstance(kind, str) else ""
        if kind not in _HOST_CONTENT:
            return value
        content = value["content"].strip()
        match = _MX_CONTENT.fullmatch(content) if kind == "MX" and value.get("priority") is None else None
        if match:
            value = {**value, "priority": int(match[1])}
            content = match[2]
        return {**value, "content": content if content == "." else _target(content)}


class RedirectRule(Strict):
    """How a rule that exists already says its redirect: written by `launch adopt`.

    ``expression`` and ``target`` hold only while they mean what the entry says; an entry that is changed
    is written anew, under the same ``ref``.
    """

    ref: Text
    """The rule's stable reference."""
    description: Text | None = None
    """What a person reads in Cloudflare's dashboard; without it, launchready's own words."""
    expression: Text | None = None
    """When the rule applies, as it stands."""
    target: Text | None = None
    """The target as it stands: a URL, or an expression."""


class RedirectEntry(Strict):
    """A host or path redirect."""

    source: Annotated[Text, Field(alias="from")]
    """``host/path``, where ``*`` matches anything: acme.example/old/*."""
    to: Text
    """The URL to go to; ``${1}`` is what the first ``*`` matched."""
    status: Annotated[Literal[301, 302, 303, 307, 308], BeforeValidator(lambda v: _number(v))] = 301
    """301 and 308 are permanent, 302, 303 and 307 temporary."""
    keep_query: Bool = True
    """Whether the query string goes along."""
    rule: RedirectRule | None = None
    """How a rule that exists already says it (`launch adopt`)."""

    @field_validator("source")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        return re.sub(r"^https?://", "", value, flags=re.IGNORECASE)

    @property
    def host(self) -> str:
        """The host part of ``from``."""
        return self.source.partition("/")[0]

    @property
    def pattern(self) -> str:
        """The path part of ``from``, with its leading slash; "/*" when only a host is given."""
        _, slash, path = self.source.partition("/")
        return "/" + path if slash else "/*"


def _number(value: object) -> object:
    return int(value) if isinstance(value, str) and value.strip().isdigit() else value
