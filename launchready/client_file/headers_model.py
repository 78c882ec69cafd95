"""The model of ``headers``: response headers, CSP, CORS. What is left out gets a baseline."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Bool, Mapped, Seconds, Text, Texts, Word, scalar_text, shape
from launchready.websec.vocabulary import DIRECTIVES

_SOURCES_SCHEMA = {
    "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"const": True}]
}


def _sources(value: object) -> object:
    """Words of a directive: a list, one text with spaces between, or ``true`` for a directive without any."""
    if value is True:
        return ()
    value = scalar_text(value)
    return tuple(value.split()) if isinstance(value, str) else value


Sources = Annotated[tuple[Text, ...], BeforeValidator(_sources), WithJsonSchema(_SOURCES_SCHEMA)]


class Csp(Strict):
    """Content-Security-Policy: directive → sources, the header's text, or {mode, report_only, policy}."""

    mode: Literal["if_absent", "set"] = "if_absent"
    """``if_absent`` lets the application's own policy survive (its nonces); ``set`` replaces it."""
    report_only: Bool = False
    """Only report what the policy would block (Content-Security-Policy-Report-Only)."""
    policy: dict[Text, Sources]
    """Directive → sources, keywords with their quotes: {script-src: ["'self'"]}."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        """Directives alone are the policy, and so is the header's text."""
        if isinstance(value, str):
            return {"policy": _directives(value)}
        if isinstance(value, dict) and not value.keys() & {"mode", "report_only", "policy"}:
            return {"policy": value}
        return value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Both forms; the directives by name, so that an editor offers them."""
        schema = handler(core)
        resolved = handler.resolve_ref_schema(schema)
        short = {
            "type": "object",
            "description": "Directive → sources.",
            "properties": {
                name: {"description": _described(name), **_SOURCES_SCHEMA}
                for name, known in DIRECTIVES.items()
                if known.instead is None
            },
            "additionalProperties": _SOURCES_SCHEMA,
            "not": {"anyOf": [{"required": [key]} for key in ("mode", "report_only", "policy")]},
        }
        long = dict(resolved)
        resolved.clear()
        text = {"type": "string", "description": "The header's text.", "pattern": "[ ;]"}
        resolved.update({"anyOf": [long, short, text], "description": long.pop("description", "")})
        return schema


def _directives(text: str) -> dict[str, tuple[str, ...]]:
    """The directives of a header's text; the first of a repeated one counts, as in browsers."""
    found: dict[str, tuple[str, ...]] = {}
    for words in (piece.split() for piece in text.split(";")):
        if words:
            found.setdefault(words[0], tuple(words[1:]))
    return found


def _csp_shape(value: object) -> str:
    return shape("" if value == "none" else None)


def _described(name: str) -> str:
    fallback = DIRECTIVES[name].fallback
    return f"Falls back on {fallback[0]}." if fallback else "Has no fallback."


class Cors(Strict):
    """Cross-origin requests: only these origins may read responses, whatever the origin server says."""

    origins: Texts
    """Exact origins, such as https://app.acme.example."""
    credentials: Bool = False
    """Whether cookies may go along."""
    methods: Texts = ()
    """Methods beyond GET, HEAD and POST."""
    headers: Texts = ()
    """Request headers beyond the safe ones."""
    expose: Texts = ()
    """Response headers that scripts may read beyond the safe ones."""
    max_age: Seconds | None = None
    """Seconds that a preflight's answer is kept (browsers stop at two hours)."""
    probe: Text = "/"
    """A path that answers cross-origin requests: `launch verify` asks it, with GET and OPTIONS."""


Opener = Literal["same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none", "none"]
CspOrNone = Annotated[Annotated[Csp, Mapped] | Annotated[Literal["none"], Word], Discriminator(_csp_shape)]
CorsOrNone = Annotated[Annotated[Cors, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]
Permissions = Annotated[Annotated[dict[Text, Texts], Mapped] | Annotated[Text, Word], Discriminator(shape)]


class HeaderSet(Strict):
    """Response headers of all proxied hosts, or of one. ``none`` for a header: it is left as it comes."""

    csp: CspOrNone | None = None
    """Content-Security-Policy; default: a strict one where the application sends none."""
    cors: CorsOrNone | None = None
    """Cross-origin requests; default: left to the application."""
    referrer_policy: Text | None = None
    """Referrer-Policy; default: strict-origin-when-cross-origin."""
    permissions_policy: Permissions | None = None
    """Permissions-Policy: feature → who may use it ([] nobody, self, origins), or the header's text."""
    coop: Opener | None = None
    """Cross-Origin-Opener-Policy; default: same-origin-allow-popups."""
    corp: Literal["same-origin", "same-site", "cross-origin", "none"] | None = None
    """Cross-Origin-Resource-Policy; default: same-site."""
    coep: Literal["require-corp", "credentialless", "unsafe-none", "none"] | None = None
    """Cross-Origin-Embedder-Policy; default: none."""
    frame_options: Literal["DENY", "SAMEORIGIN", "none"] | None = None
    """X-Frame-Options; default: SAMEORIGIN."""
    nosniff: Bool | None = None
    """X-Content-Type-Options: nosniff; default: true."""
    reporting_endpoints: dict[Text, Text] | None = None
    """Reporting-Endpoints: name → URL, for the policy's report-to."""
    set: dict[Text, Text] = Field(default={})
    """Further headers: name → value."""
    remove: Texts = ()
    """Further headers to take away; those that tell what a server runs always are."""


class Headers(HeaderSet):
    """Response headers of every proxied host, with exceptions per host."""

    hosts: dict[Text, HeaderSet] = Field(default={})
    """Host → what differs there."""


HeadersOrNone = Annotated[Annotated[Headers, Mapped] | Annotated[Literal["none"], Word], Discriminator(shape)]
