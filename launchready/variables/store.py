"""Where a client's variables are kept, as one thing: read, compared by value, written, listed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from launchready.aws import kms, parameters, pool, secrets
from launchready.client_file.environment_model import Target
from launchready.declared.environment import TAG, Environment, Parameter


@dataclass(frozen=True, slots=True)
class Kept:
    """One variable as its service keeps it. ``version``: a number, or Secrets Manager's id.

    ``encrypted``: None where the service always does. ``key``: the ARN of the key where it could be
    found out, else what the service says. ``value`` only where it was asked for.
    """

    path: str
    store: Target
    arn: str
    version: str
    modified: datetime | None
    encrypted: bool
    key: str | None
    tier: str | None = None
    value: str | None = field(default=None, repr=False)

    def age(self, now: datetime) -> int | None:
        """Seconds since this value was written."""
        return None if self.modified is None else max(0, int((now - self.modified).total_seconds()))


@dataclass
class Store:
    """The services that hold what ``environment`` declares. Raises what ``launchready.aws`` raises."""

    environment: Environment

    @cached_property
    def _ssm(self) -> Any:
        return pool.client("ssm", self.environment.region)

    @cached_property
    def _sm(self) -> Any:
        return pool.client("secretsmanager", self.environment.region)

    @cached_property
    def _kms(self) -> Any:
        return pool.client("kms", self.environment.region)

    def listed(self) -> dict[tuple[Target, str], Kept]:
        """(service, full name) → what is kept below the client's path in either service, without values."""
        path = self.environment.path
        found: dict[tuple[Target, str], Kept] = {}
        for name, live in parameters.listed(self._ssm, path).items():
            found["ssm", name] = self._parameter(live)
        for name in secrets.listed(self._sm, path):
            secret = secrets.live(self._sm, name, value=False)
            if secret is not None and secret.deleted is None:
                found["secretsmanager", name] = self._secret(secret)
        return found

    def values(self, wanted: Iterable[Parameter]) -> dict[str, str]:
        """Name of a variable → its value, of those that are there."""
        by_path = {(p.store, p.path): p.name for p in wanted}
        plain = parameters.values(self._ssm, [path for store, path in by_path if store == "ssm"])
        found = {by_path["ssm", path]: value for path, value in plain.items()}
        for (store, path), name in by_path.items():
            if store == "secretsmanager":
                live = secrets.live(self._sm, path)
                if live is not None and live.value is not None:
                    found[name] = live.value
        return found

    def value(self, parameter: Parameter) -> str | None:
        """One variable's value; None when it isn't there."""
        return self.values([parameter]).get(parameter.name)

    def put(self, parameter: Parameter, value: str) -> Kept:
        """Write one variable as ``pulumi up`` would; the value before stays as a version."""
        tags = {TAG: self.environment.client}
        if parameter.store == "secretsmanager":
            wanted = secrets.Wanted(parameter.path, value, self.write_key(), parameter.description, tags)
            there = secrets.live(self._sm, parameter.path)
            same = there is not None and kms.same(self._kms, wanted.key_id, there.key_id)
            return self._secret(secrets.put(self._sm, wanted, there, same_key=same))
        key = self.write_key() if parameter.secret else None
        stored = parameters.Wanted(
            parameter.path, value, key, parameter.tier or "auto", parameter.description, tags
        )
        found = parameters.live(self._ssm, parameter.path)
        same_key = found is not None and kms.same(self._kms, key, found.key_id)
        return self._parameter(parameters.put(self._ssm, stored, found, same_key=same_key))

    def write_key(self) -> str:
        """What encrypts, ready for use; the client's own key is made where it doesn't exist yet."""
        environment = self.environment
        if environment.kms is None:
            raise ValueError("this environment has no secret")
        if environment.own_key:
            description = f"encrypts the variables of {environment.client} (launchready)"
            key, _ = kms.ensure(self._kms, environment.kms, description, {TAG: environment.client})
            return key.arn
        kms.require(self._kms, environment.kms)
        return environment.kms

    @cached_property
    def key_arn(self) -> str | None:
        """The ARN of the key that must encrypt; None without secrets, or while there is no such key."""
        return None if self.environment.kms is None else self._arn(self.environment.kms)

    def right_key(self, kept: Kept) -> bool:
        """Whether a variable is encrypted with the declared key."""
        wanted = self.environment.kms
        return kept.key is not None and kept.key in (wanted, self.key_arn)

    def rotates(self) -> bool | None:
        """Whether KMS renews the client's own key by itself; None for another's key."""
        if not self.environment.own_key or self.key_arn is None:
            return None
        return kms.rotates(self._kms, self.key_arn)

    def versions(self, kept: Kept) -> int:
        """How many versions of a variable are kept."""
        if kept.store == "ssm":
            return len(parameters.history(self._ssm, kept.path))
        return len(secrets.versions(self._sm, kept.path))

    def _arn(self, key: str) -> str | None:
        if key not in self._arns:
            found = kms.find(self._kms, key)
            self._arns[key] = None if found is None else found.arn
        return self._arns[key]

    @cached_property
    def _arns(self) -> dict[str, str | None]:
        return {}

    def _parameter(self, live: parameters.Live) -> Kept:
        secure = live.type == parameters.SECURE
        key = (self._arn(live.key_id) or live.key_id) if live.key_id is not None and secure else None
        arn = live.arn or parameters.arn_of(self._ssm, live.name)
        return Kept(
            live.name, "ssm", arn, str(live.version), live.modified, secure, key, live.tier, live.value
        )

    def _secret(self, live: secrets.Live) -> Kept:
        return Kept(
            live.name, "secretsmanager", live.arn, live.version, live.changed, True,
            self._arn(live.key_id) or live.key_id, None, live.value,
        )  # fmt: skip
