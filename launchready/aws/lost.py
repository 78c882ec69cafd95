"""Creates that AWS takes twice without a word (a KMS key, a Route 53 health check), made once all the same.

botocore repeats a call whose answer was lost; here the call is repeated by hand, and what it may have made
is looked for in between. Its client must make one attempt only (``pool.client(…, attempts=1)``).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from launchready.aws.session import code_of

ATTEMPTS = 8
LONGEST_WAIT = 20.0
_THROTTLED = frozenset(
    {
        "LimitExceededException", "PriorRequestNotComplete", "RequestLimitExceeded", "RequestThrottled",
        "RequestThrottledException", "SlowDown", "Throttling", "ThrottlingException",
        "TooManyRequestsException",
    }
)  # fmt: skip
Thing = TypeVar("Thing")


def made_once(
    make: Callable[[], Thing],
    look: Callable[[], Thing | None],
    *,
    attempts: int = ATTEMPTS,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
) -> Thing:
    """What ``make`` made, or what ``look`` finds where its answer was lost.

    Raises what ``make`` raised last (botocore's), or what ``look`` raises.
    """
    from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError
    from botocore.exceptions import ConnectionError as Unreached

    for attempt in range(1, attempts + 1):
        try:
            return make()
        except ClientError as error:
            lost = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500
            if attempt == attempts or not (lost or code_of(error) in _THROTTLED):
                raise
        except (Unreached, HTTPClientError, IncompleteReadError):
            lost = True
            if attempt == attempts:
                raise
        if lost and (found := look()) is not None:
            return found
        sleep(jitter() * min(2.0**attempt, LONGEST_WAIT))
    raise AssertionError("unreachable: the last attempt returns or raises")
