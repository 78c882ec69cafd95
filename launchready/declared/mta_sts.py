"""``email.mta_sts`` → the record, the host, and the Worker that serves the policy (RFC 8461).

The policy's mail hosts are the declared MX hosts, so that it can't forget one. Its id is made from its
text: another policy has another id, the same policy the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from launchready.client_file.created import policy_host, policy_host_by_worker
from launchready.client_file.model import ClientFile
from launchready.declared.created import Binding, WorkerPlan
from launchready.declared.draft import Draft, draft, refused
from launchready.declared.hosts import NO_ORIGIN
from launchready.mailauth import mta_sts

KEY = "email.mta_sts"
BINDING = "POLICY"
MODULE = "mta-sts.mjs"
COMPATIBILITY_DATE = "2025-11-01"
"""Of the Workers runtime that the fixed script was written for; it never needs another."""


def policy_text(client: ClientFile, exchangers: Iterable[str]) -> str:
    """The policy file: CRLF lines, the mail hosts in alphabetical order (RFC 8461 §3.2)."""
    policy = client.email.sts_policy
    if policy is None:
        return ""
    hosts = sorted(dict.fromkeys(policy.mx or exchangers))
    lines = ["version: STSv1", f"mode: {policy.mode}", *(f"mx: {host}" for host in hosts)]
    return "".join(f"{line}\r\n" for line in (*lines, f"max_age: {policy.max_age}"))


def policy_id(text: str) -> str:
    """1 to 32 letters and digits that change with the policy (RFC 8461 §3.1)."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def sts_drafts(client: ClientFile, drafts: Iterable[Draft]) -> Iterator[Draft]:
    """The ``_mta-sts`` record, and the policy host's own. ``drafts``: all others, for their MX records.

    Raises InputError when no mail host is declared, or for a host that is no name.
    """
    policy = client.email.sts_policy
    if policy is None:
        return
    text = policy_text(client, _exchangers(client, drafts))
    name = mta_sts.record_name(client.domain)
    yield draft(name, "TXT", f"v=STSv1; id={policy_id(text)}", KEY)
    host = policy_host(client.domain)
    if policy.host is None:
        yield draft(host, "AAAA", NO_ORIGIN, KEY)._replace(proxied=True)
    elif policy.host != host:
        try:
            yield draft(host, "CNAME", policy.host, f"{KEY}.host")
        except ValueError as error:
            raise refused(client, f"{KEY}.host", error) from None


def worker(client: ClientFile, drafts: Iterable[Draft]) -> WorkerPlan | None:
    """The Worker that serves the policy; None where the client's own host does, or there is none."""
    host = policy_host_by_worker(client)
    if host is None:
        return None
    return WorkerPlan(
        name=_script_name(client.domain),
        module=MODULE,
        bindings=(Binding(BINDING, policy_text(client, _exchangers(client, drafts))),),
        pattern=f"{host}/*",
        host=host,
        compatibility_date=COMPATIBILITY_DATE,
        key=KEY,
    )


def _script_name(domain: str) -> str:
    """One name in the account for one domain, of 63 characters at most."""
    readable = domain.replace(".", "-")[:40].strip("-")
    return f"mta-sts-{readable}-{hashlib.sha256(domain.encode()).hexdigest()[:8]}"


def source(module: str) -> str:
    """The text of a Worker's module, as it is in the package."""
    place = resources.files("launchready.declared").joinpath("workers", module)
    return place.read_text(encoding="utf-8")


def _exchangers(client: ClientFile, drafts: Iterable[Draft]) -> list[str]:
    found = [d.content.lower() for d in drafts if d.type == "MX" and d.name == client.domain]
    hosts = [host for host in found if host not in ("", ".")]
    if not hosts:
        raise refused(client, KEY, "MTA-STS without a host that takes mail", "name one with email.receive")
    return hosts
