"""Clients that are made once: a provider's process makes dozens of calls to a handful of services.

A boto3 client costs 50 to 200 ms to make, most of it reading the service's model; it may be shared by
threads. The environment that decides where a client talks to is part of its key.
"""

from __future__ import annotations

import functools
import os
from typing import Any

from launchready.aws import session

ATTEMPTS = 10
"""Calls in all: Route 53 takes five a second from a whole account, and a launch makes a few dozen at once."""
_DECIDES = (
    "AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN",
)  # fmt: skip


def client(service: str, region: str, *, attempts: int = ATTEMPTS) -> Any:
    """The client of ``service`` in ``region`` for this environment; errors as ``session.client``'s."""
    return _client(service, region, attempts, tuple(os.environ.get(name) for name in _DECIDES))


@functools.lru_cache(maxsize=64)
def _client(service: str, region: str, attempts: int, _where: tuple[str | None, ...]) -> Any:
    return session.client(service, region, attempts=attempts)
