"""What the registration of a domain makes of its zone: active or not, DNSSEC active or pending.

A zone is active once its registration names exactly its two name servers and no DS of somebody
else's key; DNSSEC is active once the registration has the zone's DS. Who moves the registration is
``edge/world/registrar.py``: with ``registrar_auto`` it follows the zone, else a person moves it.
"""

from __future__ import annotations

from launchready.edge.api.router import timestamp
from launchready.edge.state import EdgeState, Registration, Zone
from launchready.edge.world.registrar import registration

_NAMES = (
    "ada",
    "arch",
    "cody",
    "dahlia",
    "dora",
    "elmo",
    "faye",
    "gina",
    "hugh",
    "iris",
    "jack",
    "kiki",
    "lara",
    "milo",
    "nina",
    "otto",
    "pete",
    "rita",
    "sara",
    "todd",
    "uma",
    "vera",
    "will",
    "zara",
)


def assigned_names(zone_id: str) -> list[str]:
    """Two name servers, always the same for an id."""
    first = int(zone_id[:8], 16) % len(_NAMES)
    step = 1 + int(zone_id[8:16], 16) % (len(_NAMES) - 1)
    pair = sorted((_NAMES[first], _NAMES[(first + step) % len(_NAMES)]))
    return [f"{name}.ns.cloudflare.com" for name in pair]


def own_ds(zone: Zone) -> str | None:
    """The DS of the zone's own key, whatever its status; None without a key."""
    info = zone.dnssec
    if not info.get("digest"):
        return None
    return f"{info['key_tag']} {info['algorithm']} {info['digest_type']} {info['digest']}"


def same_ds(one: str, other: str) -> bool:
    """Presentation forms differ in case and in spaces inside the digest."""
    left, right = one.split(None, 3), other.split(None, 3)
    if len(left) != 4 or len(right) != 4 or left[:3] != right[:3]:
        return False
    return "".join(left[3].split()).upper() == "".join(right[3].split()).upper()


def refresh(state: EdgeState, zone: Zone) -> bool:
    """Brings both statuses in line with the registration as it is now; true if one changed."""
    entry = registration(state, zone.name) or Registration(zone.name)
    before = (zone.info["status"], zone.dnssec["status"])
    _refresh_zone(state, zone, entry)
    _refresh_dnssec(state, zone, entry)
    return before != (zone.info["status"], zone.dnssec["status"])


def _refresh_zone(state: EdgeState, zone: Zone, entry: Registration) -> None:
    info, own = zone.info, own_ds(zone)
    delegated = {name.lower().rstrip(".") for name in entry.nameservers} == set(info["name_servers"])
    stale = [ds for ds in entry.ds if own is None or not same_ds(ds, own)]
    if not delegated:
        if info["status"] == "active":
            info["status"] = "moved"
    elif info["status"] != "active" and not stale:
        info["status"] = "active"
        info["activated_on"] = info["activated_on"] or timestamp(state)


def _refresh_dnssec(state: EdgeState, zone: Zone, entry: Registration) -> None:
    info, own = zone.dnssec, own_ds(zone)
    status = info["status"]
    published = own is not None and any(same_ds(ds, own) for ds in entry.ds)
    following = status
    if status in ("active", "pending"):
        following = "active" if published else "pending"
    elif status == "pending-disabled" and not published:
        following = "disabled"
    if following != status:
        info["status"] = following
        info["modified_on"] = timestamp(state)


def release(state: EdgeState, zone: Zone) -> None:
    """A zone is gone: a registrar that follows drops its delegation and DS; a manual one does not."""
    entry = state.registry.get(zone.name)
    if entry is None or not state.registrar_auto:
        return
    if "nameservers" not in entry.manual:
        entry.nameservers = []
    if "ds" not in entry.manual:
        entry.ds = []
