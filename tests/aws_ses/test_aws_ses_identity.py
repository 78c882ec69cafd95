"""The life of an SES identity: made, changed, read back, taken over, deleted, and each of them twice."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.aws import dkim_key, ses_identity
from launchready.aws.session import client
from launchready.client_file.secrets import PassphraseKey

pytestmark = pytest.mark.slow

REGION, DOMAIN = "eu-west-1", "acme.example"
GIVEN: dict[str, Any] = {
    "domain": DOMAIN,
    "region": REGION,
    "mail_from": "bounce.acme.example",
    "selector": None,
    "private_key": None,
    "owner": "acme",
}


def key(monkeypatch: pytest.MonkeyPatch, selector: str = "s1") -> dict[str, Any]:
    """A sealed key, as the resource DkimKey leaves it."""
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "rehearsal")
    salt = PassphraseKey.create("rehearsal").encryptionsalt
    _, made = dkim_key.create({"selector": selector, "algorithm": "rsa", "salt": salt})
    assert str(made["private_key"]).startswith("launchready-sealed:")
    return made


def live() -> dict[str, Any]:
    found: dict[str, Any] = client("sesv2", REGION).get_email_identity(EmailIdentity=DOMAIN)
    return found


def test_an_identity_gets_its_tokens_and_its_return_path(aws: str) -> None:
    id_, outs = ses_identity.create(GIVEN)
    assert id_ == f"{REGION}/{DOMAIN}"
    assert len(outs["tokens"]) == 3
    assert outs["adopted"] is False
    attributes = client("ses", REGION).get_identity_mail_from_domain_attributes(Identities=[DOMAIN])
    assert attributes["MailFromDomainAttributes"][DOMAIN]["MailFromDomain"] == "bounce.acme.example"
    assert ses_identity.read(id_, outs) == (id_, outs)
    assert ses_identity.diff(id_, outs, {**GIVEN}) == (False, [], False)


def test_making_it_twice_makes_one(aws: str) -> None:
    _, first = ses_identity.create(GIVEN)
    _, second = ses_identity.create(GIVEN)
    assert first == second  # the tag says that it is ours, so nothing was adopted


def test_what_somebody_changed_shows_at_a_refresh_and_is_set_right(aws: str) -> None:
    id_, outs = ses_identity.create(GIVEN)
    client("ses", REGION).set_identity_mail_from_domain(
        Identity=DOMAIN, MailFromDomain="other.acme.example", BehaviorOnMXFailure="UseDefaultValue"
    )
    found = ses_identity.read(id_, outs)
    assert found is not None
    assert found[1]["mail_from"] == "other.acme.example"
    assert ses_identity.diff(id_, found[1], GIVEN)[0] is True
    assert ses_identity.update(id_, found[1], GIVEN)["mail_from"] == "bounce.acme.example"
    assert ses_identity.read(id_, outs) == (id_, outs)


def test_an_own_key_is_given_rotated_and_taken_away(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = key(monkeypatch), key(monkeypatch, "s2")
    own = {**GIVEN, "selector": "s1", "private_key": first["private_key"]}
    id_, outs = ses_identity.create(own)
    assert outs["private_key"] == first["private_key"]  # sealed, as it was given
    rotated = {**own, "selector": "s2", "private_key": second["private_key"]}
    assert ses_identity.diff(id_, outs, rotated) == (True, [], False)
    after = ses_identity.update(id_, outs, rotated)
    assert live()["DkimAttributes"]["SigningAttributesOrigin"] == "EXTERNAL"
    assert live()["DkimAttributes"]["Tokens"] == ["s2"]
    back = ses_identity.update(id_, after, GIVEN)
    assert live()["DkimAttributes"]["SigningAttributesOrigin"] == "AWS_SES"
    assert len(back["tokens"]) == 3


def test_signing_that_somebody_changed_is_drift(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    id_, outs = ses_identity.create(GIVEN)
    made = key(monkeypatch)
    other = {**GIVEN, "selector": "theirs", "private_key": made["private_key"]}
    ses_identity.update(id_, outs, other)
    found = ses_identity.read(id_, outs)
    assert found is not None
    assert ses_identity.diff(id_, found[1], GIVEN)[0] is True


def test_an_identity_that_was_there_is_taken_over_and_stays(aws: str) -> None:
    client("sesv2", REGION).create_email_identity(EmailIdentity=DOMAIN)
    id_, outs = ses_identity.create(GIVEN)
    assert outs["adopted"] is True
    ses_identity.delete(id_, outs)
    assert live()["IdentityType"] == "DOMAIN"


def test_an_identity_of_ours_goes_and_going_twice_is_once(aws: str) -> None:
    id_, outs = ses_identity.create(GIVEN)
    ses_identity.delete(id_, outs)
    ses_identity.delete(id_, outs)
    assert ses_identity.read(id_, outs) is None


def test_another_region_is_another_identity(aws: str) -> None:
    id_, outs = ses_identity.create(GIVEN)
    assert ses_identity.diff(id_, outs, {**GIVEN, "region": "us-east-1"}) == (True, ["region"], False)
