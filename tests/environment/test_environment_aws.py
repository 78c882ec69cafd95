"""Parameters, secrets and keys in AWS (moto's server on loopback): written, kept, taken over, given back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from launchready.aws import kms, parameters, secrets
from launchready.aws.resources import key as key_resource
from launchready.aws.resources import parameter, stored_secret
from launchready.client_file.sealed import seal
from launchready.client_file.secrets import PassphraseKey
from launchready.errors import ApiError, InputError, LaunchreadyError

pytestmark = pytest.mark.slow

TAGS = {"launchready:client": "acme"}
NAME = "/launchready/acme/STRIPE"
SECRET = "sk_live_canary_4242"


def wanted(value: str, **more: Any) -> parameters.Wanted:
    return parameters.Wanted(NAME, value, **{"key_id": "alias/aws/ssm", "tags": TAGS, **more})


def put(ssm: Any, value: str, **more: Any) -> parameters.Live:
    return parameters.put(ssm, wanted(value, **more), parameters.live(ssm, NAME))


def props(**more: Any) -> dict[str, Any]:
    given = {"name": NAME, "value": SECRET, "key_id": "alias/aws/ssm", "tier": "auto", "description": "",
             "region": "us-east-1", "tags": TAGS}  # fmt: skip
    return given | more


# --- Parameter Store -------------------------------------------------------------------------


def test_versions_are_kept_and_labelled(aws: Any) -> None:
    ssm = aws("ssm")
    for value in ("one", "two", "two", "three"):
        put(ssm, value)
    assert [(v.version, v.labels) for v in parameters.history(ssm, NAME)] == [
        (1, ()), (2, ("previous",)), (3, ("current",)),
    ]  # fmt: skip
    assert parameters.value_of(ssm, NAME, "previous") == "two"
    assert parameters.value_of(ssm, NAME) == "three"
    assert parameters.tags(ssm, NAME) == TAGS


@pytest.mark.slow
def test_more_versions_than_aws_keeps_are_no_obstacle(aws: Any) -> None:
    ssm = aws("ssm")
    for number in range(103):
        put(ssm, f"value {number}")
    history = parameters.history(ssm, NAME)
    assert (len(history), history[-1].version) == (100, 103)
    assert parameters.value_of(ssm, NAME) == "value 102"


def test_plain_text_becomes_secure_by_a_new_parameter(aws: Any) -> None:
    ssm = aws("ssm")
    put(ssm, "in clear", key_id=None)
    live = put(ssm, "secret")
    assert (live.type, live.version, live.key_id) == ("SecureString", 1, "alias/aws/ssm")
    assert [v.version for v in parameters.history(ssm, NAME)] == [1], "no version in clear is left"


@pytest.mark.parametrize(
    ("value", "more", "words"),
    [("", {}, "empty"), ("ä" * 2049, {"tier": "standard"}, "4098 bytes"), ("x" * 8193, {}, "8193 bytes")],
)
def test_what_aws_would_refuse_is_refused_before_it_is_asked(
    aws: Any, value: str, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        put(aws("ssm"), value, **more)
    assert parameters.live(aws("ssm"), NAME) is None


def test_the_tier_follows_the_size_and_never_shrinks(aws: Any) -> None:
    ssm = aws("ssm")
    assert put(ssm, "x" * 4096).tier == "Standard"
    assert put(ssm, "x" * 4097).tier == "Advanced"
    assert put(ssm, "x").tier == "Advanced", "AWS takes no advanced parameter back to standard"


def test_a_value_never_shows_in_a_text_form(aws: Any) -> None:
    live = put(aws("ssm"), SECRET)
    assert SECRET not in repr(live) + repr(wanted(SECRET))
    assert live.value == SECRET


# --- the resource ----------------------------------------------------------------------------


def test_a_parameter_is_made_changed_and_deleted(aws: Any) -> None:
    ssm = aws("ssm")
    id_, state = parameter.create(props())
    assert (id_, state["version"], state["adopted"]) == (NAME, 1, False)
    assert state["arn"].endswith(f":parameter{NAME}")
    news = props(value="two")
    assert parameter.diff(id_, state, news) == (True, [], False)
    state = parameter.update(id_, state, news)
    assert (state["version"], parameters.value_of(ssm, NAME)) == (2, "two")
    assert parameter.diff(id_, state, news) == (False, [], False)
    parameter.delete(id_, state)
    parameter.delete(id_, state)
    assert parameters.live(ssm, NAME) is None


def test_a_sealed_value_stays_sealed_and_is_stored_in_clear(
    aws: Any, key: PassphraseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "rehearsal")
    sealed = seal(key.encrypt(SECRET), key.encryptionsalt)
    id_, state = parameter.create(props(value=sealed))
    assert state["value"] == sealed
    assert SECRET not in json.dumps(state)
    assert parameters.value_of(aws("ssm"), NAME) == SECRET
    assert parameter.read(id_, state) == (id_, state)


def test_encrypting_the_same_value_anew_writes_nothing(
    aws: Any, key: PassphraseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "rehearsal")
    id_, state = parameter.create(props(value=seal(key.encrypt(SECRET), key.encryptionsalt)))
    again = parameter.update(id_, state, props(value=seal(key.encrypt(SECRET), key.encryptionsalt)))
    assert again["version"] == 1


def test_a_sealed_value_without_the_passphrase_names_it(
    aws: Any, key: PassphraseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    with pytest.raises(InputError, match="PULUMI_CONFIG_PASSPHRASE"):
        parameter.create(props(value=seal(key.encrypt(SECRET), key.encryptionsalt)))


def test_a_refresh_notices_another_value_and_never_tells_it(aws: Any) -> None:
    id_, state = parameter.create(props())
    put(aws("ssm"), "of somebody else")
    found = parameter.read(id_, state)
    assert found is not None
    assert "somebody" not in json.dumps(found[1])
    assert SECRET not in json.dumps(found[1])
    assert parameter.diff(id_, found[1], props())[0], "the next run puts it right"
    assert parameter.read(id_, found[1]) == found, "a second refresh says the same"
    state = parameter.update(id_, found[1], props())
    assert parameters.value_of(aws("ssm"), NAME) == SECRET


def test_a_refresh_notices_one_that_is_gone(aws: Any) -> None:
    id_, state = parameter.create(props())
    parameters.delete(aws("ssm"), NAME)
    assert parameter.read(id_, state) is None


def test_what_was_there_is_taken_over_and_given_back(aws: Any) -> None:
    ssm = aws("ssm")
    put(ssm, "of the agency", tags={})
    id_, state = parameter.create(props())
    assert (state["adopted"], state["found_version"]) == (True, 1)
    assert parameters.value_of(ssm, NAME) == SECRET
    parameter.delete(id_, state)
    assert parameters.value_of(ssm, NAME) == "of the agency"
    assert parameters.tags(ssm, NAME) == {}


def test_what_an_interrupted_run_of_ours_left_is_ours(aws: Any) -> None:
    put(aws("ssm"), "half way")
    id_, state = parameter.create(props())
    assert state["adopted"] is False
    parameter.delete(id_, state)
    assert parameters.live(aws("ssm"), NAME) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "/launchready/acme/OTHER"}, (True, ["name"], False)),
        ({"region": "eu-west-1"}, (True, ["region"], False)),
        ({"key_id": None}, (True, ["key_id"], True)),
        ({"key_id": "alias/other"}, (True, [], False)),
        ({"description": "x"}, (True, [], False)),
        ({}, (False, [], False)),
    ],
)
def test_what_a_change_needs(change: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert parameter.diff(NAME, props(live_tier="Standard"), props(**change)) == expected


def test_a_smaller_tier_needs_a_new_parameter() -> None:
    olds = props(live_tier="Advanced", tier="advanced")
    assert parameter.diff(NAME, olds, props(tier="standard")) == (True, ["tier"], True)
    assert parameter.diff(NAME, props(live_tier="Advanced"), props()) == (False, [], False)


def test_a_key_that_does_not_exist_is_named_and_nothing_is_written(aws: Any) -> None:
    with pytest.raises(InputError, match="no KMS key alias/nowhere") as caught:
        parameter.create(props(key_id="alias/nowhere"))
    assert SECRET not in str(caught.value)
    assert parameters.live(aws("ssm"), NAME) is None


def test_an_endpoint_that_refuses_is_an_error_without_the_value(
    aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ApiError) as caught:
        parameter.create(props(key_id=None))
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


# --- Secrets Manager -------------------------------------------------------------------------


def secret_props(**more: Any) -> dict[str, Any]:
    given = {"name": NAME, "value": SECRET, "key_id": "alias/aws/secretsmanager", "description": "d",
             "region": "us-east-1", "tags": TAGS}  # fmt: skip
    return given | more


def test_a_secret_keeps_the_version_before(aws: Any) -> None:
    sm = aws("secretsmanager")
    id_, state = stored_secret.create(secret_props())
    assert stored_secret.diff(id_, state, secret_props()) == (False, [], False)
    state = stored_secret.update(id_, state, secret_props(value="two", description="other"))
    assert secrets.value_of(sm, NAME) == "two"
    assert secrets.value_of(sm, NAME, stage="AWSPREVIOUS") == SECRET
    live = secrets.live(sm, NAME)
    assert live is not None
    assert (live.description, dict(live.tags)) == ("other", TAGS)
    assert SECRET not in repr(live)


def test_a_secret_that_waits_for_its_deletion_is_restored(aws: Any) -> None:
    sm = aws("secretsmanager")
    id_, state = stored_secret.create(secret_props())
    stored_secret.delete(id_, state)
    stored_secret.delete(id_, state)
    gone = secrets.live(sm, NAME)
    assert gone is not None
    assert gone.deleted is not None
    assert stored_secret.read(id_, state) is None
    id_, state = stored_secret.create(secret_props(value="two"))
    assert secrets.value_of(sm, NAME) == "two"
    assert secrets.value_of(sm, NAME, stage="AWSPREVIOUS") == SECRET
    assert state["adopted"] is False


def test_a_secret_of_somebody_else_is_given_back(aws: Any) -> None:
    sm = aws("secretsmanager")
    sm.create_secret(Name=NAME, SecretString="of the agency", KmsKeyId="alias/aws/secretsmanager")
    id_, state = stored_secret.create(secret_props())
    assert state["adopted"] is True
    stored_secret.delete(id_, state)
    live = secrets.live(sm, NAME)
    assert live is not None
    assert (live.value, live.deleted, dict(live.tags)) == ("of the agency", None, {})


def test_a_refresh_notices_a_secret_that_was_changed(aws: Any) -> None:
    id_, state = stored_secret.create(secret_props())
    aws("secretsmanager").put_secret_value(SecretId=NAME, SecretString="of somebody else")
    found = stored_secret.read(id_, state)
    assert found is not None
    assert "somebody" not in json.dumps(found[1])
    assert stored_secret.diff(id_, found[1], secret_props())[0]


# --- KMS -------------------------------------------------------------------------------------


def key_props(**more: Any) -> dict[str, Any]:
    return {
        "alias": "alias/launchready/acme",
        "description": "d",
        "region": "us-east-1",
        "tags": TAGS,
        **more,
    }


def test_a_clients_key_is_made_once_rotates_and_comes_back_from_its_deletion(aws: Any) -> None:
    client = aws("kms")
    id_, state = key_resource.create(key_props())
    assert (state["rotates"], state["adopted"]) == (True, False)
    assert key_resource.create(key_props())[0] == id_
    key_resource.delete(id_, state)
    assert key_resource.read(id_, state) is None
    found = kms.find(client, id_)
    assert found is not None
    assert found.state == "PendingDeletion"
    assert key_resource.create(key_props())[0] == id_, "what it encrypted stays readable"
    assert client.describe_key(KeyId=id_)["KeyMetadata"]["Enabled"]


def test_a_key_that_a_crash_left_without_a_name_is_found_by_its_tags(aws: Any) -> None:
    made = aws("kms").create_key(Tags=[{"TagKey": k, "TagValue": v} for k, v in TAGS.items()])
    assert key_resource.create(key_props())[0] == made["KeyMetadata"]["KeyId"]


def test_rotation_that_was_turned_off_is_turned_on_again(aws: Any) -> None:
    id_, state = key_resource.create(key_props())
    aws("kms").disable_key_rotation(KeyId=id_)
    found = key_resource.read(id_, state)
    assert found is not None
    assert key_resource.diff(id_, found[1], key_props())[0]
    assert key_resource.update(id_, found[1], key_props())["rotates"] is True


def test_a_key_of_somebody_else_is_never_deleted(aws: Any) -> None:
    client = aws("kms")
    made = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName="alias/launchready/acme", TargetKeyId=made)
    id_, state = key_resource.create(key_props())
    assert (id_, state["adopted"]) == (made, True)
    key_resource.delete(id_, state)
    assert client.describe_key(KeyId=made)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_disabled_key_is_named(aws: Any) -> None:
    id_, _ = key_resource.create(key_props())
    aws("kms").disable_key(KeyId=id_)
    with pytest.raises(LaunchreadyError, match="Disabled"):
        parameter.create(props(key_id=id_))


def test_a_key_by_another_of_its_names_is_no_difference(aws: Any) -> None:
    arn = aws("kms").describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]["Arn"]
    id_, state = parameter.create(props())
    put(aws("ssm"), SECRET, key_id=arn)
    found = parameter.read(id_, state)
    assert found is not None
    assert parameter.diff(id_, found[1], props()) == (False, [], False)
    version = found[1]["version"]
    assert parameter.update(id_, found[1], props())["version"] == version


def test_a_secret_whose_key_is_not_told_is_encrypted_with_the_services_own(aws: Any) -> None:
    aws("secretsmanager").create_secret(Name=NAME, SecretString=SECRET)
    live = secrets.live(aws("secretsmanager"), NAME)
    assert live is not None
    assert live.key_id == "alias/aws/secretsmanager"
