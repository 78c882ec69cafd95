"""What stands between a visitor and the origin, beside rules: certificates, advanced packs, Workers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

from launchready.checklist.tls import x509
from launchready.declared.mta_sts import source
from launchready.drift.compare import Run, Thing, compared
from launchready.drift.types import Class, Difference
from launchready.evidence.types import Cause, TlsResult

LEAST_DAYS = 14
"""Days that a certificate must still have where the client file says nothing else."""
_NO_SUCH_HOST = frozenset({Cause.NXDOMAIN, Cause.NODATA})
"""What DNS says of a host that has no record: the record is an item then."""
_NOTHING_SERVED = frozenset({Cause.TLS, Cause.RESET, Cause.CONNECTION_REFUSED, Cause.MALFORMED})


def differences(run: Run) -> Iterator[Difference]:
    yield from compared(run, _certificates(run))
    yield from compared(run, _packs(run))
    yield from compared(run, _workers(run))


# ---- certificates -------------------------------------------------------------------------------


def _certificates(run: Run) -> Iterator[Thing]:
    if run.outside.left_out:
        run.notes.append(f"certificates: {run.outside.left_out} hosts more were not looked at")
    explained = run.live.universal_ssl is False or bool((run.live.zone or {}).get("paused"))
    proxied = {record.name for record in run.declared.records if record.proxied}
    for host, result in run.outside.certificates.items():
        if host in proxied and (explained or (run.live.zone or {}).get("status") != "active"):
            continue  # told by the zone itself
        yield from _certificate(run, host, result, at_edge=host in proxied)


def _certificate(run: Run, host: str, result: TlsResult, *, at_edge: bool) -> Iterator[Thing]:
    facts = {"at_edge": at_edge}
    if result.cause in _NO_SUCH_HOST and run.live.records is not None:
        return
    if not result.chain:
        if result.cause not in _NOTHING_SERVED:
            cause = result.cause.value if result.cause else "TLS"
            run.not_found(f"{host} certificate", cause, result.detail or "no handshake")
            return
        why = result.alert or result.detail or "no certificate"
        yield Thing(
            "certificate", host, {"served": "a certificate"}, None, None, _renew(run, at_edge),
            facts | {"end": "none", "detail": why}, lambda side: str(side["served"]), stateless=True,
        )  # fmt: skip
        return
    leaf = x509.parse(result.chain[0])
    end, now = leaf.not_valid_after_utc, run.now
    monitoring = run.declared.monitoring
    days = monitoring.expiry_days if monitoring is not None else LEAST_DAYS
    state = "expired" if end < now else "ends soon" if end < now + timedelta(days=days) else "valid"
    if leaf.not_valid_before_utc > now:
        state = "not valid yet"
    yield Thing(
        "certificate", host, {"certificate": "valid"},
        {"certificate": state, "until": f"{end:%Y-%m-%d}"}, None,
        _renew(run, at_edge), facts | {"end": state},
        lambda side: f"{side['certificate']}, until {side['until']}" if "until" in side
        else f"valid for {days} days and more",
        stateless=True,
    )  # fmt: skip


def _renew(run: Run, at_edge: bool) -> str:
    if not at_edge:
        return (
            "renew the certificate at the host's own server; `launch verify "
            + run.fixes.client
            + " --only tls`"
        )
    packs = run.fixes.call("GET", "/zones/{zone}/ssl/certificate_packs?status=all")
    return (
        "Cloudflare renews it by itself once it may: see that CAA allows its authorities, and that the zone "
        f"is active (`launch verify {run.fixes.client} --only tls` says which); its own word on it: {packs}"
    )


def _packs(run: Run) -> Iterator[Thing]:
    plan = run.declared.certificate
    if plan is None or not run.known("packs", f"{run.declared.domain} certificate packs"):
        return
    wanted = sorted(plan.hosts)
    advanced = [pack for pack in run.live.packs or () if pack.get("type") == "advanced"]
    match = next((p for p in advanced if sorted(map(str.lower, p.get("hosts") or ())) == wanted), None)
    found = match or next(iter(advanced), None)
    resource = run.state.get("CertificatePack", "certificate")
    yield Thing(
        "pack", f"{run.declared.domain} advanced certificate", {"hosts": wanted},
        None if found is None else {"hosts": sorted(map(str.lower, found.get("hosts") or ()))},
        None if resource is None else {"hosts": sorted(resource.values.get("hosts") or ())},
        show=lambda side: ", ".join(side["hosts"]),
    )  # fmt: skip


# ---- Workers ------------------------------------------------------------------------------------


def _workers(run: Run) -> Iterator[Thing]:
    for plan in run.declared.workers:
        if not run.known(f"script {plan.name}", f"Worker {plan.name}"):
            continue
        live, resource = run.live.scripts.get(plan.name), run.state.get("WorkersScript", plan.name)
        state = None
        if resource is not None:
            bindings = {one["name"]: one.get("text") for one in resource.values.get("bindings") or ()}
            state = _script(str(resource.values.get("content") or ""), bindings)
        yield Thing(
            "worker", f"Worker {plan.name}",
            _script(source(plan.module), {one.name: one.text for one in plan.bindings}),
            None if live is None else _script(live["content"], live["bindings"]), state,
            show=lambda side: f"script {side['script']}, bindings {side['bindings']}",
        )  # fmt: skip
    yield from _routes(run)


def _script(content: str, bindings: object) -> dict[str, str]:
    """A script by what is peculiar to it: digests, since it may be long."""
    parts = (
        {"script": content.strip(), "bindings": repr(sorted(bindings.items()))}
        if isinstance(bindings, dict)
        else {"script": content.strip(), "bindings": ""}
    )
    return {key: hashlib.sha256(text.encode()).hexdigest()[:12] for key, text in parts.items()}


def _routes(run: Run) -> Iterator[Thing]:
    if run.live.routes is None:
        error = run.live.failed.get("routes")
        if run.declared.workers:
            run.known("routes", f"{run.declared.domain} Workers routes")
        elif error is not None:  # nobody declares one: a token need not be allowed to read them
            run.notes.append(f"routes of Workers that nobody declares were not looked at: {error.what}")
        return
    wanted = {plan.pattern.lower(): plan.name for plan in run.declared.workers}
    live = {str(route["pattern"]).lower(): route for route in run.live.routes}
    for pattern in dict.fromkeys((*wanted, *live)):
        route, resource = live.get(pattern), run.state.get("WorkersRoute", pattern)
        known = resource.values.get("script") if resource is not None else None
        foreign = pattern not in wanted
        delete = f"/zones/{{zone}}/workers/routes/{route['id']}" if route is not None else ""
        yield Thing(
            "route", f"route {pattern}", None if foreign else {"script": wanted[pattern]},
            None if route is None else {"script": route.get("script")},
            None if resource is None else {"script": known},
            run.fixes.call("DELETE", delete) if foreign and resource is None else None,
            show=lambda side: f"to {side['script'] or 'no Worker'}",
            presence=Class.UNMANAGED if foreign else None,
        )  # fmt: skip
