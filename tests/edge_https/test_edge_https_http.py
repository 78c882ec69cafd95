"""What a visitor meets over HTTP: forced https, redirects, HSTS, headers, errors, HTTP versions."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from edge_https_front import ZONE, Front, add_record, put_rules, put_setting, redirect

from launchready.edge.state import Defect

REDIRECTS = "http_request_dynamic_redirect"


async def test_http_is_sent_to_https_with_host_path_and_query(front: Front) -> None:
    answer = await front.get(f"http://{ZONE}/a//b%20c?x=1&y=%2F")
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{ZONE}/a//b%20c?x=1&y=%2F"
    assert "strict-transport-security" not in answer.headers


async def test_without_the_setting_http_is_served(front: Front) -> None:
    put_setting(front.zone, "always_use_https", "off")
    answer = await front.get(f"http://{ZONE}/")
    assert answer.status_code == 200
    assert ZONE in answer.text


async def test_every_answer_is_cloudflares(front: Front) -> None:
    for url in (f"https://{ZONE}/", f"http://{ZONE}/", f"http://nothing.{ZONE}/"):
        answer = await front.get(url, at=ZONE)
        assert answer.headers["server"] == "cloudflare"
        assert len(answer.headers["cf-ray"].partition("-")[0]) == 16
        assert "GMT" in answer.headers["date"]


@pytest.mark.parametrize("http2", [False, True])
async def test_the_first_matching_redirect_wins_and_disabled_ones_do_not(
    front: Front, *, http2: bool
) -> None:
    off = redirect("true", {"value": "https://off.example/"}) | {"enabled": False}
    put_rules(
        front.zone,
        REDIRECTS,
        off,
        redirect('http.request.uri.path eq "/old"', {"value": "https://first.example/"}, status_code=308),
        redirect('http.request.uri.path eq "/old"', {"value": "https://second.example/"}),
    )
    answer = await front.get(f"https://{ZONE}/old", http2=http2)
    assert answer.status_code == 308
    assert answer.headers["location"] == "https://first.example/"
    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")
    assert (await front.get(f"https://{ZONE}/other", http2=http2)).status_code == 200


async def test_redirects_keep_path_and_query_when_told_to(front: Front) -> None:
    target = {"expression": 'concat("https://acme.example", http.request.uri.path)'}
    www = f"https://www.{ZONE}/a/b?x=1"
    put_rules(
        front.zone,
        REDIRECTS,
        redirect(f'http.host eq "www.{ZONE}"', target, preserve_query_string=True, status_code=302),
    )
    answer = await front.get(www)
    assert answer.status_code == 302
    assert answer.headers["location"] == f"https://{ZONE}/a/b?x=1"
    put_rules(front.zone, REDIRECTS, redirect(f'http.host eq "www.{ZONE}"', target))
    answer = await front.get(www)
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{ZONE}/a/b"


async def test_wildcard_redirects_and_fragments(front: Front) -> None:
    expression = (
        f'wildcard_replace(http.request.full_uri, "https://{ZONE}/old/*", "https://{ZONE}/new/${{1}}#top")'
    )
    put_rules(
        front.zone,
        REDIRECTS,
        redirect(
            f'http.request.full_uri wildcard "https://{ZONE}/old/*"',
            {"expression": expression},
            preserve_query_string=True,
        ),
    )
    answer = await front.get(f"https://{ZONE}/old/x/y")
    assert answer.headers["location"] == f"https://{ZONE}/new/x/y#top"


async def test_a_target_with_a_query_conflicts_with_a_kept_query(front: Front) -> None:
    rule = redirect("true", {"value": "https://x.example/?a=1"}, preserve_query_string=True)
    put_rules(front.zone, REDIRECTS, rule)
    assert (await front.get(f"https://{ZONE}/")).headers["location"] == "https://x.example/?a=1"
    answer = await front.get(f"https://{ZONE}/?b=2")
    assert answer.status_code == 500
    assert "10055" in answer.text


async def test_a_redirect_cannot_smuggle_a_header(front: Front) -> None:
    target = {"expression": 'concat("https://x.example/", url_decode(http.request.uri.query))'}
    put_rules(front.zone, REDIRECTS, redirect("true", target))
    answer = await front.get(f"https://{ZONE}/?a%0d%0aset-cookie:%20b")
    assert "set-cookie" not in answer.headers
    assert answer.headers["location"] == "https://x.example/a%0D%0Aset-cookie:%20b"


async def test_forced_https_comes_before_redirects(front: Front) -> None:
    put_rules(front.zone, REDIRECTS, redirect("true", {"value": "https://x.example/"}))
    answer = await front.get(f"http://www.{ZONE}/p")
    assert answer.headers["location"] == f"https://www.{ZONE}/p"
    put_setting(front.zone, "always_use_https", "off")
    assert (await front.get(f"http://www.{ZONE}/p")).headers["location"] == "https://x.example/"


async def test_redirects_see_the_normalised_path(front: Front) -> None:
    put_rules(front.zone, REDIRECTS, redirect('http.request.uri.path eq "/a/b"', {"value": "https://x/"}))
    port = front.port(ZONE)
    for path in ("/a//b", "/a/./b", "/a/c/../b", "/%61/b"):
        command = f"curl -s -o /dev/null -w %{{http_code}} --path-as-is --cacert {front.authority.root_path} "
        command += f"--connect-to {ZONE}:443:127.0.0.1:{port} https://{ZONE}{path}"
        process = await asyncio.create_subprocess_exec(*command.split(), stdout=subprocess.PIPE)
        code, _ = await process.communicate()
        assert code == b"301", path


async def test_hsts_is_sent_on_every_https_answer_only(front: Front) -> None:
    value = {
        "enabled": True,
        "max_age": 31536000,
        "include_subdomains": True,
        "preload": True,
        "nosniff": True,
    }
    put_setting(front.zone, "security_header", {"strict_transport_security": value})
    put_setting(front.zone, "always_use_https", "off")
    put_rules(front.zone, REDIRECTS, redirect(f'http.host eq "www.{ZONE}"', {"value": f"https://{ZONE}/"}))
    for host in (ZONE, f"www.{ZONE}"):
        answer = await front.get(f"https://{host}/")
        wanted = "max-age=31536000; includeSubDomains; preload"
        assert answer.headers["strict-transport-security"] == wanted
        assert answer.headers["x-content-type-options"] == "nosniff"
        plain = await front.get(f"http://{host}/")
        assert "strict-transport-security" not in plain.headers
    value["enabled"] = False
    assert "strict-transport-security" not in (await front.get(f"https://{ZONE}/")).headers


@pytest.mark.parametrize(
    ("host", "status", "code"),
    [
        ("nothing.acme.example", 409, "1001"),
        ("other.example", 409, "1001"),
        ("direct.acme.example", 409, "1001"),
    ],
)
async def test_hosts_that_are_not_proxied_get_cloudflares_error(
    front: Front, host: str, status: int, code: str
) -> None:
    answer = await front.get(f"http://{host}/", at=ZONE)
    assert answer.status_code == status
    assert answer.text == f"error code: {code}"
    page = await front.get(f"http://{host}/", at=ZONE, headers={"accept": "text/html"})
    assert f'class="cf-error-code">{code}<' in page.text


async def test_direct_access_by_address_is_refused(front: Front) -> None:
    answer = await front.get("http://203.0.113.10/", at=ZONE)
    assert answer.status_code == 403
    assert answer.text == "error code: 1003"


async def test_host_of_the_request_decides_not_the_name_of_the_handshake(front: Front) -> None:
    answer = await front.get(f"https://{ZONE}/", headers={"host": f"app.{ZONE}"})
    assert f"app.{ZONE}" in answer.text


async def test_an_expression_that_can_not_be_evaluated_matches_nothing(front: Front) -> None:
    put_rules(
        front.zone,
        REDIRECTS,
        redirect("no.such.field eq 1", {"value": "https://x/"}),
        redirect('http.request.uri.path eq "/a"', {"expression": "no.such.field"}),
    )
    assert (await front.get(f"https://{ZONE}/")).status_code == 200
    assert (await front.get(f"https://{ZONE}/a")).status_code == 500


async def test_a_new_record_is_served_at_once(front: Front) -> None:
    assert (await front.get(f"http://new.{ZONE}/", at=ZONE)).status_code == 409
    add_record(front.zone, f"new.{ZONE}", "A", "203.0.113.40")
    assert (await front.get(f"https://new.{ZONE}/", at=ZONE)).status_code == 200


# --- other phases -------------------------------------------------------------------------------


async def test_response_header_transforms_set_add_and_remove(front: Front) -> None:
    front.https.origins.set_pages(ZONE, {"/": {"headers": {"x-powered-by": "PHP", "vary": "a"}, "body": "x"}})
    rule = {
        "expression": "http.response.code eq 200",
        "action": "rewrite",
        "action_parameters": {
            "headers": {
                "X-Powered-By": {"operation": "remove"},
                "Vary": {"operation": "add", "value": "Origin"},
                "X-Host": {"operation": "set", "expression": "http.host"},
                "X-Missing": {"operation": "set", "expression": 'http.request.headers["none"][0]'},
            }
        },
    }
    put_rules(front.zone, "http_response_headers_transform", rule)
    answer = await front.get(f"https://{ZONE}/")
    assert "x-powered-by" not in answer.headers
    assert answer.headers.get_list("vary") == ["a", "Origin"]
    assert answer.headers["x-host"] == ZONE
    assert "x-missing" not in answer.headers


async def test_configuration_rules_override_settings_for_their_requests(front: Front) -> None:
    front.state.defects.append(Defect("tls.self_signed", "203.0.113.10"))
    rule = {
        "expression": 'http.request.uri.path eq "/lax"',
        "action": "set_config",
        "action_parameters": {"ssl": "full"},
    }
    put_rules(front.zone, "http_config_settings", rule)
    assert (await front.get(f"https://{ZONE}/")).status_code == 526
    assert (await front.get(f"https://{ZONE}/lax")).status_code == 200


async def test_a_custom_rule_closes_a_host_to_everyone_else(front: Front) -> None:
    response = {"status_code": 403, "content": "private", "content_type": "text/plain"}
    rule = {
        "expression": f'http.host eq "app.{ZONE}" and not ip.src in {{198.51.100.0/24}}',
        "action": "block",
        "action_parameters": {"response": response},
    }
    put_rules(front.zone, "http_request_firewall_custom", rule)
    answer = await front.get(f"https://app.{ZONE}/")
    assert (answer.status_code, answer.text) == (403, "private")
    assert (await front.get(f"https://{ZONE}/")).status_code == 200
    rule["expression"] = "ip.src in {198.51.100.0/24}"
    assert (await front.get(f"https://app.{ZONE}/")).status_code == 200


# --- defects --------------------------------------------------------------------------------------


async def test_http_defects_are_served(front: Front) -> None:
    def only(kind: str, where: str = ZONE, **options: object) -> None:
        front.state.defects[:] = [Defect(kind, where, dict(options))]

    value = {"enabled": True, "max_age": 31536000}
    put_setting(front.zone, "security_header", {"strict_transport_security": value})
    rule = redirect(
        'http.request.uri.path eq "/old"', {"value": "https://x.example/"}, preserve_query_string=True
    )
    put_rules(front.zone, REDIRECTS, rule)
    only("http.unforced")
    assert (await front.get(f"http://{ZONE}/")).status_code == 200
    only("http.no_hsts")
    assert "strict-transport-security" not in (await front.get(f"https://{ZONE}/")).headers
    only("http.short_hsts")
    assert (await front.get(f"https://{ZONE}/")).headers["strict-transport-security"] == "max-age=300"
    only("http.mixed_content")
    assert f'src="http://{ZONE}/' in (await front.get(f"https://{ZONE}/")).text
    only("http.redirect_status")
    assert (await front.get(f"https://{ZONE}/old")).status_code == 302
    only("http.redirect_target", target="https://evil.example/")
    assert (await front.get(f"https://{ZONE}/old")).headers["location"] == "https://evil.example/"
    only("http.redirect_drops_query")
    assert (await front.get(f"https://{ZONE}/old?a=1")).headers["location"] == "https://x.example/"
    only("http.redirect_loop")
    assert (await front.get(f"https://{ZONE}/any?x")).headers["location"] == f"https://{ZONE}/any?x"
    only("http.status", status=503)
    assert (await front.get(f"https://{ZONE}/")).status_code == 503
    only("http.origin_down", "203.0.113.10")
    assert (await front.get(f"https://{ZONE}/")).status_code == 521
    only("http.origin_timeout")
    assert (await front.get(f"https://{ZONE}/")).status_code == 522
