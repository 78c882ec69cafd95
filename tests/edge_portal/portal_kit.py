"""A portal behind a real edge, and a visitor who talks to it over TLS."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from launchready.edge.process import Edge, EdgeOptions, serve
from launchready.edge.state import Defect

TOTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
HOST = "portal.acme.example"
PASSWORDS = {name: f"correct horse {name} battery" for name in ("ada", "bob", "cyn", "root")}

SPEND = {"token": "${token}", "password": "${new_password}"}


def person(name: str, user: str, role: str, tenant: str) -> dict[str, Any]:
    return {"user": user, "password": PASSWORDS[name], "role": role, "tenant": tenant}


PORTAL: dict[str, Any] = {
    "base": f"https://{HOST}",
    "login": {
        "path": "/api/login",
        "body": {"email": "${user}", "password": "${password}"},
        "mfa": {"path": "/api/login/code", "body": {"code": "${totp}"}},
    },
    "session": {"path": "/api/me", "method": "GET"},
    "reset": {
        "path": "/api/reset",
        "body": {"email": "${user}"},
        "confirm": {"path": "/api/reset/new", "body": SPEND},
    },
    "invite": {
        "path": "/api/invites",
        "body": {"email": "${email}"},
        "identity": "root",
        "confirm": {"path": "/api/invites/accept", "body": SPEND},
    },
    "signup": {
        "path": "/api/signup",
        "body": {"email": "${email}"},
        "confirm": {"path": "/api/signup/new", "body": SPEND},
    },
    "logout": {"path": "/api/logout"},
    "logout_all": {"path": "/api/logout/all"},
    "cookies": ["portal_session"],
    "identities": {
        "ada": person("ada", "ada@north.example", "owner", "north"),
        "bob": person("bob", "bob@north.example", "member", "north"),
        "cyn": person("cyn", "cyn@south.example", "owner", "south"),
        "root": {**person("root", "root@acme.example", "admin", "north"), "totp": {"secure": TOTP}},
    },
    "resources": [
        {
            "path": "/api/invoices/{id}", "owner": "ada", "ids": ["inv-1"], "methods": ["GET", "PATCH"],
            "body": {"note": "text"}, "protected": {"tenant": "south"}, "list": "/api/invoices",
        }
    ],
    "onboarding": [
        {
            "path": "/api/onboarding/company", "body": {"name": "${nonce}", "seats": 3},
            "identity": "ada", "limit": 5,
        }
    ],
    "webhooks": [{"path": "/hooks/pay", "scheme": "stripe", "secret": {"secure": "whsec_rehearsal"}}],
    "dependencies": ["payments"],
    "openapi": "/openapi.json",
    "release": "/release.json",
}  # fmt: skip


@dataclass
class Reply:
    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Visitor:
    """Sends requests to the portal from one loopback address; keeps cookies as a browser does."""

    stage: Stage
    session: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        url = f"https://{self.stage.edge.https.https}{path}"
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        if self.cookies:
            named["cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        if raw is not None and "content-type" not in named:
            named["content-type"] = "application/json"
        async with self.session.request(
            method,
            url,
            data=raw,
            headers={"host": HOST, **named},
            server_hostname=HOST,
            allow_redirects=False,
        ) as answer:
            set_ = answer.headers.getall("set-cookie", [])
            for line in set_:
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Reply(answer.status, answer.headers, set_, await answer.text())

    async def login(self, name: str, password: str | None = None) -> Reply:
        user = PORTAL["identities"][name]["user"]
        return await self.send("POST", "/api/login", {"email": user, "password": password or PASSWORDS[name]})


@dataclass
class Stage:
    edge: Edge
    stack: AsyncExitStack

    async def visitor(self, address: str = "127.0.0.1") -> Visitor:
        context = ssl.create_default_context(cafile=self.edge.document()["ca"])
        connector = aiohttp.TCPConnector(ssl=context, local_addr=(address, 0), limit=10)
        session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(20)
        )
        await self.stack.enter_async_context(session)
        return Visitor(self, session)

    def defect(self, kind: str, **options: Any) -> None:
        self.edge.state.defects.append(Defect(kind, HOST, options))

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        document = self.edge.document()
        headers = {"authorization": f"Bearer {document['token']}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{document['control']}/{path}", json=body) as answer,
        ):
            return await answer.json()

    async def mails(self) -> list[dict[str, Any]]:
        url = f"{self.edge.document()['sink']['http']}/messages?kind=mail"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            found: list[dict[str, Any]] = await answer.json()
            return found

    async def token(self) -> str:
        """The token in the newest mail."""
        text = json.dumps((await self.mails())[-1])
        found = re.findall(r"[?&]token=([A-Za-z0-9_~.\-]{8,512})", text)
        return str(found[-1])


@asynccontextmanager
async def stage(directory: Path, portal: Mapping[str, Any] = PORTAL) -> AsyncIterator[Stage]:
    """An edge with the zone acme.example and the sample portal on its host."""
    async with AsyncExitStack() as stack:
        edge = await serve(EdgeOptions(dir=directory))
        stack.push_async_callback(edge.close)
        document = edge.document()
        headers = {"authorization": f"Bearer {document['token']}"}
        async with aiohttp.ClientSession(headers=headers) as api:
            account = {"id": document["account"]}
            zone = {"name": "acme.example", "account": account, "type": "full"}
            async with api.post(f"{document['api']}/zones", json=zone) as answer:
                zone_id = (await answer.json())["result"]["id"]
            record = {"type": "A", "name": "portal", "content": "203.0.113.10", "proxied": True}
            async with api.post(f"{document['api']}/zones/{zone_id}/dns_records", json=record) as answer:
                assert answer.status == 200
            for setting, value in (("ssl", "strict"), ("always_use_https", "on")):
                path = f"{document['api']}/zones/{zone_id}/settings/{setting}"
                async with api.patch(path, json={"value": value}) as answer:
                    assert answer.status == 200
        made = Stage(edge, stack)
        answer = await made.control("POST", "portal", {"portal": dict(portal)})
        assert answer.get("host") == HOST, answer
        yield made
