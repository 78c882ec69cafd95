"""The client's behaviour when the API is slow, wrong, or not there: a scripted server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from launchready import settings_memory as memory
from launchready.errors import ApiError, InputError
from launchready.settings_memory import Backoff, NotFoundError, SettingsApi
from launchready.settings_memory.api import MAX_BODY

TOKEN = "t" * 40
Answer = tuple[int, dict[str, str], bytes]


def good(result: Any) -> Answer:
    return 200, {}, json.dumps({"result": result, "success": True}).encode()


def bad(status: int, code: int = 0, **headers: str) -> Answer:
    body = {"result": None, "success": False, "errors": [{"code": code, "message": "no"}]}
    return status, {key.replace("_", "-"): value for key, value in headers.items()}, json.dumps(body).encode()


class Script(BaseHTTPRequestHandler):
    """Gives the next answer for a path, the last one for ever."""

    def do_GET(self) -> None:
        answers = self.server.answers[self.path]  # type: ignore[attr-defined]
        self.server.calls.append(self.path)  # type: ignore[attr-defined]
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Tests speak for themselves."""


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Script)
    made.answers, made.calls, made.waits = {}, [], []
    Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def client(server: Any, attempts: int = 4) -> SettingsApi:
    backoff = Backoff(attempts=attempts, first=1, longest=3, sleep=server.waits.append)
    return SettingsApi(f"http://127.0.0.1:{server.server_port}", TOKEN, backoff)


def test_what_may_pass_is_tried_again_with_doubling_waits(server: Any) -> None:
    server.answers["/a"] = [bad(500), bad(503), bad(408), good(1)]
    with client(server) as api:
        assert api.get("/a") == 1
    assert server.waits == [1, 2, 3]


def test_retry_after_is_honoured(server: Any) -> None:
    server.answers["/a"] = [bad(429, retry_after="7"), bad(429, retry_after="soon"), good(1)]
    with client(server) as api:
        assert api.get("/a") == 1
    assert server.waits == [7.0, 2]


def test_a_refusal_is_said_at_once_with_code_and_message(server: Any) -> None:
    server.answers["/a"] = [bad(403, 9109)]
    with client(server) as api, pytest.raises(ApiError, match=r"GET /a at .*HTTP 403: no \(9109\)") as caught:
        api.get("/a")
    assert server.waits == []
    assert caught.value.fix
    assert TOKEN not in str(caught.value) + repr(api)


def test_trying_again_ends(server: Any) -> None:
    server.answers["/a"] = [bad(500)]
    with client(server, attempts=3) as api, pytest.raises(ApiError, match="HTTP 500"):
        api.get("/a")
    assert len(server.calls) == 3


def test_an_address_where_nobody_answers_is_named(server: Any) -> None:
    api = SettingsApi("http://127.0.0.1:1", TOKEN, Backoff(attempts=2, sleep=server.waits.append))
    with api, pytest.raises(ApiError, match=r"127\.0\.0\.1:1.*ConnectError"):
        api.get("/a")
    assert len(server.waits) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"])
def test_what_is_not_the_envelope_is_an_error(server: Any, body: bytes) -> None:
    server.answers["/a"] = [(200, {}, body)]
    with client(server) as api, pytest.raises(ApiError, match="not Cloudflare's envelope"):
        api.get("/a")


def test_an_endless_answer_is_cut_off(server: Any) -> None:
    server.answers["/a"] = [(200, {}, b" " * (MAX_BODY + 1))]
    with client(server) as api, pytest.raises(ApiError, match="more than"):
        api.get("/a")


def test_without_the_list_each_setting_is_read_by_itself(server: Any) -> None:
    server.answers["/zones/z/settings"] = [bad(404, 7003)]
    server.answers["/zones/z/settings/ssl"] = [good({"id": "ssl", "value": "full"})]
    with client(server) as api:
        assert memory.remember(api, "z", ["ssl"]) == {"ssl": "full"}


def test_a_setting_that_can_not_be_read_stops_everything(server: Any) -> None:
    server.answers["/zones/z/settings"] = [good([{"id": "ssl", "value": "off"}])]
    server.answers["/zones/z/settings/tls_1_3"] = [good({"id": "tls_1_3"})]
    with client(server) as api, pytest.raises(ApiError, match="tls_1_3 could not be read"):
        memory.remember(api, "z", ["ssl", "tls_1_3"])


def test_a_missing_zone_has_its_own_error(server: Any) -> None:
    server.answers["/zones/z/dnssec"] = [bad(404, 7003)]
    with client(server) as api, pytest.raises(NotFoundError):
        memory.signing_status(api, "z")


def test_a_missing_token_says_which_variable() -> None:
    with pytest.raises(InputError, match="token") as caught:
        memory.from_environment({}, {})
    assert "CLOUDFLARE_API_TOKEN" in str(caught.value)


def test_without_an_address_the_public_api_is_meant() -> None:
    api = memory.from_environment({"apiToken": TOKEN}, {})
    assert api.base_url == "https://api.cloudflare.com/client/v4"
