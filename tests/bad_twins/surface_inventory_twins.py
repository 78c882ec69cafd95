"""Twins of what a host points at, of what names it, and of security.txt."""

from __future__ import annotations

from typing import Any

from launchready.edge.world.servers import ELSEWHERE_SERVER
from tests.bad_twins.certificates import Leaf
from tests.bad_twins.clients import APP, DOMAIN, client, unsigned
from tests.bad_twins.dns_twins import defect
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.servers import Site, own_https, own_server
from tests.bad_twins.tls_twins import ORIGIN, page

ROWS = ("dns", "surface")
ELSEWHERE = ".".join(label.decode() for label in ELSEWHERE_SERVER)
PAGES = "acme.github.io"
GITHUB = "185.199.108.153"
AZURE = "acme-docs.azurewebsites.net"
FILES = "203.0.113.30"
HTML = {"content-type": "text/html; charset=utf-8"}
FREE = {"status": 404, "headers": HTML, "body": "<h1>404</h1><p>There isn't a GitHub Pages site here.</p>"}
SECURITY_TXT = "/.well-known/security.txt"
FOREVER = "2099-01-01T00:00:00Z"


def with_host(name: str, **host: Any) -> dict[str, Any]:
    values = client()
    return values | {"hosts": {**values["hosts"], name: host}}


def with_record(**record: Any) -> dict[str, Any]:
    return unsigned(records=[*client()["records"], record])


def twin(values: dict[str, Any], breaks: Break | None, *trips: str) -> Twin:
    return Twin(values, frozenset(trips), breaks, ROWS)


def serves(target: str, pages: dict[str, dict[str, Any]]) -> Break:
    async def breaks(scene: Scene) -> None:
        scene.pages(target, pages)

    return breaks


def security_txt(body: str, kind: str = "text/plain; charset=utf-8") -> Break:
    return serves(ORIGIN, {SECURITY_TXT: {"headers": {"content-type": kind}, "body": body}})


async def certificate_of_more(scene: Scene) -> None:
    await own_https(scene, APP, Site(leaf=Leaf((APP, f"legacy.{DOMAIN}"))))


async def untrusted_server(scene: Scene) -> None:
    await own_server(scene, FILES, Site())


async def broken_server(scene: Scene) -> None:
    scene.pages(FILES, {"*": {"status": 502, "headers": HTML, "body": "bad gateway"}})


_DIRECT = {"name": "files", "type": "A", "content": FILES}

GOOD: dict[str, Twin] = {
    "hosts at services that have them": twin(
        with_host("docs", cname=AZURE),
        serves(ORIGIN, {SECURITY_TXT: {
            "headers": {"content-type": "text/plain"},
            "body": f"Contact: mailto:security@{DOMAIN}\nExpires: {FOREVER}\n",
        }}),
    ),
    "a host at GitHub Pages": twin(with_host("docs", cname=PAGES), None),
}  # fmt: skip

TWINS: dict[str, Twin] = {
    "surface: a host at a service's free name": twin(
        with_host("docs", cname=AZURE), defect("world.unclaimed", AZURE), "surface.takeover"
    ),
    "surface: a DNS-only host at a service's free name": twin(
        with_host("docs", cname=AZURE, proxied=False),
        defect("world.unclaimed", AZURE),
        "surface.takeover",
        "dns.hosts.resolve",
    ),
    "surface: a host that GitHub does not know": twin(
        with_host("docs", cname=PAGES), serves(PAGES, {"*": FREE}), "surface.takeover"
    ),
    "surface: an address of GitHub's that is nobody's": twin(
        with_host("docs", address=GITHUB), serves(GITHUB, {"*": FREE}), "surface.takeover"
    ),
    "surface: a delegation to a server without the zone": twin(
        with_record(name="sub", type="NS", content=ELSEWHERE), None, "surface.takeover.delegation"
    ),
    "surface: a delegation to a server that is gone": twin(
        with_record(name="sub", type="NS", content="ns1.gone.cloudflare.com"),
        defect("world.unclaimed", "ns1.gone.cloudflare.com"),
        "surface.takeover.delegation",
    ),
    "surface: a certificate of an unknown host": twin(
        client(), certificate_of_more, "surface.inventory.certificates"
    ),
    "surface: a record's server has no good certificate": twin(
        with_record(**_DIRECT), untrusted_server, "surface.inventory.records"
    ),
    "surface: a record's server is broken": twin(
        with_record(**_DIRECT), broken_server, "surface.inventory.records"
    ),
    "surface: a link to a host that nobody declared": twin(
        client(), page(f'<a href="https://legacy.{DOMAIN}/">old</a>'), "surface.inventory.links"
    ),
    "surface: security.txt has expired": twin(
        client(),
        security_txt(f"Contact: mailto:security@{DOMAIN}\nExpires: 2020-01-01T00:00:00Z\n"),
        "surface.security_txt",
    ),
    "surface: security.txt without a contact": twin(
        client(), security_txt(f"Expires: {FOREVER}\n"), "surface.security_txt"
    ),
}
