"""A record on its way: everything but its Pulumi name, which depends on its neighbours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from launchready.client_file.model import ClientFile
from launchready.declared import rdata
from launchready.declared.created import Source
from launchready.declared.types import AUTOMATIC_TTL
from launchready.errors import InputError, Where


class Draft(NamedTuple):
    """See ``types.Record``, whose fields these are."""

    name: str
    type: str
    content: str
    key: str
    ttl: int = AUTOMATIC_TTL
    proxied: bool = False
    priority: int | None = None
    data: Mapping[str, Any] | None = None
    comment: str | None = None
    tags: tuple[str, ...] = ()
    source: Source | None = None
    """Where the placeholder's value will be, for a record that is known only after creation."""

    @property
    def identity(self) -> tuple[str, str, str, int | None]:
        """What makes two records the same to Cloudflare (error 81058): name, type and data."""
        return self.name, self.type, self.content, self.priority


def draft(
    name: str, rdtype: str, content: str, key: str, *, priority: int | None = None, domain: str = ""
) -> Draft:
    """A record that launchready itself derives: automatic TTL, DNS only, content canonicalised."""
    value = rdata.canonical(rdtype, rdata.Given(content, None, priority, domain))
    return Draft(name, rdtype, value.content, key, priority=value.priority, data=value.data)


def refused(client: ClientFile, key: str, reason: object, fix: str | None = None) -> InputError:
    """The error for a value that can't be declared; the lint says the same earlier, with a line."""
    return InputError(str(reason), where=Where(path=client.path, key=f"launchready:{key}"), fix=fix)
