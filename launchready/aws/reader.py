"""Reading clients for the evidence: one for each service, region and endpoint, and all pages of a read."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from launchready.aws import session

TRIES = 2
EDGE_CREDENTIAL = "edge"
"""What a local edge takes for a key: it asks for none."""


def client(service: str, region: str, endpoint: str | None, seconds: float) -> Any:
    """A boto3 client at ``endpoint``, or at AWS with the environment's credentials; None without any.

    ``seconds``: for one answer. Raises botocore's own errors, for the probe to name.
    """
    if endpoint is not None:
        return _at(service, region, endpoint, seconds)
    with session.MAKING:
        here = session.shared()
        if here.get_credentials() is None:
            return None
        return here.create_client(service, region_name=region, config=_config(seconds))


@functools.lru_cache(maxsize=64)
def _at(service: str, region: str, endpoint: str, seconds: float) -> Any:
    with session.MAKING:
        here = session.shared(EDGE_CREDENTIAL)
        return here.create_client(service, region_name=region, endpoint_url=endpoint, config=_config(seconds))


def _config(seconds: float) -> Any:
    import botocore.config

    return botocore.config.Config(
        connect_timeout=min(seconds, session.CONNECT_TIMEOUT),
        read_timeout=seconds,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        user_agent_extra="launchready",
    )


def pages(client: Any, operation: str, parameters: Mapping[str, Any], most: int) -> dict[str, Any] | None:
    """The answer with the lists of all its pages joined; None when there are more than ``most``."""
    if not client.can_paginate(operation):
        return dict(getattr(client, operation)(**parameters))
    whole: dict[str, Any] = {}
    for number, page in enumerate(client.get_paginator(operation).paginate(**parameters)):
        if number >= most:
            return None
        for key, value in page.items():
            if isinstance(value, list) and isinstance(whole.get(key), list):
                whole[key] = whole[key] + value
            else:
                whole[key] = value
    return whole
