"""EventBridge's calls by name, with what is gone told apart, and errors that don't repeat a secret."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from launchready.aws.monitoring.kind import Json
from launchready.aws.session import code_of, errors
from launchready.errors import LaunchreadyError

_GONE, _THERE = "ResourceNotFoundException", "ResourceAlreadyExistsException"


@contextmanager
def hiding(secret: str | None, what: str) -> Iterator[None]:
    """``session.errors`` whose words don't repeat ``secret``."""
    try:
        with errors(what):
            yield
    except LaunchreadyError as error:
        told = error.what.replace(secret, "****") if secret else error.what
        raise type(error)(told, fix=error.fix) from None


def described(call: Any, name: str) -> Json | None:
    """The answer of a describing call, or None when there is no such thing."""
    from botocore.exceptions import ClientError

    try:
        return dict(call(Name=name))
    except ClientError as error:
        if code_of(error) == _GONE:
            return None
        raise


def unless_there(call: Any, **given: Any) -> None:
    """A creating call; what an earlier try made, whose answer was lost, is made."""
    from botocore.exceptions import ClientError

    try:
        call(**given)
    except ClientError as error:
        if code_of(error) != _THERE:
            raise


def unless_gone(call: Any, name: str) -> None:
    """A deleting call; what is gone already is deleted."""
    from botocore.exceptions import ClientError

    try:
        call(Name=name)
    except ClientError as error:
        if code_of(error) != _GONE:
            raise


def patiently(call: Callable[[], Any], waits: Sequence[float]) -> Any:
    """A call that names a role which AWS may not know everywhere yet: tried again after each wait."""
    from botocore.exceptions import ClientError

    for wait in waits:
        try:
            return call()
        except ClientError as error:
            if "assume" not in str(error.response.get("Error", {}).get("Message", "")):
                raise
        time.sleep(wait)
    return call()
