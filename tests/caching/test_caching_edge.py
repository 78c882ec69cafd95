"""The edge's cache as a visitor meets it: statuses, TTLs, keys, conditions, ranges, purges."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from launchready.edge.https.cache import CacheLimits
from launchready.edge.state import Defect
from tests.caching.cache_origin import Rig, rig
from tests.edge_https.edge_https_front import ZONE

OVERRIDE: dict[str, Any] = {"cache": True, "edge_ttl": {"mode": "override_origin", "default": 7200}}
CSS = {"content-type": "text/css"}


# --- what is kept, and for how long -----------------------------------------------------------


@pytest.mark.parametrize("http2", [False, True])
async def test_a_file_is_kept_by_its_extension_and_the_origin_is_asked_once(cached: Rig, http2: bool) -> None:
    cached.origin.files["/a.css"] = (CSS, b"body{}")
    first = await cached.get("/a.css", http2=http2)
    second = await cached.get("/a.css", http2=http2)
    assert (first.headers["cf-cache-status"], second.headers["cf-cache-status"]) == ("MISS", "HIT")
    assert first.content == second.content == b"body{}"
    assert "age" not in first.headers
    assert second.headers["age"] == "0"
    assert len(cached.origin.asked) == 1


async def test_age_grows_with_the_edges_clock_until_the_default_ttl(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    await cached.get("/a.css")
    cached.advance(7100)
    held = await cached.get("/a.css")
    assert (held.headers["cf-cache-status"], held.headers["age"]) == ("HIT", "7100")
    cached.advance(101)
    assert await cached.status("/a.css") == "EXPIRED"
    assert await cached.status("/a.css") == "HIT"


async def test_pages_and_json_are_dynamic(cached: Rig) -> None:
    cached.origin.files |= {"/": ({"content-type": "text/html"}, b"<p>"), "/data.json": ({}, b"{}")}
    assert await cached.statuses("/") == ["DYNAMIC", "DYNAMIC"]
    assert await cached.statuses("/data.json") == ["DYNAMIC", "DYNAMIC"]
    cached.origin.files["/robots.txt"] = ({}, b"User-agent: *")
    assert await cached.statuses("/robots.txt") == ["MISS", "HIT"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"cache-control": "no-store"}, ["BYPASS", "BYPASS"]),
        ({"cache-control": "private, max-age=60"}, ["BYPASS", "BYPASS"]),
        ({"cache-control": "no-cache"}, ["BYPASS", "BYPASS"]),
        ({"cache-control": "max-age=0"}, ["BYPASS", "BYPASS"]),
        ({"cache-control": "max-age=soon"}, ["BYPASS", "BYPASS"]),
        ({"cache-control": "public, s-maxage=60, max-age=0"}, ["MISS", "HIT"]),
        ({"cache-control": 'max-age="60"'}, ["MISS", "HIT"]),
        ({"cloudflare-cdn-cache-control": "max-age=60", "cache-control": "no-store"}, ["MISS", "HIT"]),
        ({"cdn-cache-control": "no-store", "cache-control": "max-age=60"}, ["BYPASS", "BYPASS"]),
        ({"expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, ["BYPASS", "BYPASS"]),
        ({"expires": "0"}, ["BYPASS", "BYPASS"]),
        ({"expires": "Fri, 01 Jan 2100 00:00:00 GMT"}, ["MISS", "HIT"]),
        ({"set-cookie": "a=1"}, ["BYPASS", "BYPASS"]),
        ({"vary": "*"}, ["BYPASS", "BYPASS"]),
        ({"vary": "User-Agent"}, ["MISS", "HIT"]),
    ],
)
async def test_the_origin_decides_where_no_rule_does(
    cached: Rig, headers: dict[str, str], expected: list[str]
) -> None:
    cached.origin.files["/a.png"] = (headers, b"png")
    assert await cached.statuses("/a.png") == expected


async def test_s_maxage_before_max_age_before_expires_less_the_age(cached: Rig) -> None:
    far = "Fri, 01 Jan 2100 00:00:00 GMT"
    control = "s-maxage=100, max-age=1000"
    cached.origin.files["/a.js"] = ({"cache-control": control, "expires": far, "age": "40"}, b"x")
    await cached.get("/a.js")
    cached.advance(59)
    assert await cached.status("/a.js") == "HIT"
    cached.advance(2)
    assert await cached.status("/a.js") == "EXPIRED"


@pytest.mark.parametrize(("status", "seconds"), [(404, 180), (410, 180), (301, 7200), (302, 1200)])
async def test_statuses_have_default_ttls(cached: Rig, status: int, seconds: int) -> None:
    cached.origin.files["/a.png"] = lambda _: web.Response(status=status, headers={"location": "/b"})
    await cached.get("/a.png")
    cached.advance(seconds - 1)
    assert await cached.status("/a.png") == "HIT"
    cached.advance(2)
    assert await cached.status("/a.png") == "EXPIRED"


async def test_server_errors_are_not_kept(cached: Rig) -> None:
    cached.origin.files["/a.png"] = lambda _: web.Response(status=500)
    assert await cached.statuses("/a.png") == ["MISS", "MISS"]
    cached.rules(("true", OVERRIDE))
    assert await cached.statuses("/a.png") == ["MISS", "MISS"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "BYPASS"),
        ({"cache-control": "max-age=60"}, "BYPASS"),
        ({"cache-control": "public, max-age=60"}, "HIT"),
        ({"cache-control": "s-maxage=60"}, "HIT"),
    ],
)
async def test_answers_to_credentials_are_shared_only_when_the_origin_says_so(
    cached: Rig, headers: dict[str, str], expected: str
) -> None:
    cached.origin.files["/a.png"] = (headers, b"x")
    own = {"headers": {"authorization": "Bearer x"}}
    await cached.get("/a.png", **own)
    assert await cached.status("/a.png", **own) == expected


# --- rules ---------------------------------------------------------------------------------------


async def test_the_last_rule_that_matches_wins_setting_by_setting(cached: Rig) -> None:
    cached.origin.files["/page"] = ({"content-type": "text/html"}, b"<p>")
    cached.origin.files["/a.css"] = (CSS, b"x")
    browser = {"browser_ttl": {"mode": "override_origin", "default": 9000}}
    cached.rules(("true", {**OVERRIDE, **browser}), ('http.request.uri.path eq "/page"', {"cache": False}))
    assert await cached.statuses("/page") == ["DYNAMIC", "DYNAMIC"]
    answer = await cached.get("/a.css")
    assert answer.headers["cache-control"] == "max-age=9000"
    cached.rules(("true", {"cache": False}))
    assert await cached.statuses("/a.css") == ["BYPASS", "BYPASS"]


async def test_an_override_keeps_what_the_origin_calls_private_and_takes_its_cookies(cached: Rig) -> None:
    cached.origin.files["/page"] = ({"cache-control": "private", "set-cookie": "sid=1"}, b"<p>")
    cached.rules(("true", OVERRIDE))
    first = await cached.get("/page")
    assert first.headers["cf-cache-status"] == "MISS"
    assert "set-cookie" not in first.headers
    assert await cached.status("/page") == "HIT"


async def test_eligible_pages_with_cookies_are_a_miss_every_time(cached: Rig) -> None:
    cached.origin.files["/page"] = ({"set-cookie": "sid=1"}, b"<p>")
    cached.rules(("true", {"cache": True}))
    for _ in range(2):
        answer = await cached.get("/page")
        assert answer.headers["cf-cache-status"] == "MISS"
        assert answer.headers["set-cookie"] == "sid=1"


async def test_bypass_by_default_keeps_only_what_the_origin_speaks_of(cached: Rig) -> None:
    cached.origin.files |= {"/a": ({}, b"x"), "/b": ({"cache-control": "max-age=60"}, b"x")}
    cached.rules(("true", {"cache": True, "edge_ttl": {"mode": "bypass_by_default"}}))
    assert await cached.statuses("/a") == ["BYPASS", "BYPASS"]
    assert await cached.statuses("/b") == ["MISS", "HIT"]


async def test_status_code_ttls_come_first(cached: Rig) -> None:
    ttls = [
        {"status_code": 404, "value": 60},
        {"status_code_range": {"from": 500}, "value": -1},
        {"status_code_range": {"from": 300, "to": 399}, "value": 0},
    ]
    cached.rules(("true", {**OVERRIDE, "edge_ttl": {**OVERRIDE["edge_ttl"], "status_code_ttl": ttls}}))
    assert await cached.statuses("/none") == ["MISS", "HIT"]
    cached.advance(61)
    assert await cached.status("/none") == "EXPIRED"
    cached.origin.files["/down"] = lambda _: web.Response(status=503)
    assert await cached.statuses("/down") == ["BYPASS", "BYPASS"]
    cached.origin.files["/moved"] = lambda _: web.Response(status=302, headers={"location": "/"})
    assert await cached.statuses("/moved") == ["MISS", "EXPIRED"]


async def test_deception_armour_refuses_pages_under_the_names_of_files(cached: Rig) -> None:
    cached.origin.files |= {
        "/account/x.css": ({"content-type": "text/html"}, b"<p>secret"),
        "/a.jpg": ({"content-type": "image/webp"}, b"x"),
        "/a.css": (CSS, b"x"),
    }
    cached.rules(("true", {"cache": True, "cache_key": {"cache_deception_armor": True}}))
    assert await cached.statuses("/account/x.css") == ["BYPASS", "BYPASS"]
    assert await cached.statuses("/a.jpg") == ["MISS", "HIT"]
    assert await cached.statuses("/a.css") == ["MISS", "HIT"]


# --- browsers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "origin", "told"),
    [
        (14400, None, "max-age=14400"),
        (14400, "max-age=60", "max-age=14400"),
        (14400, "public, max-age=99999", "public, max-age=99999"),
        (0, "max-age=60", "max-age=60"),
        (0, None, None),
    ],
)
async def test_the_setting_only_raises_what_the_origin_says(
    cached: Rig, setting: int, origin: str | None, told: str | None
) -> None:
    cached.setting("browser_cache_ttl", setting)
    cached.origin.files["/a.css"] = ({"cache-control": origin} if origin else {}, b"x")
    for _ in range(2):
        assert (await cached.get("/a.css")).headers.get("cache-control") == told


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ({"mode": "override_origin", "default": 86400}, "public, max-age=86400"),
        ({"mode": "respect_origin"}, "public, max-age=60"),
        ({"mode": "bypass"}, "private, no-store, no-cache, must-revalidate, max-age=0"),
    ],
)
async def test_a_rule_replaces_what_browsers_are_told(cached: Rig, mode: dict[str, Any], told: str) -> None:
    cached.origin.files["/a.css"] = ({"cache-control": "public, max-age=60"}, b"x")
    cached.rules(("true", {"cache": True, "browser_ttl": mode}))
    for _ in range(2):
        assert (await cached.get("/a.css")).headers["cache-control"] == told


# --- keys --------------------------------------------------------------------------------------------


async def test_host_scheme_query_and_origin_tell_answers_apart(cached: Rig) -> None:
    cached.setting("always_use_https", "off")
    cached.origin.files["/a.css"] = (CSS, b"x")
    assert await cached.status("/a.css") == "MISS"
    assert await cached.status("/a.css", host=f"app.{ZONE}") == "MISS"
    assert await cached.status("/a.css?v=1") == "MISS"
    assert await cached.status("/a.css?v=2") == "MISS"
    assert await cached.status("/a.css", headers={"origin": "https://b.example"}) == "MISS"
    assert await cached.status("/a.css", headers={"x-forwarded-host": "evil.example"}) == "MISS"
    assert (await cached.front.get(f"http://{ZONE}/a.css")).headers["cf-cache-status"] == "MISS"
    assert await cached.status("/a.css", headers={"cookie": "a=1", "user-agent": "other"}) == "HIT"


@pytest.mark.parametrize(
    ("key", "first", "second", "same"),
    [
        ({"ignore_query_strings_order": True}, "/a.css?a=1&b=2", "/a.css?b=2&a=1", True),
        ({"custom_key": {"query_string": {"exclude": {"all": True}}}}, "/a.css?v=1", "/a.css?v=2", True),
        (
            {"custom_key": {"query_string": {"exclude": {"list": ["utm"]}}}},
            "/a.css?v=1&utm=x",
            "/a.css?v=1",
            True,
        ),
        (
            {"custom_key": {"query_string": {"include": {"list": ["v"]}}}},
            "/a.css?v=1&x=2",
            "/a.css?v=1",
            True,
        ),
        ({"custom_key": {"query_string": {"include": {"list": ["v"]}}}}, "/a.css?v=1", "/a.css?v=2", False),
    ],
)
async def test_rules_shape_the_query_of_a_key(
    cached: Rig, key: dict[str, Any], first: str, second: str, same: bool
) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    cached.rules(("true", {"cache": True, "cache_key": key}))
    await cached.get(first)
    assert await cached.status(second) == ("HIT" if same else "MISS")


@pytest.mark.parametrize(
    ("custom", "headers", "other"),
    [
        ({"header": {"include": ["X-Tenant"]}}, {"x-tenant": "a"}, {"x-tenant": "b"}),
        ({"header": {"check_presence": ["X-Beta"]}}, {}, {"x-beta": "1"}),
        ({"header": {"contains": {"accept": ["webp"]}}}, {"accept": "image/png"}, {"accept": "image/webp"}),
        ({"cookie": {"include": ["lang"]}}, {"cookie": "lang=de"}, {"cookie": "lang=en"}),
        ({"cookie": {"check_presence": ["ab"]}}, {}, {"cookie": "ab=1"}),
        (
            {"user": {"device_type": True}},
            {"user-agent": "Mozilla iPhone Mobile"},
            {"user-agent": "Mozilla X11"},
        ),
        ({"user": {"lang": True}}, {"accept-language": "de-AT,en"}, {"accept-language": "en"}),
    ],
)
async def test_custom_parts_of_a_key(
    cached: Rig, custom: dict[str, Any], headers: dict[str, str], other: dict[str, str]
) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    cached.rules(("true", {"cache": True, "cache_key": {"custom_key": custom}}))
    assert await cached.statuses("/a.css", headers=headers) == ["MISS", "HIT"]
    assert await cached.status("/a.css", headers=other) == "MISS"


async def test_caching_levels(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    cached.setting("cache_level", "basic")
    assert await cached.statuses("/a.css?v=1") == ["DYNAMIC", "DYNAMIC"]
    cached.setting("cache_level", "simplified")
    assert await cached.status("/a.css?v=1") == "MISS"
    assert await cached.status("/a.css?v=2") == "HIT"


async def test_development_mode_asks_the_origin(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    await cached.get("/a.css")
    cached.setting("development_mode", "on")
    assert await cached.statuses("/a.css") == ["BYPASS", "BYPASS"]
    cached.setting("development_mode", "off")
    assert await cached.status("/a.css") == "HIT"


# --- revalidation -----------------------------------------------------------------------------------


async def test_an_expired_answer_is_revalidated_by_its_etag(cached: Rig) -> None:
    cached.origin.files["/a.css"] = ({"etag": '"1"', "cache-control": "max-age=10"}, b"x")
    await cached.get("/a.css")
    cached.advance(11)
    answer = await cached.get("/a.css")
    assert (answer.headers["cf-cache-status"], answer.content) == ("REVALIDATED", b"x")
    assert cached.origin.asked[-1].headers["if-none-match"] == '"1"'
    assert await cached.status("/a.css") == "HIT"
    cached.origin.files["/a.css"] = ({"etag": '"2"', "cache-control": "max-age=10"}, b"y")
    cached.advance(11)
    answer = await cached.get("/a.css")
    assert (answer.headers["cf-cache-status"], answer.content) == ("EXPIRED", b"y")


async def test_stale_while_revalidate_serves_at_once_and_refreshes_behind(cached: Rig) -> None:
    control = "max-age=10, stale-while-revalidate=60"
    cached.origin.files["/a.css"] = ({"cache-control": control}, b"x")
    await cached.get("/a.css")
    cached.advance(20)
    cached.origin.files["/a.css"] = ({"cache-control": control}, b"y")
    stale = await cached.get("/a.css")
    assert (stale.headers["cf-cache-status"], stale.content) == ("UPDATING", b"x")
    async with asyncio.timeout(5):
        while (await cached.get("/a.css")).content != b"y":
            pass
    cached.advance(80)
    assert await cached.status("/a.css") == "EXPIRED", "past the window"


async def test_stale_if_error_stands_in_for_a_broken_origin(cached: Rig) -> None:
    cached.origin.files |= {
        "/a.css": ({"cache-control": "max-age=10, stale-if-error=60"}, b"x"),
        "/b.css": ({"cache-control": "max-age=10"}, b"x"),
    }
    await cached.get("/a.css")
    await cached.get("/b.css")
    cached.advance(20)
    cached.front.state.defects.append(Defect("http.origin_down", ZONE))
    assert await cached.status("/a.css") == "STALE"
    assert (await cached.get("/b.css")).status_code == 521
    cached.advance(60)
    assert (await cached.get("/a.css")).status_code == 521


async def test_conditions_are_answered_from_the_cache(cached: Rig) -> None:
    cached.origin.files |= {"/a.css": ({"etag": '"1"'}, b"x"), "/b.css": (CSS, b"x")}
    miss = await cached.get("/a.css", headers={"if-none-match": '"1"'})
    assert (miss.status_code, miss.headers["cf-cache-status"]) == (304, "MISS")
    assert "if-none-match" not in cached.origin.asked[-1].headers, "the cache wants the whole"
    hit = await cached.get("/a.css", headers={"if-none-match": 'W/"1", "2"'})
    assert (hit.status_code, hit.headers["cf-cache-status"], hit.content) == (304, "HIT", b"")
    assert (await cached.get("/a.css", headers={"if-none-match": '"2"'})).status_code == 200
    changed = (await cached.get("/b.css")).headers["last-modified"]
    assert (await cached.get("/b.css", headers={"if-modified-since": changed})).status_code == 304
    assert len(cached.origin.asked) == 2


async def test_head_fills_the_cache(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"xyz")
    head = await cached.get("/a.css", method="HEAD")
    assert (head.headers["cf-cache-status"], head.content) == ("MISS", b"")
    assert cached.origin.asked[0].method == "GET"
    assert (await cached.get("/a.css")).content == b"xyz"
    assert await cached.status("/a.css", method="HEAD") == "HIT"
    assert len(cached.origin.asked) == 1


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=5-", 206, b"56789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=5-100", 206, b"56789"),
        ("bytes=10-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=3-1", 416, b""),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
    ],
)
async def test_ranges_of_kept_answers(cached: Rig, wanted: str, status: int, body: bytes) -> None:
    cached.origin.files["/a.bin"] = ({"etag": '"1"'}, b"0123456789")
    for _ in range(2):
        answer = await cached.get("/a.bin", headers={"range": wanted})
        assert (answer.status_code, answer.content) == (status, body)
    assert [request.headers.get("range") for request in cached.origin.asked] == [None]
    outdated = await cached.get("/a.bin", headers={"range": "bytes=0-1", "if-range": '"0"'})
    assert outdated.status_code == 200


async def test_a_gzipped_answer_is_unpacked_for_who_takes_none(cached: Rig) -> None:
    packed = gzip.compress(b"body{}" * 100)
    headers = {"content-encoding": "gzip", "vary": "accept-encoding", "etag": '"1"', **CSS}
    cached.origin.files["/a.css"] = lambda _: web.Response(headers=headers, body=packed)
    await cached.get("/a.css", headers={"accept-encoding": "gzip"})
    plain = await cached.get("/a.css", headers={"accept-encoding": "identity"})
    assert (plain.headers["cf-cache-status"], plain.content) == ("HIT", b"body{}" * 100)
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] == 'W/"1"'
    assert (await cached.get("/a.css", headers={"accept-encoding": "gzip"})).headers[
        "content-encoding"
    ] == "gzip"
    assert len(cached.origin.asked) == 1


# --- bounds ------------------------------------------------------------------------------------------


async def test_requests_at_once_ask_the_origin_once(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    cached.origin.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        visitors = [group.create_task(cached.get("/a.css")) for _ in range(8)]
        await cached.origin.reached()
        cached.origin.gate.set()
    found = sorted(task.result().headers["cf-cache-status"] for task in visitors)
    assert found == ["HIT"] * 7 + ["MISS"]
    assert len(cached.origin.asked) == 1


async def test_what_is_too_long_streams_through_and_is_not_kept(tmp_path: Path) -> None:
    async with rig(tmp_path, CacheLimits(total=100_000, object=10_000)) as small:
        small.origin.files["/known.bin"] = ({}, b"k" * 50_000)
        small.origin.files["/unknown.bin"] = _streamed
        for path in ("/known.bin", "/unknown.bin"):
            for _ in range(2):
                answer = await small.get(path)
                assert (answer.headers["cf-cache-status"], len(answer.content)) == ("MISS", 50_000)
        part = await small.get("/known.bin", headers={"range": "bytes=0-9"})
        assert part.content == b"k" * 50_000, "this origin knows no ranges"
        assert small.origin.asked[-1].headers["range"] == "bytes=0-9", "and the edge leaves them to it"
        assert len(small.front.https.cache.store) == 0
        assert small.front.https.cache.store.reserved == 0


async def _streamed(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_chunked_encoding()
    await response.prepare(request)
    for _ in range(10):
        await response.write(b"u" * 5_000)
    await response.write_eof()
    return response


async def test_the_least_recently_used_goes_first(tmp_path: Path) -> None:
    async with rig(tmp_path, CacheLimits(total=30_000, object=12_000)) as small:
        for name in "abc":
            small.origin.files[f"/{name}.bin"] = ({}, name.encode() * 10_000)
        await small.get("/a.bin")
        await small.get("/b.bin")
        assert await small.status("/a.bin") == "HIT"
        await small.get("/c.bin")
        assert await small.status("/a.bin") == "HIT"
        assert await small.status("/b.bin") == "MISS"
        assert small.front.https.cache.store.size <= 30_000


async def test_a_broken_answer_is_cut_and_not_kept(cached: Rig) -> None:
    async def broken(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    cached.origin.files["/a.bin"] = broken
    for _ in range(2):
        with pytest.raises(Exception, match=r"peer closed|incomplete|disconnected"):
            await cached.get("/a.bin")
    assert len(cached.front.https.cache.store) == 0


async def test_who_leaves_early_does_not_end_the_filling(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x" * 300_000)
    port = cached.front.port(ZONE)
    _, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=cached.front.context(), server_hostname=ZONE
    )
    writer.write(f"GET /a.css HTTP/1.1\r\nhost: {ZONE}\r\n\r\n".encode())
    await cached.origin.reached()
    writer.transport.abort()
    async with asyncio.timeout(5):
        while (await cached.get("/a.css")).headers["cf-cache-status"] != "HIT":
            pass
    assert len(cached.origin.asked) <= 2


async def test_posts_are_never_kept(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"x")
    cached.rules(("true", OVERRIDE))
    assert [await cached.status("/a.css", method="POST", content=b"x") for _ in range(2)] == ["DYNAMIC"] * 2


# --- purging ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "gone"),
    [
        ({"purge_everything": True}, {"/a/one.css", "/a/two.css", "/ab/three.css"}),
        ({"files": [f"https://{ZONE}/a/one.css"]}, {"/a/one.css"}),
        (
            {"files": [{"url": f"https://{ZONE}/a/one.css", "headers": {"Origin": "https://x.example"}}]},
            set(),
        ),
        ({"files": [f"https://{ZONE}/a/one.css?v=2"]}, set()),
        ({"files": [f"http://{ZONE}/a/one.css"]}, set()),
        ({"hosts": [ZONE]}, {"/a/one.css", "/a/two.css", "/ab/three.css"}),
        ({"hosts": [f"app.{ZONE}"]}, set()),
        ({"prefixes": [f"{ZONE}/a"]}, {"/a/one.css", "/a/two.css"}),
        ({"tags": ["TWO"]}, {"/a/two.css"}),
    ],
)
async def test_a_purge_takes_what_it_names(cached: Rig, item: dict[str, Any], gone: set[str]) -> None:
    paths = ("/a/one.css", "/a/two.css", "/ab/three.css")
    for path in paths:
        tag = path.rpartition("/")[2].removesuffix(".css")
        cached.origin.files[path] = ({"cache-tag": f"all, {tag}"}, b"x")
        assert "cache-tag" not in (await cached.get(path)).headers
    cached.purge(**item)
    assert {path for path in paths if await cached.status(path) == "MISS"} == gone


async def test_an_answer_fetched_before_a_purge_is_not_kept_after_it(cached: Rig) -> None:
    cached.origin.files["/a.css"] = (CSS, b"old")
    cached.origin.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        visitor = group.create_task(cached.get("/a.css"))
        await cached.origin.reached()
        cached.purge(purge_everything=True)
        cached.origin.gate.set()
    assert visitor.result().content == b"old"
    cached.origin.files["/a.css"] = (CSS, b"new")
    assert (await cached.get("/a.css")).content == b"new"


# --- defects ------------------------------------------------------------------------------------------


async def test_defects_by_name(cached: Rig) -> None:
    cached.origin.files |= {
        "/": ({"cache-control": "no-store"}, b"<p>"),
        "/a.css": ({"set-cookie": "a=1"}, b"x"),
    }

    def defect(kind: str) -> None:
        cached.front.state.defects[:] = [Defect(kind, ZONE)]

    defect("http.cache_everything")
    assert await cached.statuses("/") == ["MISS", "HIT"]
    defect("http.cache_off")
    assert await cached.statuses("/b.css") == ["MISS", "MISS"]
    cached.rules(("true", OVERRIDE))
    defect("http.cache_cookies")
    await cached.get("/a.css")
    hit = await cached.get("/a.css")
    assert (hit.headers["cf-cache-status"], hit.headers["set-cookie"]) == ("HIT", "a=1")
    defect("http.cache_no_age")
    assert "age" not in (await cached.get("/a.css")).headers
