"""The zone: created, or adopted as it is."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components import cloudflare
from components.base import Component


@dataclass(frozen=True, slots=True)
class ZoneArgs:
    """``zone_id``: the zone to adopt; without it the zone is created in ``account``.

    ``destroyable``: whether a zone that was created here may be destroyed.
    """

    domain: str
    account: str | None
    zone_id: str | None = None
    destroyable: bool = False


class Zone(Component):
    """Outputs: ``zone_id``, ``nameservers``, ``status`` (pending until the registrar delegates)."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        if args.account is None:
            raise pulumi.RunError(
                "launchready:account is missing: the id of the Cloudflare account that the zone belongs to"
            )
        zone = cloudflare.Zone(
            args.domain,
            {"account": {"id": args.account}, "name": args.domain, "type": "full"},
            self._options(args),
        )
        self.zone_id: pulumi.Output[str] = zone.id
        self.nameservers: pulumi.Output[list[str]] = zone.output("nameServers")
        self.status: pulumi.Output[str] = zone.output("status")
        self.register_outputs(
            {"zone_id": self.zone_id, "nameservers": self.nameservers, "status": self.status}
        )

    def _options(self, args: ZoneArgs) -> pulumi.ResourceOptions:
        """An adopted zone is never ours to delete; a created one only when the client file says so."""
        if args.zone_id is not None:
            return pulumi.ResourceOptions(
                parent=self, import_=args.zone_id, protect=True, retain_on_delete=True
            )
        return pulumi.ResourceOptions(parent=self, protect=not args.destroyable)
