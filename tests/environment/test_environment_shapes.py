"""What looks like a secret, and what must not."""

from __future__ import annotations

import secrets
import uuid

import pytest

from launchready.client_file.secret_shapes import PUBLIC_PREFIXES, public_prefix, secret_reason
from launchready.variables.scan import forms, scan

SECRET = {
    "STRIPE": "sk_live_0123456789abcdef",
    "AWS": "AKIAABCDEFGHIJKLMNOP",
    "GH": "ghp_0123456789abcdefghijABCDEFGHIJ012345",
    "CERT": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    "DATABASE_URL": "postgres://app:hunter2@db.acme.example:5432/app",
    "REDIS_URL": "redis://:hunter2@cache.acme.example",
    "SLACK": "https://hooks.slack.com/services/T000/B000/XXXXXXXX",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlMTIzNDU2",
    "JWT_SECRET": "hunter2",
    "DB_PASSWORD": "correct horse",
    "API_KEY": "abc-def",
    "SESSION": "5f4dcc3b5aa765d61d8327deb882cf99",
    "SEED": "Zx9Qw3Er7Ty1Ui5Op0As",
}
PLAIN = {
    "API_URL": "https://api.acme.example/v1?x=1",
    "LOG_LEVEL": "info",
    "PORT": "8080",
    "TOKEN_TTL": "3600",
    "ENABLE_API_KEY": "true",
    "REQUEST_ID": "0a1b2c3d-1111-2222-3333-444455556666",
    "KEY_ARN": "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-0000-0000-000000000000",
    "SECRET": "/run/secrets/stripe",
    "VERSION": "v1.24.3-rc.1+build.20261124",
    "HOST": "db-primary.internal.acme.example:5432",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_0123456789abcdefABCDEF",
    "CSS_CLASS": "main-content-area-large-and-long",
    "BUCKET": "acme-prod-assets-2026-eu",
    "DB_PASSWORD": "changeme",
}


@pytest.mark.parametrize("name", SECRET)
def test_a_secret_is_noticed_and_never_repeated(name: str) -> None:
    reason = secret_reason(name, SECRET[name])
    assert reason is not None
    assert SECRET[name] not in reason


@pytest.mark.parametrize("name", PLAIN)
def test_what_anyone_may_see_is_left_alone(name: str) -> None:
    assert secret_reason(name, PLAIN[name]) is None


def test_generated_keys_look_random_and_identifiers_do_not() -> None:
    missed = sum(secret_reason("X", secrets.token_urlsafe(24)) is None for _ in range(300))
    missed += sum(secret_reason("X", secrets.token_hex(20)) is None for _ in range(300))
    assert missed <= 12, "2 % at most"
    assert all(secret_reason("X", str(uuid.uuid4())) is None for _ in range(300))


def test_browsers_may_have_keys_that_their_issuers_call_public() -> None:
    google = "AIza" + "A1b2C3d4E5" * 3 + "F6g7H"
    assert secret_reason("NEXT_PUBLIC_MAPS_API_KEY", google, browser=True) is None
    assert secret_reason("MAPS_API_KEY", google) is not None
    assert secret_reason("NEXT_PUBLIC_STRIPE", "sk_live_0123456789", browser=True) is not None


@pytest.mark.parametrize("prefix", PUBLIC_PREFIXES)
def test_every_public_prefix_is_known_and_has_its_source(prefix: str) -> None:
    assert public_prefix(f"{prefix}API_KEY") == prefix
    assert public_prefix(f"{prefix.lower()}api_key") == prefix
    assert public_prefix(f"MY_{prefix}X") is None
    assert "." in PUBLIC_PREFIXES[prefix], "a page"


def test_a_value_across_the_reading_windows_is_found_with_its_line(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("launchready.variables.scan.CHUNK", 64)
    value = "the secret value 4242"
    for before in range(0, 140, 7):
        (tmp_path / "f").write_text("\n" * 3 + "x" * before + value + "\nend")
        (found,) = scan(tmp_path, {"A": value}).found
        assert (found.name, found.line, found.form) == ("A", 4, "as it is")


@pytest.mark.parametrize("offset", range(3))
def test_base64_is_found_at_any_offset(tmp_path, offset: int) -> None:  # type: ignore[no-untyped-def]
    import base64

    value = "a/secret+value~?>"
    (tmp_path / "f").write_bytes(base64.b64encode(b"x" * offset + value.encode() + b"tail"))
    (found,) = scan(tmp_path, {"A": value}).found
    assert found.form.startswith("base64")
    assert len(set(forms(value).values())) == len(forms(value))


def test_short_values_are_not_looked_for_and_said_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "f").write_text("abc")
    done = scan(tmp_path, {"A": "abc"})
    assert (done.found, done.too_short) == ((), ("A",))
