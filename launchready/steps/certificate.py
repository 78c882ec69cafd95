"""The certificate at Cloudflare, and TLS from Cloudflare to the origin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from launchready.checklist.hosts import WEB_TYPES
from launchready.evidence.types import Cause, HttpProbe, HttpResult, TlsProbe, TlsResult
from launchready.steps.api import Json
from launchready.steps.context import Context
from launchready.steps.outcome import Look, done, failed, person, unknown, waiting
from launchready.steps.zone import gone

ENDED = ("expired", "deleted", "inactive", "validation_timed_out", "issuance_timed_out",
         "deployment_timed_out", "deletion_timed_out", "initializing_timed_out")  # fmt: skip
"""States of a pack that nothing follows on."""
ORIGIN_TLS = {525: "no TLS handshake with the origin", 526: "the origin's certificate is not valid"}
ORIGIN_DOWN = range(520, 525)
MOST_HOSTS = 20


def proxied(context: Context) -> tuple[str, ...]:
    """The names that Cloudflare serves with a certificate of its own, wildcards too."""
    records = context.declared.records
    names = (one.name for one in records if one.proxied and one.type in WEB_TYPES)
    return tuple(dict.fromkeys(names))


def origins(context: Context) -> tuple[str, ...]:
    """Proxied hosts with an origin behind them, one for each origin."""
    return tuple(one.hosts[0] for one in context.declared.origins if one.proxied and one.hosts)


def covers(pattern: str, host: str) -> bool:
    """RFC 6125 §6.4.3: a wildcard stands for just the leftmost label."""
    if pattern.startswith("*."):
        return host == pattern or host.partition(".")[2] == pattern[2:]
    return pattern == host


async def active(context: Context) -> Look:
    """Is every proxied host covered by an active pack, and is it served? Raises ApiError."""
    hosts = proxied(context)
    if not hosts:
        return done("no host is proxied: each origin has its own certificate")
    zone = await context.zone()
    if zone is None:
        return gone(context)
    packs = await context.api.packs(str(zone["id"]))
    live = [one for one in packs if one.get("status") == "active"]
    bare = [host for host in hosts if not _covered(host, live)]
    if bare:
        return _not_yet(context, bare, packs)
    return await _served(context, hosts, live)


def _covered(host: str, packs: Iterable[Json]) -> bool:
    return any(covers(str(name).lower(), host) for one in packs for name in one.get("hosts") or ())


def _not_yet(context: Context, bare: list[str], packs: list[Json]) -> Look:
    """Hosts without an active certificate: still under way, ended without one, or not ordered."""
    coming = [one for one in packs if one.get("status") not in (*ENDED, "active")]
    shown = ", ".join(bare[:5]) + (f" and {len(bare) - 5} more" if len(bare) > 5 else "")
    if all(_covered(host, coming) for host in bare):
        return waiting(
            *(f"the {one.get('type')} certificate is {one.get('status')}{_errors(one)}" for one in coming)
        )
    over = [one for one in packs if one.get("status") in ENDED and _covered(bare[0], [one])]
    told = tuple(f"the {one.get('type')} certificate is {one.get('status')}{_errors(one)}" for one in over)
    return failed(
        f"no certificate covers {shown}", *told,
        todo=("the CAA records must permit the authority (`tls.caa`)",
              "universal SSL covers the apex and one label below it, nothing deeper",
              "order it again at Cloudflare (SSL/TLS, Edge Certificates), or `tls.certificates: advanced`",
              f"then run `launch up {context.client.client}` again"),
    )  # fmt: skip


def _errors(pack: Json) -> str:
    told = [str(one.get("message")) for one in pack.get("validation_errors") or () if isinstance(one, dict)]
    return f": {'; '.join(told)}" if told else ""


async def _served(context: Context, hosts: tuple[str, ...], live: list[Json]) -> Look:
    """One handshake with a host, since the API tells of a certificate before every server has it."""
    host = next((one for one in hosts if not one.startswith("*")), None)
    kinds = ", ".join(sorted({str(one.get("type")) for one in live}))
    if host is None:
        return done(f"{kinds} certificate active")
    ((found,),) = await context.probe(TlsProbe(host))
    result = cast("TlsResult", found)
    if result.cause is None and result.trusted:
        return done(f"{kinds} certificate active; {host} shows it ({result.version})")
    if result.cause in (None, Cause.TLS):
        return waiting(f"{kinds} certificate active, and {host} does not show it yet: "
                       f"{result.trust_error or result.detail or result.alert}")  # fmt: skip
    return unknown(result.cause, f"{host}: {result.cause.value}: {result.detail}")


async def strict(context: Context) -> Look:
    """Is ``ssl`` as declared, and do the origins hold up to it? Raises ApiError."""
    declared = next((one.value for one in context.declared.settings if one.id == "ssl"), None)
    zone = await context.zone()
    if zone is None:
        return gone(context)
    live = await context.api.setting(str(zone["id"]), "ssl")
    if declared is None:
        return done(f"`tls.mode` is not declared; the zone has {live}")
    if live != declared:
        return failed(
            f"the zone's TLS mode is {live}, declared is {declared}",
            todo=(f"run `launch up {context.client.client} --refresh`: it sets {declared} again",),
        )
    hosts = [one for one in origins(context) if not one.startswith("*")][:MOST_HOSTS]
    if not hosts:
        return done(f"mode {live}; no origin behind Cloudflare")
    answers = await context.probe(*(HttpProbe(f"https://{host}/") for host in hosts))
    return _judge(context, str(live), [cast("HttpResult", one) for (one,) in answers], hosts)


def _judge(context: Context, mode: str, answers: list[HttpResult], hosts: list[str]) -> Look:
    by_host = list(zip(hosts, answers, strict=True))
    refused = [(host, one.status) for host, one in by_host if one.status in ORIGIN_TLS]
    if refused:
        return person(
            *(f"{host} answers {status}: {ORIGIN_TLS[status or 0]}" for host, status in refused),
            todo=(f"under mode {mode} the origin needs a certificate that is valid for its host, "
                  "from a public authority or Cloudflare's Origin CA: install it there",
                  f"then run `launch up {context.client.client}` again"),
        )  # fmt: skip
    for host, one in by_host:
        if one.status in ORIGIN_DOWN:
            return unknown(
                Cause.UNREACHABLE,
                f"{host} answers {one.status}: Cloudflare does not reach the origin",
                todo=("see to it that the origin runs, and lets Cloudflare's addresses in",),
            )
        if one.cause is Cause.CHALLENGE:
            return unknown(
                one.cause,
                f"{host}: Cloudflare challenges this machine, so that the origin was not asked",
                todo=("let this machine's address past the challenge (a skip rule), or look from elsewhere",),
            )
        if one.cause not in (None, Cause.PLACEHOLDER):
            return unknown(one.cause, f"{host}: {one.cause.value}: {one.detail}")
    return done(f"mode {mode}; " + ", ".join(f"{host} answers {one.status}" for host, one in by_host[:5]))
