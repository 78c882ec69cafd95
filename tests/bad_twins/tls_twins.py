"""Bad twins of row ``tls``."""

from __future__ import annotations

from typing import Any

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.bad_twins.certificates import Leaf
from tests.bad_twins.clients import APP, DOMAIN, client
from tests.bad_twins.dns_twins import api, defect, twin
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.servers import Site, own_http, own_https

HSTS = "strict-transport-security"
ORIGIN = "acme-app.host.example"


def site(**changes: Any) -> Break:
    async def breaks(scene: Scene) -> None:
        await own_https(scene, APP, Site(**changes))

    return breaks


def plain_site(**changes: Any) -> Break:
    async def breaks(scene: Scene) -> None:
        await own_http(scene, APP, Site(**changes))

    return breaks


def page(html: str, path: str = "/", **more: str) -> Break:
    async def breaks(scene: Scene) -> None:
        pages = {path: {"headers": {"content-type": "text/html"}, "body": html}}
        pages |= {
            other: {"headers": {"content-type": "text/html"}, "body": body} for other, body in more.items()
        }
        scene.pages(ORIGIN, pages)

    return breaks


def setting(name: str, value: object) -> Break:
    return api(lambda scene: scene.api.set(scene.zone_id, name, value))


def with_hsts(value: str, *more: str) -> tuple[tuple[str, str], ...]:
    others = tuple(pair for pair in Site().headers if pair[0] != HSTS)
    return (*others, (HSTS, value), *((HSTS, text) for text in more))


def hsts(**changes: Any) -> dict[str, Any]:
    return client(tls={"hsts": {"max_age": 31_536_000, "include_subdomains": True} | changes})


def tlsa(name: str, usage: int) -> dict[str, Any]:
    """A TLSA record of no certificate that is anywhere."""
    data = {"usage": usage, "selector": 1, "matching_type": 1, "certificate": "ab" * 32}
    return {"name": name, "type": "TLSA", "data": data}


TWINS: dict[str, Twin] = {
    "tls: no handshake": twin(client(), defect("tls.handshake_failure", APP), "tls.handshake.completes"),
    "tls: no TLS at all": twin(client(), defect("tls.plaintext_on_443", APP), "tls.handshake.completes"),
    "tls: an untrusted authority": twin(
        client(), defect("tls.untrusted", APP), "tls.chain.valid", "tls.chain.complete"
    ),
    "tls: self-signed": twin(client(), defect("tls.self_signed", APP), "tls.chain.valid"),
    "tls: an incomplete chain": twin(
        client(), defect("tls.incomplete_chain", APP), "tls.chain.complete", "tls.chain.valid"
    ),
    "tls: the wrong order": twin(client(), defect("tls.wrong_order", APP), "tls.chain.order"),
    "tls: another name": twin(client(), defect("tls.wrong_name", APP), "tls.name.covered", "tls.chain.valid"),
    "tls: a shared certificate": twin(
        client(), site(leaf=Leaf((APP, "stranger.example"))), "tls.name.foreign"
    ),
    "tls: expired": twin(
        client(),
        defect("tls.expired", APP),
        "tls.certificate.valid_now",
        "tls.certificate.expiry",
        "tls.chain.valid",
    ),
    "tls: not yet valid": twin(
        client(), defect("tls.not_yet_valid", APP), "tls.certificate.valid_now", "tls.chain.valid"
    ),
    "tls: about to expire": twin(client(), defect("tls.near_expiry", APP), "tls.certificate.expiry"),
    "tls: lasts too long": twin(client(), defect("tls.too_long_lifetime", APP), "tls.certificate.lifetime"),
    "tls: a weak key": twin(client(), defect("tls.weak_key", APP), "tls.certificate.key", "tls.chain.valid"),
    "tls: signed with SHA-1": twin(
        client(), site(leaf=Leaf((APP,), sha1=True)), "tls.certificate.signature", "tls.chain.valid"
    ),
    "tls: a client's certificate": twin(
        client(),
        site(leaf=Leaf((APP,), usages=(ExtendedKeyUsageOID.CLIENT_AUTH,))),
        "tls.certificate.usage",
        "tls.chain.valid",
    ),
    "tls: a public certificate in no log": twin(
        client(), site(leaf=Leaf((APP,), authority="DigiCert twin root")), "tls.certificate.transparency"
    ),
    "tls: a staple that nobody gives": twin(
        client(), site(leaf=Leaf((APP,), must_staple=True)), "tls.certificate.staple"
    ),
    "tls: TLSA of another certificate": twin(
        client(records=[tlsa("_443._tcp.app", 3)]), None, "tls.dane.matches"
    ),
    "tls: TLS 1.0 is accepted": twin(client(), setting("min_tls_version", "1.0"), "tls.version.minimum"),
    "tls: TLS 1.1 is accepted": twin(client(), setting("min_tls_version", "1.1"), "tls.version.minimum"),
    "tls: TLS 1.2 is refused": twin(client(), setting("min_tls_version", "1.3"), "tls.version.minimum"),
    "tls: an old minimum is declared": twin(client(tls={"min_version": "1.0"}), None, "tls.version.minimum"),
    "tls: no TLS 1.3": twin(client(), setting("tls_1_3", "off"), "tls.version.newest"),
    "tls: anonymous ciphers": twin(
        client(), site(ciphers="ECDHE+AESGCM:AECDH-AES128-SHA:@SECLEVEL=0"), "tls.cipher.weak"
    ),
    "tls: no forward secrecy": twin(
        client(), defect("tls.weak_cipher", APP), "tls.cipher.forward_secrecy", "tls.version.newest"
    ),
    "tls: no HTTP/2": twin(client(), site(alpn=("http/1.1",)), "tls.alpn.http2"),
    "tls: http is not forced": twin(
        client(), setting("always_use_https", "off"), "tls.https.forced", "redirects.https_first"
    ),
    "tls: http serves one host": twin(client(), defect("http.unforced", APP), "tls.https.forced"),
    "tls: the origin is down": twin(client(), defect("http.origin_down", APP), "tls.https.answers"),
    "tls: HSTS is missing": twin(
        client(), defect("http.no_hsts", APP), "tls.hsts.declared", "tls.hsts.duration"
    ),
    "tls: HSTS is another": twin(
        client(), site(headers=with_hsts("max-age=31536000; preload; includeSubDomains")), "tls.hsts.declared"
    ),
    "tls: HSTS although none is declared": twin(
        client(tls={"hsts": "none"}), site(), "tls.hsts.declared", "tls.hsts.duration"
    ),
    "tls: HSTS is short": twin(hsts(max_age=300), None, "tls.hsts.duration"),
    "tls: HSTS twice": twin(
        client(),
        site(headers=with_hsts("max-age=31536000; includeSubDomains", "max-age=0")),
        "tls.hsts.single",
    ),
    "tls: HSTS over http": twin(
        client(),
        plain_site(status="301 Moved", headers=((HSTS, "max-age=1"), ("location", f"https://{APP}/"))),
        "tls.hsts.plain_http",
    ),
    "tls: preload without subdomains": twin(
        hsts(preload=True, include_subdomains=False), None, "tls.hsts.preload"
    ),
    "tls: a script over http": twin(
        client(tls={"rewrites": False}),
        page('<script src="http://cdn.example/a.js"></script>'),
        "tls.content.active",
    ),
    "tls: a form over http on a linked page": twin(
        client(tls={"rewrites": False}),
        page('<a href="/join">Join</a>', **{"/join": f'<form action="http://{DOMAIN}/join"></form>'}),
        "tls.content.active",
    ),
    "tls: an image over http": twin(client(), defect("http.mixed_content", APP), "tls.content.passive"),
    "tls: CAA allows another authority": twin(
        client(),
        api(
            lambda s: s.api.add_record(
                s.zone_id,
                name=DOMAIN,
                type="CAA",
                data={"flags": 0, "tag": "issue", "value": "other.example"},
            )
        ),
        "tls.caa.permits",
        "dns.record.served",
        "dns.record.undeclared",
    ),
}
