"""Bad twins of the lints of ``environment``: short name → (keys of a client file, what else it trips)."""

from __future__ import annotations

import base64

NONCE = base64.b64encode(b"n" * 12).decode()


def sealed(size: int) -> str:
    """A ciphertext of the passphrase provider's form, of a plain text with this many bytes."""
    return f"v1:{NONCE}:{base64.b64encode(b's' * (size + 16)).decode()}"


def _variable(name: str, text: str, options: str = "") -> str:
    return f"environment: {{{options}variables: {{{name}: {{{text}}}}}}}"


def _secret(name: str, size: int = 20, more: str = "", options: str = "") -> str:
    return _variable(name, f"secret: {{secure: '{sealed(size)}'}}{more}", options)


TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "environment.name": (_variable("2ND-URL", "value: x"), ()),
    "environment.twice": ("environment: {variables: {Url: {value: a}, URL: {value: b}}}", ()),
    "environment.browser_secret": (_secret("STRIPE", more=", scope: browser"), ()),
    "environment.public_prefix": (_secret("NEXT_PUBLIC_STRIPE"), ()),
    "environment.public_scope": (_variable("VITE_API_URL", "value: 'https://api.acme.example'"), ()),
    "environment.plain_secret": (_variable("STRIPE", "value: sk_live_0123456789abcdef"), ()),
    "environment.empty": (_variable("NOTHING", "value: ''"), ()),
    "environment.size": (_secret("CERTIFICATE", 4_097, options="tier: standard, "), ()),
    "environment.reference": (_variable("GREETING", "value: 'hello {{ssm:name}}'"), ()),
    "environment.path": (_variable("A", "value: x", "path: '/aws/acme/', "), ()),
    "environment.shared_path": (_variable("A", "value: x", "path: /launchready/, "), ()),
    "environment.kms": (
        _variable("A", "value: x", "kms: 'arn:aws:kms:eu-west-1:123456789012:alias/acme', "),
        (),
    ),
    "environment.region": (_variable("A", "value: x", "region: Frankfurt, "), ()),
    "environment.description": (
        _variable("A", "value: x, description: it is sk_live_0123456789abcdef"),
        (),
    ),
}
