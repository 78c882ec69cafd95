"""Repositories and logs made for tests, with keys that no service ever gave out.

Every key is put together at run time, so that no line of this repository has a secret's form.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def random_text(seed: str, length: int) -> str:
    """Letters and digits that look random and are the same every time."""
    raw = b"".join(hashlib.sha512(f"{seed}{n}".encode()).digest() for n in range(1 + length // 60))
    return "".join(c for c in base64.b64encode(raw).decode() if c.isalnum())[:length]


def stripe(seed: str = "stripe") -> str:
    return "_".join(("sk", "live", random_text(seed, 24)))


def aws(seed: str = "aws") -> str:
    return "AK" + "IA" + base64.b32encode(hashlib.sha512(seed.encode()).digest()).decode()[:16]


def github(seed: str = "github") -> str:
    return "gh" + "p_" + random_text(seed, 36)


def pem() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def token(**claims: object) -> str:
    """A JSON Web Token that nobody signed."""
    parts = (json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    body = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return f"{body}.{random_text('signature', 43)}"


def git(directory: Path, *arguments: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@north.example", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", "-C", str(directory), *who, *arguments], env=env, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def repository(directory: Path, *commits: Mapping[str, str | bytes | None]) -> Path:
    """A repository with these commits, each a mapping of path to content (None removes it)."""
    directory.mkdir(parents=True, exist_ok=True)
    git(directory, "init", "-q", "-b", "main")
    for number, files in enumerate(commits, start=1):
        commit(directory, f"commit {number}", files)
    return directory


def commit(directory: Path, message: str, files: Mapping[str, str | bytes | None]) -> str:
    """The short name of a new commit."""
    for path, content in files.items():
        place = directory / path
        if content is None:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(directory, "add", "-A", "-f")
    git(directory, "commit", "-q", "--allow-empty", "-m", message)
    return git(directory, "rev-parse", "HEAD")[:10]


def harmless() -> dict[str, str | bytes]:
    """What every repository has and no scanner should cry over."""
    digest = hashlib.sha512(b"x").digest()
    lock = {
        "packages": {"a": {"integrity": "sha512-" + base64.b64encode(digest).decode(), "resolved": "a.tgz"}}
    }
    minified = (
        "!function(){var e='" + random_text("min", 6_000) + "',token='" + random_text("t", 40) + "'}();"
    )
    fixture = {
        "token": random_text("fixture", 40),
        "jwt": token(sub="ada"),
        "stripe": "sk_" + "test_" + random_text("s", 24),
    }
    return {
        "package-lock.json": json.dumps(lock),
        "poetry.lock": f'hash = "sha256:{hashlib.sha256(b"y").hexdigest()}"\n',
        "static/app.min.js": minified,
        "static/app.js": "sk-learn-more-button-primary-large { } /* 8c6d1a3e-1f0c-4d8e-9b57-3f2f3c1d0a11 */\n"
        + minified,
        "app/ids.py": 'REQUEST = "8c6d1a3e-1f0c-4d8e-9b57-3f2f3c1d0a11"\nCOMMIT = "'
        + hashlib.sha1(b"z").hexdigest()
        + '"\n'
        'TOKEN_URL = "https://login.north.example/oauth2/token"\n'
        'password = os.environ["DATABASE_PASSWORD"]\n',
        "docker-compose.yml": "DATABASE_URL: postgres://app:postgres@db:5432/app\n"
        "SECRET_KEY: ${SECRET_KEY}\n",
        ".env.example": "STRIPE_SECRET_KEY=sk_" + "live_your_key_here\nDATABASE_PASSWORD=changeme\n",
        "tests/fixtures/answer.json": json.dumps(fixture),
        "tests/server.key": pem(),
        "docs/setup.md": "Use `AK"
        + "IAIOSFODNN7EXAMPLE`, or postgres://user:s3cretpassw0rd@db.north.example/app\n",
        "app/notify.py": 'HOOK = "https://hooks.slack.com/services/T1/B2/made-up-4-you"\n',
        "image.bin": bytes(range(256)) * 400,
        "empty": "",
    }


def log(path: Path, *lines: str) -> Path:
    """A log file, gzipped when its name says so."""
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


QUIET_LOG = (
    '192.0.2.1 - - [24/Nov/2026:10:00:00 +0000] "GET /reset?token=[FILTERED] HTTP/2" 200 512',
    "request_id=8c6d1a3e-1f0c-4d8e-9b57-3f2f3c1d0a11 commit=" + hashlib.sha1(b"q").hexdigest(),
    "authorization: Bearer [REDACTED] password=******** secret=***",
    "password: changed by ada; token expired; user=ada@north.example",
)
