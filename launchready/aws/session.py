"""One way to a boto3 client: bounded time-outs and retries, the endpoint from the environment.

The endpoint is ``AWS_ENDPOINT_URL`` (the local edge's, in a rehearsal) and the credentials come from
where boto3 finds them; neither is ever part of a state, a log or an error.
Source: botocore's Config (time-outs, retry modes) and its exceptions.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from launchready.errors import ApiError, InputError, LaunchreadyError

CONNECT_TIMEOUT = 10.0
"""Seconds to connect; a local moto needs a second or two to load."""
READ_TIMEOUT = 60.0
"""Seconds for one answer."""
ATTEMPTS = 5
"""Calls in all, the first included."""
DEFAULT_REGION = "us-east-1"

MAKING = threading.Lock()
"""boto3's sessions are not safe across threads while a client is made; clients are."""
_clients: dict[tuple[object, ...], Any] = {}
"""Made clients, by what they were made from: making one reads megabytes of service models."""
_sessions: dict[tuple[object, ...], Any] = {}

_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ProfileNotFound",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
    }
)
_REFUSED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


def client(service: str, region: str | None = None, *, attempts: int = ATTEMPTS) -> Any:
    """A boto3 client of ``service`` ("ssm", "sesv2", …) in ``region`` (or the environment's, or us-east-1).

    The SDK is imported on the first call. Raises InputError when there are no credentials or the
    configured profile does not exist.
    """
    import botocore.config
    import botocore.exceptions

    config = botocore.config.Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": attempts},
        user_agent_extra="launchready",
    )
    wanted = (service, region, attempts, *_settings())
    with errors(f"AWS {service}"), MAKING:
        if wanted not in _clients:
            session = shared()
            if session.get_credentials() is None:
                raise botocore.exceptions.NoCredentialsError
            where = region or session.get_config_variable("region") or DEFAULT_REGION
            made = session.create_client(service, region_name=where, config=config)
            made.meta.events.register("before-parse.*.*", _refuse_cut)
            _clients[wanted] = made
        return _clients[wanted]


def _refuse_cut(response_dict: Mapping[str, Any], **_: object) -> None:
    """botocore takes an answer that was cut short for a whole one. Raises IncompleteReadError."""
    from botocore.exceptions import IncompleteReadError

    told, body = response_dict["headers"].get("content-length", ""), response_dict.get("body")
    encoded = response_dict["headers"].get("content-encoding")
    if str(told).isdigit() and isinstance(body, bytes) and body and not encoded and len(body) < int(told):
        raise IncompleteReadError(actual_bytes=len(body), expected_bytes=int(told))


def shared(key: str = "") -> Any:
    """The session of this environment, or one with ``key`` for both halves of a credential. Hold MAKING.

    One for all clients: each session reads the partitions' megabyte of endpoints anew. botocore's own: what
    boto3 puts around it (resources, transfers) nobody here uses, and it takes as long again to import.
    """
    import botocore.session

    wanted = (key, *_settings())
    if wanted not in _sessions:
        made = botocore.session.get_session()
        if key:
            made.set_credentials(key, key)
        _sessions[wanted] = made
    return _sessions[wanted]


def _settings() -> list[tuple[str, str]]:
    """What decides where a session talks to, and as whom."""
    return sorted(pair for pair in os.environ.items() if pair[0].startswith("AWS_"))


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Turns boto3's and botocore's errors into this project's; ``what`` was being done.

    Missing or refused credentials become InputError with what to do; all else ApiError. Codes and
    messages of AWS are told, parameters never are: they may be secret.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise refused(what, error.response) from None
    except BotoCoreError as error:
        raise _unreached(what, error) from None


def code_of(error: Any) -> str:
    """AWS's code of a ClientError, such as ``NotFoundException``; empty when it has none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def refused(what: str, response: Mapping[str, Any]) -> LaunchreadyError:
    """The error for an answer of AWS that is not a success."""
    told = response.get("Error", {})
    code, message = str(told.get("Code", "")), _without_values(str(told.get("Message", "")))
    text = f"{what}: {code}: {message}" if message else f"{what}: {code}"
    if code in _REFUSED:
        return InputError(text, fix="use AWS credentials that are valid and may do this, in this region")
    return ApiError(text)


def _without_values(message: str) -> str:
    """A message of AWS without what it repeats of the parameters ("Value '…' at 'x' failed to satisfy")."""
    return re.sub(r"Value '.*?' at '", "the value (not shown) at '", message, flags=re.DOTALL)


def _unreached(what: str, error: Exception) -> LaunchreadyError:
    kind = type(error).__name__
    if kind in _CREDENTIALS:
        return InputError(
            f"{what}: no AWS credentials ({kind})",
            fix="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or run `aws sso login`)",
        )
    if kind in ("ParamValidationError", "NoRegionError", "InvalidRegionError"):
        return InputError(f"{what}: {kind}", fix="correct what the client file says of AWS")
    # names of hosts and ports are told by botocore; values of parameters are not
    return ApiError(
        f"{what}: {kind}", fix="check AWS_ENDPOINT_URL, the network and the region, then try again"
    )
