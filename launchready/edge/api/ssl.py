"""Certificates as the API shows them: universal SSL, its verification, advanced certificate packs.

Universal SSL covers the apex and one label below it. Advanced packs cost money on Free.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from launchready.edge.api import plans
from launchready.edge.api.envelope import Reply, paged, refuse
from launchready.edge.api.fields import choice, required
from launchready.edge.api.registrar import refresh
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_PACK = "zones/{zone_id}/ssl/certificate_packs"
AUTHORITIES = ("google", "lets_encrypt", "ssl_com")
VALIDITIES = (14, 30, 90, 365)
METHODS = ("txt", "http", "email")


def add_routes(router: Router) -> None:
    router.add("GET", "zones/{zone_id}/ssl/universal/settings", get_universal)
    router.add("PATCH", "zones/{zone_id}/ssl/universal/settings", edit_universal)
    router.add("GET", "zones/{zone_id}/ssl/verification", list_verification)
    router.add("GET", _PACK, list_packs)
    router.add("POST", f"{_PACK}/order", order_pack)
    router.add("GET", f"{_PACK}/quota", show_quota)
    router.add("GET", _PACK + "/{pack_id}", get_pack)
    router.add("DELETE", _PACK + "/{pack_id}", delete_pack)


def universal_enabled(extra: Json) -> bool:
    return bool(extra.get("universal_ssl", {"enabled": True})["enabled"])


def get_universal(call: Call) -> Reply:
    return Reply({"enabled": universal_enabled(call.zone.extra)})


def edit_universal(call: Call) -> Reply:
    enabled = required(call.object(1004), "enabled", "boolean", code=1004)
    call.zone.extra["universal_ssl"] = {"enabled": enabled}
    return Reply({"enabled": enabled})


def list_verification(call: Call) -> Reply:
    refresh(call.state, call.zone)
    return Reply(
        [
            {
                "brand_check": False,
                "cert_pack_uuid": pack["id"],
                "certificate_status": "active" if pack["status"] == "active" else "initializing",
                "signature": "ECDSAWithSHA256",
                "validation_method": "txt",
                "verification_status": pack["status"] == "active",
            }
            for pack in _packs(call)
        ]
    )


def list_packs(call: Call) -> Reply:
    return paged(_packs(call), call.query, default=20, low=5, high=50)


def get_pack(call: Call) -> Reply:
    return Reply(_find(call))


def delete_pack(call: Call) -> Reply:
    pack = _find(call)
    if pack["type"] != "advanced":
        raise refuse(400, 1450, "Only an advanced certificate pack can be deleted")
    del call.zone.extra["certificate_packs"][pack["id"]]
    return Reply({"id": pack["id"]})


def show_quota(call: Call) -> Reply:
    used = len(call.zone.extra.get("certificate_packs", {}))
    return Reply(
        {"advanced": {"allocated": plans.of(call.zone.info).certificate_packs, "used": used}},
    )


def order_pack(call: Call) -> Reply:
    body, zone = call.object(1410), call.zone
    plan = plans.of(zone.info)
    choice(required(body, "type", "string", code=1410), ("advanced",), "type", code=1410)
    hosts = required(body, "hosts", "array", code=1410)
    authority = choice(
        required(body, "certificate_authority", "string", code=1410),
        AUTHORITIES,
        "certificate_authority",
        code=1410,
    )
    method = choice(
        required(body, "validation_method", "string", code=1410), METHODS, "validation_method", code=1410
    )
    days = choice(
        required(body, "validity_days", "integer", code=1410), VALIDITIES, "validity_days", code=1410
    )
    if not hosts or len(hosts) > 50 or not all(isinstance(host, str) for host in hosts):
        raise refuse(400, 1411, "hosts has to list between 1 and 50 host names")
    outside = [h for h in hosts if h.lower() != zone.name and not h.lower().endswith(f".{zone.name}")]
    if outside or zone.name not in [host.lower() for host in hosts]:
        raise refuse(400, 1412, f"hosts must contain {zone.name} and only names of that zone")
    packs = zone.extra.setdefault("certificate_packs", {})
    if len(packs) >= plan.certificate_packs:
        raise refuse(403, 1413, f"No advanced certificate is left on the {plan.label} plan")
    pack = _pack(call, secrets.token_hex(16), "advanced", [host.lower() for host in hosts], days)
    pack.update(certificate_authority=authority, validation_method=method, validity_days=days)
    pack["cloudflare_branding"] = bool(body.get("cloudflare_branding", False))
    packs[pack["id"]] = pack
    return Reply(pack)


def _packs(call: Call) -> list[Json]:
    refresh(call.state, call.zone)
    zone, packs = call.zone, []
    if universal_enabled(zone.extra):
        number = format(int(zone.id, 16) ^ 0x5551, "032x")
        packs.append(_pack(call, number, "universal", [zone.name, f"*.{zone.name}"], 90))
    return packs + list(zone.extra.get("certificate_packs", {}).values())


def _find(call: Call) -> Json:
    for pack in _packs(call):
        if pack["id"] == call.params["pack_id"]:
            return pack
    raise refuse(404, 1404, "Certificate pack not found")


def _pack(call: Call, number: str, kind: str, hosts: list[str], days: int) -> Json:
    """A pack is issued once the zone is active."""
    status = "active" if call.zone.info["status"] == "active" else "pending_validation"
    expires = (call.state.clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    certificate = {
        "id": number,
        "hosts": hosts,
        "issuer": "LaunchreadyEdge",
        "signature": "ECDSAWithSHA256",
        "status": status,
        "bundle_method": "ubiquitous",
        "zone_id": call.zone.id,
        "uploaded_on": call.zone.info["created_on"],
        "modified_on": call.zone.info["modified_on"],
        "expires_on": expires,
        "priority": 1,
    }
    return {
        "id": number,
        "type": kind,
        "hosts": hosts,
        "primary_certificate": number,
        "status": status,
        "certificates": [certificate],
        "certificate_authority": "google",
        "validation_method": "txt",
        "validity_days": days,
        "cloudflare_branding": False,
    }
