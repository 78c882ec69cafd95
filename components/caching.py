"""Caching: the zone's cache rules, the settings under them (remembered and given back), tiered cache."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components import cloudflare
from components.base import Component
from components.rulesets import make_ruleset
from components.settings_memory import SettingsMemory
from launchready.declared import Declared, Rule, Setting

PHASE = "http_request_cache_settings"
TOGGLES = ("tiered_cache_smart_topology_enable", "tiered_caching")
"""What the memory calls the two switches of tiered cache."""


@dataclass(frozen=True, slots=True)
class CachingArgs:
    """``settings``: those that ``cache`` declares; ``tiered`` None: nothing of caching is declared."""

    zone_id: pulumi.Input[str]
    rules: tuple[Rule, ...]
    settings: tuple[Setting, ...]
    tiered: bool | None

    @classmethod
    def of(cls, zone_id: pulumi.Input[str], declared: Declared) -> CachingArgs:
        """What ``declared`` says of caching."""
        return cls(
            zone_id,
            declared.rulesets.get(PHASE, ()),
            tuple(setting for setting in declared.settings if setting.key.startswith("cache.")),
            declared.tiered_cache,
        )


class Caching(Component):
    """Output: ``rules``, how many there are."""

    def __init__(self, name: str, args: CachingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        make_ruleset(self, "cache", args.zone_id, PHASE, args.rules)
        if args.tiered is not None:
            ids = [*(setting.id for setting in args.settings), *TOGGLES]
            child = pulumi.ResourceOptions(parent=self)
            memory = SettingsMemory("cache-settings", args.zone_id, ids, child)
            self._after(memory, args, "on" if args.tiered else "off")
        self.register_outputs({"rules": len(args.rules)})

    def _after(self, memory: SettingsMemory, args: CachingArgs, tiered: str) -> None:
        """What changes the zone's settings, created after the memory and gone before it."""

        def later() -> pulumi.ResourceOptions:
            return pulumi.ResourceOptions(parent=self, depends_on=[memory])

        for setting in args.settings:
            inputs = {"zoneId": args.zone_id, "settingId": setting.id, "value": setting.value}
            cloudflare.ZoneSetting(setting.id, inputs, later())
        cloudflare.ArgoTieredCaching("tiered-caching", {"zoneId": args.zone_id, "value": tiered}, later())
        cloudflare.TieredCache("tiered-cache", {"zoneId": args.zone_id, "value": tiered}, later())
