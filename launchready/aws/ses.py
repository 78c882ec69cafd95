"""SES identities: made with Easy DKIM or a key of one's own, a custom MAIL FROM, read back, deleted.

The identity, its tags and its DKIM are SESv2's; its MAIL FROM, and tokens where v2 shows none (moto), are
SES's first API, which AWS still serves for the same identities. Everything can be done twice.
Sources: botocore's models of sesv2 and ses; docs.aws.amazon.com/ses/latest/dg/creating-identities.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from launchready.aws.session import client, code_of, errors
from launchready.errors import ApiError

OWNER_TAG = "launchready"
"""An identity with this tag was made by a launch; one without was there before, and stays."""
_GONE = frozenset({"NotFoundException", "NotFound"})
_THERE = frozenset({"AlreadyExistsException", "AlreadyExists"})
OWN_KEY = "EXTERNAL"


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A DKIM key of one's own (BYODKIM): RSA of 1,024 or 2,048 bits; ``private_key`` base64 without frame."""

    selector: str
    private_key: str = field(repr=False)

    def attributes(self) -> dict[str, str]:
        return {"DomainSigningSelector": self.selector, "DomainSigningPrivateKey": self.private_key}


@dataclass(frozen=True, slots=True)
class Identity:
    """As SES shows it. ``tokens``: Easy DKIM's; ``origin``: AWS_SES or EXTERNAL; ``selector``: with EXTERNAL,
    where SES tells it. ``ours``: made by a launch."""

    domain: str
    tokens: tuple[str, ...]
    origin: str
    selector: str | None
    status: str
    mail_from: str | None
    ours: bool


@dataclass(frozen=True, slots=True)
class Ses:
    """SES in one region."""

    region: str
    v1: Any
    v2: Any

    @classmethod
    def at(cls, region: str) -> Ses:
        """Raises InputError without credentials."""
        return cls(region, client("ses", region), client("sesv2", region))

    def read(self, domain: str) -> Identity | None:
        """The identity, or None when there is none. Raises InputError or ApiError."""
        found = self._get(domain)
        return None if found is None else self._identity(domain, found)

    def ensure(self, domain: str, key: OwnKey | None, mail_from: str | None, owner: str) -> Identity:
        """The identity, made or taken over as it should be. ``owner``: value of the tag of a new one.

        Raises InputError or ApiError.
        """
        found = self._get(domain)
        if found is None:
            found = self._create(domain, key, owner)
        elif not self._signs_with(found, key):
            self.sign_with(domain, key)
        self.set_mail_from(domain, mail_from)
        identity = self.read(domain)
        if identity is None:
            raise ApiError(f"SES in {self.region} shows no identity {domain} right after it was made")
        return identity

    def sign_with(self, domain: str, key: OwnKey | None) -> None:
        """Changes what SES signs with: a key of one's own, or its own keys. Raises InputError or ApiError."""
        given: dict[str, Any] = {"SigningAttributesOrigin": "AWS_SES"}
        if key is not None:
            given = {"SigningAttributesOrigin": OWN_KEY, "SigningAttributes": key.attributes()}
        else:
            given["SigningAttributes"] = {"NextSigningKeyLength": "RSA_2048_BIT"}
        with errors(f"changing the DKIM signing of {domain} at SES in {self.region}"):
            self.v2.put_email_identity_dkim_signing_attributes(EmailIdentity=domain, **given)

    def set_mail_from(self, domain: str, mail_from: str | None) -> None:
        """Sets the custom return path, or takes it away. Raises InputError or ApiError."""
        if self._mail_from(domain) == mail_from:
            return
        with errors(f"setting the MAIL FROM of {domain} at SES in {self.region}"):
            given = {"MailFromDomain": mail_from} if mail_from is not None else {}
            self.v1.set_identity_mail_from_domain(
                Identity=domain, BehaviorOnMXFailure="UseDefaultValue", **given
            )

    def delete(self, domain: str) -> None:
        """Deletes the identity; one that is gone is deleted. Raises InputError or ApiError."""
        with errors(f"deleting {domain} at SES in {self.region}"):
            try:
                self.v2.delete_email_identity(EmailIdentity=domain)
            except ClientError as error:
                if code_of(error) not in _GONE:
                    raise

    # ---- what it is made of -------------------------------------------------------------------

    def _get(self, domain: str) -> Mapping[str, Any] | None:
        with errors(f"reading {domain} at SES in {self.region}"):
            try:
                found: Mapping[str, Any] = self.v2.get_email_identity(EmailIdentity=domain)
            except ClientError as error:
                if code_of(error) in _GONE:
                    return None
                raise
        return found

    def _create(self, domain: str, key: OwnKey | None, owner: str) -> Mapping[str, Any]:
        signing = key.attributes() if key is not None else {"NextSigningKeyLength": "RSA_2048_BIT"}
        with errors(f"making the identity {domain} at SES in {self.region}"):
            try:
                made: Mapping[str, Any] = self.v2.create_email_identity(
                    EmailIdentity=domain,
                    Tags=[{"Key": OWNER_TAG, "Value": owner}],
                    DkimSigningAttributes=signing,
                )
            except ClientError as error:
                if code_of(error) not in _THERE:
                    raise
                made = self.v2.get_email_identity(EmailIdentity=domain)
        return made

    def _signs_with(self, found: Mapping[str, Any], key: OwnKey | None) -> bool:
        """Does it sign that way already? An own key can't be read back, so that it is set again."""
        return key is None and found.get("DkimAttributes", {}).get("SigningAttributesOrigin") != OWN_KEY

    def _identity(self, domain: str, found: Mapping[str, Any]) -> Identity:
        dkim = found.get("DkimAttributes", {})
        external = dkim.get("SigningAttributesOrigin") == OWN_KEY
        told = tuple(str(token) for token in dkim.get("Tokens") or ())
        tags = {tag.get("Key"): tag.get("Value") for tag in found.get("Tags") or ()}
        return Identity(
            domain,
            () if external else told or self._tokens(domain),
            OWN_KEY if external else "AWS_SES",
            told[0] if external and told else None,
            str(dkim.get("Status", "")),
            self._mail_from(domain),
            OWNER_TAG in tags,
        )

    def _tokens(self, domain: str) -> tuple[str, ...]:
        """Easy DKIM's tokens where v2 shows none. Asking twice gives the same ones."""
        with errors(f"asking SES in {self.region} for the DKIM tokens of {domain}"):
            return tuple(self.v1.verify_domain_dkim(Domain=domain)["DkimTokens"])

    def _mail_from(self, domain: str) -> str | None:
        with errors(f"reading the MAIL FROM of {domain} at SES in {self.region}"):
            answer = self.v1.get_identity_mail_from_domain_attributes(Identities=[domain])
        found = answer["MailFromDomainAttributes"].get(domain, {}).get("MailFromDomain")
        return str(found) if found else None
