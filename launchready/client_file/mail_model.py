"""The model's mail side: who sends, who receives, DKIM, DMARC, reports, BIMI."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from launchready.client_file.base import Strict
from launchready.client_file.mail_options_model import (
    PRESET,
    Policy,
    PresetSender,
    Spf,
    Stage,
    sender_shape,
    stage,
)
from launchready.client_file.scalars import (
    Bool,
    Day,
    HostName,
    Mapped,
    Seconds,
    Text,
    Texts,
    Word,
    lower,
    shape,
)


class DkimKey(Strict):
    """A DKIM selector: a public key, a CNAME to the sender's, or a key pair that launchready makes."""

    public_key: Text | None = None
    """Base64 of the public key: DER for RSA, the raw 32 bytes for Ed25519."""
    type: Literal["rsa", "ed25519"] = "rsa"
    """Algorithm of the key."""
    cname: HostName | None = None
    """Name of the sender's own key record."""
    generate: Annotated[Literal["rsa", "ed25519"], BeforeValidator(lower)] | None = None
    """Make a key pair of this kind (RSA has 2,048 bits); the private key goes to ``environment``."""
    sender: Text | None = None
    """Which own sender signs with a generated key; without it, the only one there is."""
    until: Day | None = None
    """Retired: nobody signs with it any more, and it stays published until this day."""
    revoked: Bool = False
    """Publish an empty key (``p=``): what was signed with it is no longer to be trusted."""

    @model_validator(mode="after")
    def _one_of_them(self) -> DkimKey:
        given = sum(value is not None for value in (self.public_key, self.cname, self.generate))
        if given > 1 or (given == 0 and not self.revoked):
            raise ValueError("needs exactly one of public_key, cname or generate (or revoked: true)")
        if self.revoked and self.cname is not None:
            raise ValueError("a cname leads to the sender's key, which only the sender can revoke")
        if self.generate is None and (self.sender is not None or self.until is not None):
            raise ValueError("sender and until go with generate")
        return self

    @property
    def active(self) -> bool:
        """Is it a generated key that its sender signs with?"""
        return self.generate is not None and self.until is None and not self.revoked


def _optional_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Dmarc(Strict):
    """DMARC (RFC 9989)."""

    policy: Policy = "quarantine"
    """What receivers do with mail that fails: the published stage, by default the first of ``stages``."""
    stages: tuple[Stage, ...] = ()
    """The plan, from the weakest policy to the strongest: each stage with its last day, the last without."""
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
    accept_reports_from: Texts = ()
    """Other domains whose DMARC reports may be sent to this one ("*": everyone's): RFC 9990 §4."""

    @model_validator(mode="before")
    @classmethod
    def _begins_with_the_first_stage(cls, value: Any) -> Any:
        if isinstance(value, dict) and "policy" not in value and value.get("stages"):
            first = value["stages"][0] if isinstance(value["stages"], list | tuple) else None
            first = stage(first)
            if isinstance(first, dict) and "policy" in first:
                return {**value, "policy": first["policy"]}
        return value


class CustomSender(Strict):
    """A sender without a preset: the SPF terms that admit it."""

    name: Text
    """What to call it in reports."""
    spf: Texts = ()
    """SPF mechanisms, such as include:mail.example or ip4:198.51.100.7."""
    return_path: HostName | None = None
    """Domain of its return path; without it, the client's domain."""


Sender = Annotated[
    Annotated[str, BeforeValidator(lower), Word]
    | Annotated[PresetSender, Tag(PRESET)]
    | Annotated[CustomSender, Mapped],
    Discriminator(sender_shape),
]


class Bimi(Strict):
    """Brand Indicators for Message Identification: one default selector."""

    logo: Text
    """https: URL of the SVG (Tiny PS)."""
    authority: Text | None = None
    """https: URL of the mark certificate."""
    avatar: Annotated[Literal["brand", "personal"], BeforeValidator(lower)] | None = None
    """What to show of a sender who also has a picture: the brand's logo (the default), or the person."""


class Ses(Strict):
    """An Amazon SES identity that the file owns: made, changed and deleted with the launch."""

    region: Annotated[Text, BeforeValidator(lower)]
    """AWS region in which the identity is, such as eu-west-1."""
    mail_from: Text | None = None
    """Custom MAIL FROM (return path): a name below the domain, such as mail; its MX and SPF are declared."""
    byodkim: Text | None = None
    """Selector of ``dkim`` with a generated RSA key to sign with; without it, SES makes the keys."""


class MtaSts(Strict):
    """MTA-STS (RFC 8461) in detail."""

    mode: Literal["testing", "enforce"] = "testing"
    """What senders do when TLS fails."""
    host: HostName | None = None
    """The client's own host that serves the policy; without it a Worker does."""
    max_age: Seconds = 604_800
    """Seconds that senders keep the policy."""
    mx: Texts = ()
    """Patterns for the mail hosts (``*.`` is one label); by default the declared MX hosts themselves."""


MtaStsOrWord = Annotated[
    Annotated[MtaSts, Mapped] | Annotated[Literal["none", "testing", "enforce"], Word], Discriminator(shape)
]


class Email(Strict):
    """Mail of the domain. ``senders: []`` is a domain that never mails."""

    managed: Bool = True
    """False (or ``email: none``): launchready declares no mail record at all."""
    senders: tuple[Sender, ...] = ()
    """Who sends mail as the domain: names of presets, presets with options, or custom senders."""
    receive: Annotated[Text | None, BeforeValidator(lower)] = None
    """The preset that takes the domain's mail; its MX records are declared."""
    spf_all: Literal["-all", "~all"] = "-all"
    """The end of the SPF record."""
    spf: Spf = Spf()
    """How the SPF record is published: includes as they are, or flattened to addresses."""
    dkim: dict[Text, DkimKey] = Field(default={})
    """DKIM selectors."""
    dmarc: Dmarc = Dmarc()
    """DMARC policy."""
    ses: Ses | None = None
    """The SES identity, for the sender ``ses``; without it the identity is made by hand, as is its DKIM."""
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
        given = (self.senders, self.receive, self.dkim, self.tls_rpt, self.bimi, self.ses, self.sts_policy)
        if not self.managed and any(given):
            raise ValueError("managed: false declares no mail record, so nothing else may be given beside it")
        return self

    @property
    def sts_policy(self) -> MtaSts | None:
        """``mta_sts`` in full; None for none."""
        if isinstance(self.mta_sts, MtaSts):
            return self.mta_sts
        return None if self.mta_sts == "none" else MtaSts(mode=self.mta_sts)
