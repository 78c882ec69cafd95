"""DNSSEC of a zone: on, off, forget; the registration's DS decides when it is active.

The keys are edge/dns's. Source: facts/cloudflare-api.md, "DNSSEC, SSL".
"""

from __future__ import annotations

from launchready.edge.api.envelope import Reply, refuse
from launchready.edge.api.fields import choice, read
from launchready.edge.api.registrar import refresh
from launchready.edge.api.router import Call, Router
from launchready.edge.dns.keys import ensure_keys
from launchready.edge.state import Json, Zone

_DETAILS = ("flags", "algorithm", "key_type", "digest_type", "digest_algorithm", "digest", "ds", "key_tag",
            "public_key")  # fmt: skip
SWITCHES = ("dnssec_multi_signer", "dnssec_presigned", "dnssec_use_nsec3")


def add_routes(router: Router) -> None:
    router.add("GET", "zones/{zone_id}/dnssec", get_dnssec)
    router.add("PATCH", "zones/{zone_id}/dnssec", edit_dnssec)
    router.add("DELETE", "zones/{zone_id}/dnssec", delete_dnssec)


def get_dnssec(call: Call) -> Reply:
    refresh(call.state, call.zone)
    return Reply(_shown(call.zone))


def edit_dnssec(call: Call) -> Reply:
    body, zone = call.object(1004), call.zone
    status = read(body, "status", "string", code=1004)
    switches = {key: read(body, key, "boolean", code=1004) for key in SWITCHES}
    if status is not None:
        choice(status, ("active", "disabled"), "status", code=1004)
    zone.dnssec.update({key: value for key, value in switches.items() if value is not None})
    if status == "active" and zone.dnssec["status"] not in ("active", "pending"):
        _enable(zone)
    elif status == "disabled" and zone.dnssec["status"] in ("active", "pending"):
        zone.dnssec["status"] = "pending-disabled"  # until its DS has left the registry
        refresh(call.state, zone)
    zone.dnssec["modified_on"] = call.now()
    zone.extra["unsettled"] = True
    return Reply(_shown(zone))


def delete_dnssec(call: Call) -> Reply:
    """Forgets the key; refused while the zone is signed."""
    zone = call.zone
    refresh(call.state, zone)
    if zone.dnssec["status"] in ("active", "pending"):
        raise refuse(400, 1004, "DNSSEC has to be disabled before its records can be deleted")
    zone.dnssec = {"status": "disabled"}
    zone.signing_key_pem = ""
    zone.extra["unsettled"] = True
    return Reply("")


def _shown(zone: Zone) -> Json:
    """The API's object: the key's details are null while there is no key."""
    details = {key: zone.dnssec.get(key) for key in _DETAILS}
    switches = {key: zone.dnssec.get(key, False) for key in SWITCHES}
    return {
        "status": zone.dnssec["status"],
        **details,
        "modified_on": zone.dnssec.get("modified_on"),
        **switches,
    }


def _enable(zone: Zone) -> None:
    """Keys if there are none yet, and the DS that belongs at the registrar."""
    zone.dnssec.update(ensure_keys(zone), status="pending")
