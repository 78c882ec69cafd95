"""The registrar: what a domain's registration says, following the API or moved by a person.

With ``registrar_auto`` name servers and DS follow the zone; what a person has set stays set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from launchready.edge.dns.names import labels_of
from launchready.edge.state import EdgeState, Registration, Zone
from launchready.errors import InputError

_DS_FIELDS = 4


def registration(state: EdgeState, domain: str) -> Registration | None:
    """The registration of exactly this domain as it is now; None when nobody has registered it."""
    entry = state.registry.get(domain)
    if not state.registrar_auto:
        return entry
    zone = zone_named(state, domain)
    if zone is None:
        return entry
    if entry is None:
        entry = state.registry[domain] = Registration(domain)
    if "nameservers" not in entry.manual:
        entry.nameservers = list(zone.info.get("name_servers") or ())
    if "ds" not in entry.manual:
        entry.ds = [text] if (text := zone_ds(zone)) else []
    return entry


def zone_named(state: EdgeState, domain: str) -> Zone | None:
    """The zone of exactly this name."""
    return next((zone for zone in state.zones.values() if zone.name == domain), None)


def zone_ds(zone: Zone) -> str | None:
    """The DS that belongs at the registrar, ``tag algorithm type DIGEST``; None while DNSSEC is off."""
    info = zone.dnssec
    if info.get("status") not in ("active", "pending") or not info.get("digest"):
        return None
    return f"{info['key_tag']} {info['algorithm']} {info['digest_type']} {info['digest']}"


def set_ns(
    state: EdgeState, domain: str, nameservers: Sequence[str], glue: Mapping[str, Sequence[str]] | None = None
) -> Registration:
    """Delegate the domain to these servers, by hand; registers it if need be.

    :raises InputError: for something that is not a host name.
    """
    entry = _entry(state, domain)
    entry.nameservers = [_host(name) for name in nameservers]
    entry.manual.add("nameservers")
    if glue is not None:
        entry.glue = {_host(name): list(addresses) for name, addresses in glue.items()}
        entry.manual.add("glue")
    state.changed()
    return entry


def set_ds(state: EdgeState, domain: str, ds: Sequence[str]) -> Registration:
    """Publish these DS records (rdata in presentation form) by hand; an empty list takes all away.

    :raises InputError: for something that is not DS rdata.
    """
    entry = _entry(state, domain)
    entry.ds = [_ds(text) for text in ds]
    entry.manual.add("ds")
    state.changed()
    return entry


def follow(state: EdgeState, domain: str) -> Registration:
    """Undo what was set by hand: the registration follows the zone again."""
    entry = _entry(state, domain)
    entry.manual.clear()
    state.changed()
    return registration(state, domain) or entry


def _entry(state: EdgeState, domain: str) -> Registration:
    name = _host(domain)
    return registration(state, name) or state.registry.setdefault(name, Registration(name))


def _host(name: str) -> str:
    try:
        labels_of(name)
    except ValueError as error:
        raise InputError(str(error)) from None
    return name.lower().rstrip(".")


def _ds(text: str) -> str:
    """The rdata in one form; a whole record (``acme.example. 3600 IN DS …``) is taken too."""
    words = text.split()
    upper = [word.upper() for word in words]
    if "DS" in upper:
        words = words[upper.index("DS") + 1 :]
    if len(words) < _DS_FIELDS or not all(word.isdigit() for word in words[:3]):
        raise InputError(f"{text!r} is not a DS record", fix="write: KEY_TAG ALGORITHM DIGEST_TYPE DIGEST")
    digest = "".join(words[3:]).upper()
    try:
        bytes.fromhex(digest)
    except ValueError:
        raise InputError(f"{text!r}: the digest is not hexadecimal") from None
    return " ".join([*words[:3], digest])
