"""Mail providers by name: what a domain must publish for each, and what the outside world answers.

The facts, their dates and their sources are data, in ``presets.json``; nothing else in the
project repeats them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

Types = Mapping[str, tuple[str, ...]]
"""Type → rdata in presentation form (TXT quoted, targets absolute)."""
World = Mapping[str, Types]
"""Owner name (``*.`` = wildcard) → its types."""

OWN_DOMAIN = "domain"
"""The value of ``return_path`` that means the client's own domain."""


@dataclass(frozen=True, slots=True)
class DkimShape:
    """How a provider publishes DKIM keys.

    ``shape``: ``txt`` (a key that the provider shows) or ``cname`` (a delegation to the provider).
    ``selectors``: those known beforehand; empty when the provider makes them up.
    ``target``: for ``cname``, with ``{selector}``, ``{domain}``, ``{dashed}``, ``{account}``, ``{base}``.
    ``suffixes``: domains under which the provider's CNAME targets lie.
    """

    shape: Literal["txt", "cname"]
    selectors: tuple[str, ...]
    target: str | None
    suffixes: tuple[str, ...]
    note: str

    @property
    def needs_account(self) -> bool:
        return self.target is not None and "{account}" in self.target

    def cname(self, selector: str, domain: str, *, account: str = "", base: str = "") -> str | None:
        """The CNAME target of one selector, or None for keys that are TXT records."""
        if self.target is None:
            return None
        dashed = domain.replace(".", "-")
        return self.target.format(selector=selector, domain=domain, dashed=dashed, account=account, base=base)

    def leads_here(self, target: str) -> bool:
        """Is a CNAME target evidently this provider's?"""
        name = target.lower().rstrip(".")
        return any(name.endswith("." + suffix) for suffix in self.suffixes)


@dataclass(frozen=True, slots=True)
class Account:
    """The part of a provider's names that belongs to the customer's account there."""

    what: str
    pattern: str
    example: str

    def fits(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class PathRecord:
    """One record of a custom return path; ``content`` with ``{region}``, ``{account}``, ``{base}``."""

    type: str
    content: str
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnPathOption:
    """What a return path below the client's domain publishes. ``label``: its usual name.

    ``needs``: keys of the sender that the records depend on. ``signs``: with which ``d=`` the provider
    signs then, ``domain`` or ``return_path``.
    """

    label: str
    needs: tuple[str, ...]
    signs: Literal["domain", "return_path"]
    records: tuple[PathRecord, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact was seen, when (ISO date), and which fact."""

    url: str
    seen: str
    shows: str


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider. ``spf_lookups`` counts the include itself and everything that it includes.

    ``return_path``: OWN_DOMAIN, or the bounce domain that the provider puts into the envelope.
    ``aligned_spf``: can SPF pass with strict alignment, that is with the domain itself?
    ``receives``: does it take the domain's mail (then ``mx`` lists its hosts)?
    ``base``: the domain of the provider's host names, which differs by region.
    ``regions``: region → what differs there; ``in_region`` applies it.
    """

    name: str
    title: str
    spf_include: str | None
    spf_lookups: int
    return_path: str
    aligned_spf: bool
    receives: bool
    base: str
    default_region: str | None
    regions: Mapping[str, Mapping[str, str]]
    account: Account | None
    mx_templates: tuple[tuple[int, str], ...]
    dkim: DkimShape
    return_path_option: ReturnPathOption | None
    notes: tuple[str, ...]
    sources: tuple[Source, ...]
    world: World
    patterns: World

    def mx(self, domain: str) -> list[tuple[int, str]]:
        """(priority, host) pairs for ``domain``; empty when the provider takes no mail."""
        dashed = domain.replace(".", "-")
        return [
            (p, host.format(domain=domain, dashed=dashed, base=self.base)) for p, host in self.mx_templates
        ]

    def at_apex(self) -> bool:
        """Does the sender need its include in the domain's own SPF record?"""
        return self.spf_include is not None and self.return_path == OWN_DOMAIN

    def in_region(self, region: str | None) -> Preset:
        """The preset as it is in a region of the provider; an unknown one changes nothing."""
        return replace(self, **self.regions.get(region or self.default_region or "", {}))  # type: ignore[arg-type]


def _types(data: Mapping[str, list[str]]) -> Types:
    return MappingProxyType({rdtype: tuple(values) for rdtype, values in data.items()})


def _world(data: Mapping[str, Mapping[str, list[str]]]) -> World:
    return MappingProxyType({name: _types(types) for name, types in data.items()})


def _option(data: Mapping[str, Any] | None) -> ReturnPathOption | None:
    if data is None:
        return None
    records = tuple(PathRecord(r["type"], r["content"], r.get("priority")) for r in data["records"])
    return ReturnPathOption(data["label"], tuple(data["needs"]), data["signs"], records, data["note"])


def _preset(name: str, data: Mapping[str, Any]) -> Preset:
    dkim, account = data["dkim"], data["account"]
    return Preset(
        name=name,
        title=data["title"],
        spf_include=data["spf_include"],
        spf_lookups=data["spf_lookups"],
        return_path=data["return_path"],
        aligned_spf=data["aligned_spf"],
        receives=data["receives"],
        base=data["base"] or "",
        default_region=data["default_region"],
        regions=MappingProxyType(data["regions"]),
        account=None if account is None else Account(account["what"], account["pattern"], account["example"]),
        mx_templates=tuple((priority, host) for priority, host in data["mx"]),
        dkim=DkimShape(
            dkim["shape"], tuple(dkim["selectors"]), dkim["target"], tuple(dkim["suffixes"]), dkim["note"]
        ),
        return_path_option=_option(data["return_path_option"]),
        notes=tuple(data["notes"]),
        sources=tuple(Source(s["url"], s["seen"], s["shows"]) for s in data["sources"]),
        world=_world(data["world"]),
        patterns=_world(data["patterns"]),
    )


_DATA: Mapping[str, Any] = json.loads(
    resources.files("launchready.mailauth").joinpath("presets.json").read_text(encoding="utf-8")
)

AS_OF: str = _DATA["as_of"]
"""The date (ISO) on which the facts were gathered."""

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {name: _preset(name, data) for name, data in _DATA["presets"].items()}
)

INCLUDE_LOOKUPS: Mapping[str, int] = MappingProxyType(
    {
        variant.spf_include: variant.spf_lookups
        for preset in PRESETS.values()
        for variant in (preset, *(preset.in_region(region) for region in preset.regions))
        if variant.spf_include is not None
    }
)
"""What each provider's include costs, in every region: look-ups, the include's own among them."""

_PATTERNS: tuple[tuple[re.Pattern[str], Types], ...] = tuple(
    (re.compile(pattern), types) for preset in PRESETS.values() for pattern, types in preset.patterns.items()
)


def world_records() -> dict[str, dict[str, list[str]]]:
    """Every name that the outside world serves for the presets: name → type → rdata.

    Names are lower-case without a trailing dot; one that begins with ``*.`` is a wildcard (RFC 4592).
    Names that no wildcard tells apart are in ``patterned_records``.
    """
    merged: dict[str, dict[str, list[str]]] = {}
    for world in [*(preset.world for preset in PRESETS.values()), _world(_DATA["others"]["world"])]:
        for name, types in world.items():
            for rdtype, data in types.items():
                found = merged.setdefault(name, {}).setdefault(rdtype, [])
                found.extend(value for value in data if value not in found)
    return merged


def patterned_records(name: str) -> Types | None:
    """What the outside world serves at a provider's name that contains an account or a region."""
    name = name.lower().rstrip(".")
    return next((types for pattern, types in _PATTERNS if pattern.fullmatch(name)), None)
