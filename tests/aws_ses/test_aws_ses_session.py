"""Clients of AWS: bounded, led by the environment, and with errors that say what to do and no value."""

from __future__ import annotations

import pytest

from launchready.aws import session
from launchready.errors import ApiError, InputError


def test_the_environment_says_where_and_the_bounds_are_ours(aws: str) -> None:
    made = session.client("ssm", "eu-west-1")
    assert made.meta.endpoint_url == aws
    assert made.meta.region_name == "eu-west-1"
    config = made.meta.config
    assert (config.connect_timeout, config.read_timeout) == (session.CONNECT_TIMEOUT, session.READ_TIMEOUT)
    assert config.retries["total_max_attempts"] == session.ATTEMPTS
    assert session.client("ssm").meta.region_name == session.DEFAULT_REGION


def test_without_credentials_the_error_names_the_variables(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError) as caught:
        session.client("ssm")
    assert "AWS_ACCESS_KEY_ID" in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_profile_that_does_not_exist_is_bad_input(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(InputError, match="ProfileNotFound"):
        session.client("ssm")


def test_an_endpoint_that_is_not_there_is_said_once_its_attempts_are_used(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    made = session.client("ssm", "eu-west-1", attempts=1)
    with pytest.raises(ApiError) as caught, session.errors("reading a parameter"):
        made.get_parameter(Name="x")
    assert "reading a parameter" in caught.value.what
    assert "AWS_ENDPOINT_URL" in str(caught.value)


def test_refused_credentials_are_bad_input_and_other_refusals_are_not() -> None:
    denied = session.refused("x", {"Error": {"Code": "AccessDeniedException", "Message": "no"}})
    busy = session.refused("x", {"Error": {"Code": "Throttling", "Message": "later"}})
    assert isinstance(denied, InputError)
    assert isinstance(busy, ApiError)


def test_a_value_that_aws_repeats_is_not_told() -> None:
    message = "1 validation error detected: Value 'hunter2\n2' at 'value' failed to satisfy constraint"
    error = session.refused("x", {"Error": {"Code": "ValidationException", "Message": message}})
    assert "hunter2" not in str(error)
    assert "'value' failed to satisfy" in str(error)
