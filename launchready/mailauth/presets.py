"""Mail providers by name: what a domain must publish for each, and what the outside world answers.

The facts, their dates and their sources are data, in ``presets.json``; nothing else in the
project repeats them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

World = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Owner name (``*.`` = wildcard) → type → rdata in presentation form (TXT quoted, targets absolute)."""

OWN_DOMAIN = "domain"
"""The value of ``return_path`` that means the client's own domain."""


@dataclass(frozen=True, slots=True)
class DkimShape:
    """How a provider publishes DKIM keys.

    ``shape``: ``txt`` (a key that the provider shows) or ``cname`` (a delegation to the provider).
    ``selectors``: those known beforehand; empty when the provider makes them up.
    ``target``: for ``cname``, with ``{selector}``, ``{domain}``, ``{dashed}`` and ``{account}``.
    """

    shape: Literal["txt", "cname"]
    selectors: tuple[str, ...]
    target: str | None
    note: str

    def cname(self, selector: str, domain: str, *, account: str = "") -> str | None:
        """The CNAME target of one selector, or None for keys that are TXT records."""
        if self.target is None:
            return None
        return self.target.format(
            selector=selector, domain=domain, dashed=domain.replace(".", "-"), account=account
        )


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider. ``spf_lookups`` counts the include itself and everything that it includes.

    ``return_path``: OWN_DOMAIN, or the bounce domain that the provider puts into the envelope.
    ``aligned_spf``: can SPF pass with strict alignment, that is with the domain itself?
    ``receives``: does it take the domain's mail (then ``mx`` lists its hosts)?
    """

    name: str
    title: str
    spf_include: str | None
    spf_lookups: int
    return_path: str
    aligned_spf: bool
    receives: bool
    mx_templates: tuple[tuple[int, str], ...]
    dkim: DkimShape
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    world: World

    def mx(self, domain: str) -> list[tuple[int, str]]:
        """(priority, host) pairs for ``domain``; empty when the provider takes no mail."""
        dashed = domain.replace(".", "-")
        return [(priority, host.format(domain=domain, dashed=dashed)) for priority, host in self.mx_templates]

    def at_apex(self) -> bool:
        """Does the sender need its include in the domain's own SPF record?"""
        return self.spf_include is not None and self.return_path == OWN_DOMAIN


def _world(data: Mapping[str, Mapping[str, list[str]]]) -> World:
    return MappingProxyType(
        {name: MappingProxyType({t: tuple(v) for t, v in types.items()}) for name, types in data.items()}
    )


def _preset(name: str, data: Mapping[str, Any]) -> Preset:
    dkim = data["dkim"]
    return Preset(
        name=name,
        title=data["title"],
        spf_include=data["spf_include"],
        spf_lookups=data["spf_lookups"],
        return_path=data["return_path"],
        aligned_spf=data["aligned_spf"],
        receives=data["receives"],
        mx_templates=tuple((priority, host) for priority, host in data["mx"]),
        dkim=DkimShape(dkim["shape"], tuple(dkim["selectors"]), dkim["target"], dkim["note"]),
        notes=tuple(data["notes"]),
        sources=tuple(data["sources"]),
        world=_world(data["world"]),
    )


_DATA: Mapping[str, Any] = json.loads(
    resources.files("launchready.mailauth").joinpath("presets.json").read_text(encoding="utf-8")
)

AS_OF: str = _DATA["as_of"]
"""The date (ISO) on which the facts were gathered."""

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {name: _preset(name, data) for name, data in _DATA["presets"].items()}
)


def world_records() -> dict[str, dict[str, list[str]]]:
    """Every name that the outside world serves for the presets: name → type → rdata.

    Names are lower-case without a trailing dot; one that begins with ``*.`` is a wildcard (RFC 4592).
    """
    merged: dict[str, dict[str, list[str]]] = {}
    for world in [*(preset.world for preset in PRESETS.values()), _world(_DATA["others"]["world"])]:
        for name, types in world.items():
            for rdtype, data in types.items():
                found = merged.setdefault(name, {}).setdefault(rdtype, [])
                found.extend(value for value in data if value not in found)
    return merged
