"""The sample portal without a defect does what the checklist asks of a portal."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import totp

from tests.edge_portal.portal_kit import PASSWORDS, PORTAL, TOTP, Stage, stage


@pytest.fixture
async def portal(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as made:
        yield made


def code(portal: Stage) -> str:
    from base64 import b32decode

    now = int(portal.edge.state.clock.now().timestamp())
    return totp.TOTP(b32decode(TOTP), 6, SHA1(), 30, enforce_key_length=False).generate(now).decode()


async def test_log_in_gives_a_guarded_cookie_and_log_out_ends_the_session(portal: Stage) -> None:
    ada = await portal.visitor()
    assert (await ada.send("GET", "/api/me")).status == 401
    answer = await ada.login("ada")
    assert answer.status == 200
    (cookie,) = answer.cookies
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert (await ada.send("GET", "/api/me")).json == {"user": "ada@north.example", "role": "owner"}
    kept = dict(ada.cookies)
    assert (await ada.send("POST", "/api/logout")).status == 200
    ada.cookies = kept
    assert (await ada.send("GET", "/api/me")).status == 401


async def test_an_administrator_needs_a_second_factor_and_a_code_works_once(portal: Stage) -> None:
    root, other = await portal.visitor(), await portal.visitor()
    assert (await root.login("root")).json == {"mfa": root.cookies["portal_session"]}
    before = root.cookies["portal_session"]
    assert (await root.send("GET", "/api/me")).status == 401, "the password alone is no session"
    given = code(portal)
    assert (await root.send("POST", "/api/login/code", {"code": given})).status == 200
    assert root.cookies["portal_session"] != before
    assert (await root.send("GET", "/api/me")).json["role"] == "admin"
    await other.login("root")
    assert (await other.send("POST", "/api/login/code", {"code": given})).status == 401


async def test_known_and_unknown_users_are_told_the_same(portal: Stage) -> None:
    visitor = await portal.visitor()
    known = await visitor.login("ada", "wrong password here")
    unknown = await visitor.send(
        "POST", "/api/login", {"email": "no@one.example", "password": "wrong password here"}
    )
    assert (known.status, known.text) == (unknown.status, unknown.text) == (401, known.text)
    resets = [
        await visitor.send("POST", "/api/reset", {"email": who})
        for who in ("ada@north.example", "no@one.example")
    ]
    assert len({(answer.status, answer.text) for answer in resets}) == 1
    assert len(await portal.mails()) == 1


async def test_a_reset_token_works_once_within_its_time_and_ends_every_session(portal: Stage) -> None:
    ada, mailbox = await portal.visitor(), await portal.visitor()
    await ada.login("ada")
    await mailbox.send("POST", "/api/reset", {"email": "ada@north.example"}, x_forwarded_host="evil.example")
    assert "evil.example" not in str(await portal.mails())
    token = await portal.token()
    new = {"token": token, "password": "a wholly new password"}
    assert (await mailbox.send("POST", "/api/reset/new", {**new, "password": "short"})).status == 422
    assert (await mailbox.send("POST", "/api/reset/new", new)).status == 200
    assert (await mailbox.send("POST", "/api/reset/new", new)).status == 400
    assert (await ada.send("GET", "/api/me")).status == 401
    assert (await ada.login("ada")).status == 401
    assert (await ada.login("ada", "a wholly new password")).status == 200
    await mailbox.send("POST", "/api/reset", {"email": "cyn@south.example"})
    late = await portal.token()
    await portal.control("POST", "clock", {"advance": 1801})
    refused = await mailbox.send(
        "POST", "/api/reset/new", {"token": late, "password": "a wholly new password"}
    )
    assert refused.status == 400
    assert late not in refused.text


async def test_tenants_are_kept_apart_whatever_way_is_tried(portal: Stage) -> None:
    ada, bob, cyn, nobody = [await portal.visitor() for _ in range(4)]
    for visitor, name in ((ada, "ada"), (bob, "bob"), (cyn, "cyn")):
        assert (await visitor.login(name)).status == 200
    mine = await ada.send("GET", "/api/invoices/inv-1")
    assert (mine.status, mine.json["id"]) == (200, "inv-1")
    assert (await ada.send("PATCH", "/api/invoices/inv-1", {"note": "paid"})).json["note"] == "paid"
    for other in (bob, cyn):
        assert (await other.send("GET", "/api/invoices/inv-1")).status == 404
        assert (await other.send("PATCH", "/api/invoices/inv-1", {"note": "x"})).status == 404
        assert (
            await other.send("POST", "/api/invoices/inv-1", {}, x_http_method_override="PATCH")
        ).status in (404, 405)
        assert (await other.send("GET", "/api/invoices")).json == {"items": []}
    assert (await nobody.send("GET", "/api/invoices/inv-1")).status == 401
    assert (await ada.send("PATCH", "/api/invoices/inv-1", {"note": "y", "tenant": "south"})).status == 422
    assert len((await ada.send("GET", "/api/invoices")).json["items"]) == 1


async def test_log_ins_are_limited_by_account_and_by_address(portal: Stage) -> None:
    guessers = [await portal.visitor(f"127.0.0.{number}") for number in (2, 3, 4)]
    seen = [(await guessers[n % 3].login("ada", f"wrong guess number {n}")).status for n in range(6)]
    assert seen == [401] * 5 + [429]
    assert (await guessers[0].login("ada")).status == 429, "locked, even for the right password"
    await portal.control("POST", "clock", {"advance": 901})
    assert (await guessers[0].login("ada")).status == 200
    one = await portal.visitor("127.0.0.9")
    statuses = []
    for number in range(11):
        body = {"email": f"nobody{number}@x.example", "password": "wrong password"}
        statuses.append((await one.send("POST", "/api/login", body, x_real_ip=f"10.0.0.{number}")).status)
    assert statuses == [401] * 10 + [429]


async def test_webhooks_need_a_signature_that_is_right_fresh_and_new(portal: Stage) -> None:
    sender = await portal.visitor()
    raw, now = b'{"type": "ping"}', int(portal.edge.state.clock.now().timestamp())

    def signed(at: int, secret: str = "whsec_rehearsal") -> str:
        mark = hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()
        return f"t={at},v1={mark}"

    async def send(signature: str | None) -> int:
        headers = {"stripe_signature": signature} if signature else {}
        return (
            await sender.send("POST", "/hooks/pay", raw, content_type="application/json", **headers)
        ).status

    assert await send(None) == 401
    assert await send(signed(now, "another secret")) == 401
    assert await send(signed(now - 3600)) == 401
    assert await send(signed(now)) == 202
    assert await send(signed(now)) == 409


async def test_bad_input_is_refused_politely(portal: Stage) -> None:
    ada = await portal.visitor()
    await ada.login("ada")
    path = "/api/onboarding/company"
    bodies = [b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 5000, b'{"name": "x"}', b'{"name": 5, "seats": 3}']
    bodies += [
        b'{"name": "x", "seats": "3"}',
        b'{"name": "x", "seats": 3, "admin": true}',
        b'{"name": "' + b"x" * 600 + b'", "seats": 3}',
    ]
    for raw in bodies:
        answer = await ada.send("POST", path, raw, content_type="application/json")
        assert answer.status in (400, 422, 429), (raw[:40], answer.status)
        assert set(answer.json) == {"error", "message"}
        await portal.control("POST", "clock", {"advance": 10})
    assert (await ada.send("POST", path, b"x" * 70_000, content_type="application/json")).status == 413
    assert (await ada.send("POST", path, b"name=x", content_type="text/plain")).status == 415
    await portal.control("POST", "clock", {"advance": 10})
    statuses = [(await ada.send("POST", path, {"name": "Acme", "seats": 3})).status for _ in range(6)]
    assert statuses == [200] * 5 + [429]


async def test_pages_carry_a_strict_policy_and_nothing_lies_about(portal: Stage) -> None:
    visitor = await portal.visitor()
    for path in ("/", "/login", "/reset", "/signup", "/invite", "/onboarding", "/portal"):
        page = await visitor.send("GET", path)
        assert page.status == 200, path
        assert "default-src 'self'" in page.headers["content-security-policy"]
    for path in ("/.git/HEAD", "/.env", "/backup.sql", "/assets/", "/admin", "/debug", "/nothing"):
        assert (await visitor.send("GET", path)).status == 404, path
    described = (await visitor.send("GET", "/openapi.json")).json
    assert {"/api/login", "/api/invoices/{id}", "/hooks/pay"} <= set(described["paths"])
    assert (await visitor.send("GET", "/release.json")).json["release"]
    assert not [secret for secret in PASSWORDS.values() if secret in str(described)]


async def test_an_invitation_makes_an_account_of_the_inviters_tenant(portal: Stage) -> None:
    root, guest, ada = [await portal.visitor() for _ in range(3)]
    await ada.login("ada")
    assert (await ada.send("POST", "/api/invites", {"email": "new@north.example"})).status == 403
    await root.login("root")
    await root.send("POST", "/api/login/code", {"code": code(portal)})
    assert (await root.send("POST", "/api/invites", {"email": "new@north.example"})).status == 202
    accept = {"token": await portal.token(), "password": "a password of my own"}
    assert (await guest.send("POST", "/api/invites/accept", accept)).status == 201
    assert (await guest.send("POST", "/api/invites/accept", accept)).status == 400
    again = {"email": "new@north.example", "password": "a password of my own"}
    assert (await guest.send("POST", "/api/login", again)).status == 200
    assert PORTAL["invite"]["identity"] == "root"
