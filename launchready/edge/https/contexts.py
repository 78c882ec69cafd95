"""SSLContexts for policies, cached, and what a hello and a policy have in common."""

from __future__ import annotations

import ssl
import warnings
from collections import OrderedDict
from pathlib import Path

from launchready.edge.ca import CertificateAuthority
from launchready.edge.https.client_hello import ClientHello
from launchready.edge.https.defects import TlsPolicy

MAX_CONTEXTS = 512
"""An SSLContext takes tens of kilobytes; a fleet of hosts must not fill the memory."""

MODERN = "ECDHE+AESGCM:ECDHE+CHACHA20"
LEGACY = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0"
"""TLS 1.0 and 1.1 know no AEAD cipher, and OpenSSL 3 speaks them at security level 0 only."""

ALERT_HANDSHAKE_FAILURE, ALERT_PROTOCOL_VERSION = 40, 70


class Contexts:
    """``get`` gives the SSLContext of a policy; the least recently used are dropped."""

    def __init__(self, authority: CertificateAuthority) -> None:
        self._authority = authority
        self._cache: OrderedDict[tuple[TlsPolicy, Path], tuple[ssl.SSLContext, frozenset[int]]] = (
            OrderedDict()
        )

    def get(self, policy: TlsPolicy) -> ssl.SSLContext:
        return self._get(policy)[0]

    def refusal(self, policy: TlsPolicy, hello: ClientHello) -> int | None:
        """The alert that this hello deserves, or None.

        asyncio drops OpenSSL's alert when a handshake fails, so what can be foreseen is answered before.
        """
        offered = {version for version in hello.versions if policy.minimum <= version <= policy.maximum}
        if not offered:
            return ALERT_PROTOCOL_VERSION
        if 0x0304 not in offered and not self._get(policy)[1] & hello.ciphers:
            return ALERT_HANDSHAKE_FAILURE
        return None

    def _get(self, policy: TlsPolicy) -> tuple[ssl.SSLContext, frozenset[int]]:
        path = self._authority.leaf(policy.leaf)
        key = (policy, path)
        entry = self._cache.get(key)
        if entry is None:
            context = _context(policy, path)
            ciphers = frozenset(c["id"] & 0xFFFF for c in context.get_ciphers() if c["protocol"] != "TLSv1.3")
            entry = self._cache[key] = (context, ciphers)
            if len(self._cache) > MAX_CONTEXTS:
                self._cache.popitem(last=False)
        self._cache.move_to_end(key)
        return entry


def _context(policy: TlsPolicy, path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    weak = policy.minimum < ssl.TLSVersion.TLSv1_2 or policy.leaf.key == "rsa1024"
    context.set_ciphers(policy.ciphers or (LEGACY if weak else MODERN))
    with warnings.catch_warnings():
        # Old versions are served on purpose here; Python warns of each.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = policy.minimum
        context.maximum_version = policy.maximum
    context.load_cert_chain(path)
    context.set_alpn_protocols(["h2", "http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 1
    return context
