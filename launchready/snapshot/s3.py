"""Snapshots in a bucket: ``s3://bucket/prefix``, through boto3, at the endpoint that the environment names.

Objects are encrypted by S3 (SSE-S3) on top of what is encrypted here. The manifest is written last and
deleted first, so that a snapshot is there whole or not at all.
Source: boto3's S3 client (put_object, get_object, list_objects_v2, delete_objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from launchready.aws import session
from launchready.errors import ApiError, InputError
from launchready.snapshot.manifest import NAME
from launchready.snapshot.store import ID, StoreError

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_GONE = frozenset({"NoSuchKey", "404"})
LARGEST = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class S3Store:
    """``bucket`` and ``prefix`` (with the client's name, without a slash at either end)."""

    bucket: str
    prefix: str

    @classmethod
    def of(cls, spec: str, client: str) -> S3Store:
        """From ``s3://bucket/prefix``. Raises InputError."""
        bucket, _, prefix = spec.removeprefix("s3://").partition("/")
        if not _BUCKET.fullmatch(bucket):
            raise InputError(f"{spec}: {bucket!r} is no bucket's name", fix="write s3://BUCKET/PREFIX")
        return cls(bucket, "/".join(part for part in (prefix.strip("/"), client) if part))

    def ids(self) -> list[str]:
        client = self._client()
        found: set[str] = set()
        with self._told("list"):
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=f"{self.prefix}/"
            )
            for page in pages:
                for one in page.get("Contents") or ():
                    snapshot, _, name = one["Key"].removeprefix(f"{self.prefix}/").partition("/")
                    if name == NAME and ID.fullmatch(snapshot):
                        found.add(snapshot)
        return sorted(found)

    def read(self, snapshot: str, name: str) -> bytes | None:
        from botocore.exceptions import ClientError

        client = self._client()
        with self._told("read"):
            try:
                answer = client.get_object(Bucket=self.bucket, Key=self._key(snapshot, name))
            except ClientError as error:
                if session.code_of(error) in _GONE:
                    return None
                raise
            if answer["ContentLength"] > LARGEST:
                raise StoreError(f"{self.place(snapshot)}/{name} is larger than {LARGEST} bytes")
            content: bytes = answer["Body"].read()
        return content

    def write(self, snapshot: str, files: Mapping[str, bytes]) -> None:
        client = self._client()
        with self._told("write"):
            for name in sorted(files, key=lambda name: (name == NAME, name)):
                client.put_object(
                    Bucket=self.bucket,
                    Key=self._key(snapshot, name),
                    Body=files[name],
                    ServerSideEncryption="AES256",
                )

    def rewrite(self, snapshot: str, manifest: bytes) -> None:
        self.write(snapshot, {NAME: manifest})

    def delete(self, snapshot: str) -> None:
        client = self._client()
        with self._told("delete"):
            client.delete_object(Bucket=self.bucket, Key=self._key(snapshot, NAME))
            listed = client.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.prefix}/{snapshot}/")
            for one in listed.get("Contents") or ():
                client.delete_object(Bucket=self.bucket, Key=one["Key"])

    def place(self, snapshot: str = "") -> str:
        return f"s3://{self.bucket}/{self.prefix}" + (f"/{snapshot}" if snapshot else "")

    @property
    def known(self) -> bool:
        return True

    def _key(self, snapshot: str, name: str) -> str:
        return f"{self.prefix}/{snapshot}/{name}"

    def _client(self) -> Any:
        return session.client("s3")

    def _told(self, doing: str) -> AbstractContextManager[None]:
        return _told(f"the snapshots at {self.place()} can't be reached ({doing})")


@contextmanager
def _told(what: str) -> Iterator[None]:
    """AWS's errors as this project's: wrong credentials are the user's to mend, the rest is the place's."""
    try:
        with session.errors(what):
            yield
    except ApiError as error:
        raise StoreError(error.what, fix="check the bucket's name, the region and the rights") from None
