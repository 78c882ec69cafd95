"""The model's mail side: who sends, who receives, DKIM, DMARC, reports, BIMI."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, model_validator

from launchready.client_file.base import Strict
from launchready.client_file.scalars import Bool, HostName, Mapped, Seconds, Text, Texts, Word, lower, shape


class DkimKey(Strict):
    """A DKIM selector: a public key or a CNAME to the sender's."""

    public_key: Text | None = None
    """Base64 of the public key: DER for RSA, the raw 32 bytes for Ed25519."""
    type: Literal["rsa", "ed25519"] = "rsa"
    """Algorithm of the key."""
    cname: HostName | None = None
    """Name of the sender's own key record."""

    @model_validator(mode="after")
    def _one_of_both(self) -> DkimKey:
        if (self.public_key is None) == (self.cname is None):
            raise ValueError("needs exactly one of public_key or cname")
        return self


Policy = Literal["none", "quarantine", "reject"]


def _optional_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Dmarc(Strict):
    """DMARC (RFC 9989)."""

    policy: Policy = "quarantine"
    """What receivers do with mail that fails."""
    rua: Annotated[tuple[Text, ...] | None, BeforeValidator(_optional_many)] = None
    """Where aggregate reports go; by default mailto:dmarc@ the domain, if it mails."""
    ruf: Texts = ()
    """Where failure reports go."""
    adkim: Literal["s", "r"] = "s"
    """DKIM alignment: strict or relaxed."""
    aspf: Literal["s", "r"] = "s"
    """SPF alignment: strict or relaxed."""
    sp: Policy | None = None
    """Policy for subdomains that exist."""
    np: Policy | None = None
    """Policy for subdomains that don't exist."""
    fo: Text | None = None
    """When failure reports are wanted: 0, 1, d, s."""
    testing: Bool = False
    """``t=y``: receivers apply the policy one step weaker."""


class CustomSender(Strict):
    """A sender without a preset: the SPF terms that admit it."""

    name: Text
    """What to call it in reports."""
    spf: Texts = ()
    """SPF mechanisms, such as include:mail.example or ip4:198.51.100.7."""
    return_path: HostName | None = None
    """Domain of its return path; without it, the client's domain."""


Sender = Annotated[
    Annotated[str, BeforeValidator(lower), Word] | Annotated[CustomSender, Mapped], Discriminator(shape)
]


class Bimi(Strict):
    """Brand Indicators for Message Identification: one default selector."""

    logo: Text
    """https: URL of the SVG (Tiny PS)."""
    authority: Text | None = None
    """https: URL of the mark certificate."""


class MtaSts(Strict):
    """MTA-STS (RFC 8461) in detail."""

    mode: Literal["testing", "enforce"] = "testing"
    """What senders do when TLS fails."""
    host: HostName | None = None
    """The client's own host that serves the policy; without it a Worker does."""
    max_age: Seconds = 604_800
    """Seconds that senders keep the policy."""


MtaStsOrWord = Annotated[
    Annotated[MtaSts, Mapped] | Annotated[Literal["none", "testing", "enforce"], Word], Discriminator(shape)
]


class Email(Strict):
    """Mail of the domain. ``senders: []`` is a domain that never mails."""

    managed: Bool = True
    """False (or ``email: none``): launchready declares no mail record at all."""
    senders: tuple[Sender, ...] = ()
    """Who sends mail as the domain: names of presets, or custom senders."""
    receive: Annotated[Text | None, BeforeValidator(lower)] = None
    """The preset that takes the domain's mail; its MX records are declared."""
    spf_all: Literal["-all", "~all"] = "-all"
    """The end of the SPF record."""
    dkim: dict[Text, DkimKey] = Field(default={})
    """DKIM selectors."""
    dmarc: Dmarc = Dmarc()
    """DMARC policy."""
    mta_sts: MtaStsOrWord = "none"
    """MTA-STS stage."""
    tls_rpt: Texts = ()
    """Where TLS reports go (RFC 8460): mailto: or https: URLs."""
    bimi: Bimi | None = None
    """The logo for mail clients."""

    @model_validator(mode="before")
    @classmethod
    def _none_is_unmanaged(cls, value: Any) -> Any:
        if value == "none":
            return {"managed": False}
        return (
            {**value, "tls_rpt": ()} if isinstance(value, dict) and value.get("tls_rpt") == "none" else value
        )

    @model_validator(mode="after")
    def _unmanaged_declares_nothing(self) -> Email:
        if not self.managed and (self.senders or self.receive or self.dkim or self.tls_rpt or self.bimi):
            raise ValueError("managed: false declares no mail record, so nothing else may be given beside it")
        return self
