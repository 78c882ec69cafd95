"""An open-loop client: requests leave when they are due, whatever becomes of those before them.

A latency counts from the due time, so that a server that stalls is charged for everyone who waits
(coordinated omission). A client can stall too: it is measured against a server of its own on loopback
first, and says how late its requests left. aiohttp carries it, several times as fast here as the client
of the other probes; both aiohttp and HdrHistogram are imported only when a load is run.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from launchready.evidence.dialer import Target
from launchready.evidence.http_probe import USER_AGENT
from launchready.evidence.tls_probe import cause_of
from launchready.evidence.types import Cause, HttpProbe, HttpResult

if TYPE_CHECKING:
    from aiohttp import ClientSession
    from hdrh.histogram import HdrHistogram

LEAD = 0.02
"""Seconds before the first request is due."""
IDLE_SECONDS = 1.0
"""A connection that rested longer is not used again: many servers hang up soon after."""
BODY_BYTES = 256 * 1024
"""Of an answer; what is longer is cut off, connection and all."""
CALIBRATION_COUNT, CALIBRATION_RATE = 40, 200.0
HIGHEST = 120_000_000
"""Microseconds that the histogram reaches to."""
DIGITS = 3
"""Significant digits of the histogram."""
FINE = 20.0
"""Buckets for drawing: a twentieth of the target each, and the rest in one."""


@dataclass(frozen=True, slots=True)
class LoadTarget:
    """Where the connections go, and how they are encrypted."""

    target: Target
    context: ssl.SSLContext


@dataclass(frozen=True, slots=True)
class Shot:
    """One request. ``latency`` from when it was due, ``lag`` until it left; both in seconds."""

    answer: HttpResult
    latency: float
    lag: float


Shoot = Callable[[int], Awaitable[HttpResult]]


async def steady(shoot: Shoot, numbers: Iterable[int], per_second: float) -> list[Shot]:
    """Every request of ``numbers`` at that rate; returns when the last answer is there."""
    loop = asyncio.get_running_loop()
    first = loop.time() + LEAD

    async def one(number: int, due: float) -> Shot:
        left = loop.time()
        answer = await shoot(number)
        return Shot(answer, loop.time() - due, left - due)

    tasks = []
    async with asyncio.TaskGroup() as group:
        for place, number in enumerate(numbers):
            due = first + place / per_second
            await asyncio.sleep(max(0.0, due - loop.time()))
            tasks.append(group.create_task(one(number, due)))
    return [task.result() for task in tasks]


@asynccontextmanager
async def session(seconds: float, goes_to: Target | None = None) -> AsyncIterator[ClientSession]:
    """A client whose connections go to one place, whatever the URL's host. ``seconds``: for one request."""
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Fixed(AbstractResolver):
        """Resolves every name to the one target."""

        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
            where = (goes_to.host, goes_to.port) if goes_to is not None else (host, port)
            return [
                ResolveResult(
                    hostname=host, host=where[0], port=where[1], family=family or 2, proto=0, flags=0
                )
            ]

        async def close(self) -> None:
            """Holds nothing."""

    connector = aiohttp.TCPConnector(
        resolver=Fixed(), limit=0, keepalive_timeout=IDLE_SECONDS, use_dns_cache=False
    )
    async with aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
        timeout=aiohttp.ClientTimeout(total=seconds), headers={"user-agent": USER_AGENT},
    ) as opened:  # fmt: skip
        yield opened


async def send(
    client: ClientSession, probe: HttpProbe, body: bytes | None, context: ssl.SSLContext | None
) -> HttpResult:
    """One request; what goes wrong becomes a cause, as with every other probe."""
    import aiohttp
    from yarl import URL

    try:
        async with client.request(
            probe.method, URL(probe.url, encoded=True), data=body, headers=dict(probe.headers),
            allow_redirects=False, ssl=context if context is not None else True,
        ) as answer:  # fmt: skip
            headers = tuple((name.lower(), value) for name, value in answer.headers.items())
            read = await _read(answer.content)
            if read is None:
                answer.close()
            return HttpResult(probe, None, answer.status, headers, read or b"")
    except aiohttp.ClientConnectorCertificateError as error:  # has no os_error, unlike its base class
        cause, detail = Cause.TLS, str(error.certificate_error)[:200]
    except aiohttp.ClientConnectorError as error:
        cause, detail = cause_of(error.os_error)
    except TimeoutError:
        cause, detail = Cause.TIMEOUT, "no answer in time"
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as error:
        cause, detail = Cause.RESET, str(error) or "disconnected"
    except aiohttp.ClientOSError as error:
        cause, detail = cause_of(error)
    except (aiohttp.ClientError, ValueError) as error:
        cause, detail = Cause.MALFORMED, str(error)
    return HttpResult(probe, cause, detail=detail)


async def _read(content: Any) -> bytes | None:
    """The body; None when it is longer than we care for."""
    parts = bytearray()
    while not content.at_eof():
        parts += await content.readany()
        if len(parts) > BODY_BYTES:
            return None
    return bytes(parts)


async def floor(seconds: float = 5.0) -> float:
    """p95, in ms, of this client against a server of its own in this process: what it adds itself."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        probe = HttpProbe(f"http://127.0.0.1:{port}/")
        async with session(seconds) as client:
            await send(client, probe, None, None)  # the first one connects
            shots = await steady(
                lambda _: send(client, probe, None, None), range(CALIBRATION_COUNT), CALIBRATION_RATE
            )
    return figures(shots).p95


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The calibration's server: an empty answer to everything."""
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
        pass  # it hung up, as it does when it is done
    finally:
        writer.close()


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds; ``encoded`` and ``buckets`` as of LoadResult."""

    p50: float
    p95: float
    p99: float
    most: float
    encoded: str
    buckets: tuple[tuple[float, int], ...]


def figures(shots: Iterable[Shot], width: float = 25.0) -> Figures:
    """The latencies as HdrHistogram counts them. ``width``: of a bucket for drawing, in ms."""
    from hdrh.histogram import HdrHistogram

    histogram: HdrHistogram = HdrHistogram(1, HIGHEST, DIGITS)
    counted: Counter[int] = Counter()
    for shot in shots:
        micros = min(max(int(shot.latency * 1_000_000), 1), HIGHEST)
        histogram.record_value(micros)
        counted[int(micros / 1_000 // width)] += 1
    p50, p95, p99 = (_ms(histogram.get_value_at_percentile(share)) for share in (50, 95, 99))
    buckets = tuple((round((place + 1) * width, 3), counted[place]) for place in sorted(counted))
    return Figures(p50, p95, p99, _ms(histogram.get_max_value()), histogram.encode().decode(), buckets)


def lag_of(shots: Iterable[Shot]) -> float:
    """p95, in ms, of how late requests left."""
    late = sorted(shot.lag for shot in shots)
    return round(late[min(len(late) - 1, int(len(late) * 0.95))] * 1_000, 3) if late else 0.0


def tally(shots: Iterable[Shot]) -> tuple[Mapping[int, int], Mapping[str, int]]:
    """How often each status came, and each cause."""
    shots = list(shots)
    statuses = Counter(shot.answer.status for shot in shots if shot.answer.status is not None)
    causes = Counter(shot.answer.cause.value for shot in shots if shot.answer.cause is not None)
    return statuses, causes


def _ms(micros: float) -> float:
    return round(micros / 1_000, 3)
