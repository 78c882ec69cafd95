"""What the edge packs on its way to visitors, and what it leaves as it is."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from launchready.edge.https.compression import compress
from launchready.edge.https.messages import Response

TEXT = b"<p>the same again and again</p>" * 40


class _Request:
    method = "GET"

    def __init__(self, accepts: str, method: str = "GET") -> None:
        self.accepts, self.method = accepts, method

    def header(self, name: str) -> str:
        return self.accepts if name == "accept-encoding" else ""


class _Exchange:
    def __init__(self, accepts: str, method: str = "GET") -> None:
        self.request = _Request(accepts, method)


def answered(accepts: str = "gzip, br", method: str = "GET", **changes: Any) -> Response:
    given = {"status": 200, "body": TEXT, "type": "text/html; charset=utf-8", "headers": []} | changes
    response = Response(given["status"], [("content-type", given["type"]), *given["headers"]], given["body"])
    compress(_Exchange(accepts, method), response)  # type: ignore[arg-type]
    return response


def test_a_text_is_packed_for_who_takes_gzip_and_its_tag_becomes_weak() -> None:
    answer = answered(headers=[("etag", '"a"'), ("accept-ranges", "bytes"), ("content-length", "9")])
    assert isinstance(answer.body, bytes)
    assert gzip.decompress(answer.body) == TEXT
    assert answer.header("content-encoding") == "gzip"
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("etag") == 'W/"a"'
    assert answer.header("accept-ranges") == ""


@pytest.mark.parametrize(
    "given",
    [
        {"accepts": "identity"},
        {"accepts": "br, gzip;q=0"},
        {"method": "HEAD"},
        {"status": 206},
        {"status": 500},
        {"status": 304, "body": b""},
        {"type": "image/png"},
        {"body": b"short"},
        {"headers": [("cache-control", "public, No-Transform")]},
        {"headers": [("content-encoding", "br")]},
    ],
)
def test_what_is_left_as_it_is(given: dict[str, Any]) -> None:
    answer = answered(**given)
    assert answer.body == given.get("body", TEXT)
    assert answer.header("content-encoding") in ("", "br")


async def test_a_stream_is_packed_part_by_part() -> None:
    async def parts() -> Any:
        for _ in range(3):
            yield TEXT

    answer = answered(body=parts(), headers=[("content-length", str(3 * len(TEXT)))])
    assert answer.header("content-length") == ""
    assert not isinstance(answer.body, bytes)
    assert gzip.decompress(b"".join([part async for part in answer.body])) == 3 * TEXT
