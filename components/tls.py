"""TLS: zone settings (remembered and given back), DNSSEC, universal SSL, CAA records."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components import cloudflare
from components.base import Component
from components.dnssec import ignore_status_while_pending
from components.records import make_records
from components.settings_memory import SettingsMemory
from launchready.declared import Record, Setting
from launchready.declared.created import CertificatePlan


@dataclass(frozen=True, slots=True)
class TlsArgs:
    """``settings`` by Cloudflare's ids; ``records``: the CAA records that ``tls`` derives."""

    zone_id: pulumi.Input[str]
    settings: tuple[Setting, ...]
    dnssec: bool
    universal_ssl: bool
    records: tuple[Record, ...]
    certificate: CertificatePlan | None = None


class Tls(Component):
    """Output: ``ds_record``, to be put at the registrar; None without DNSSEC."""

    def __init__(self, name: str, args: TlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        ids = [*(setting.id for setting in args.settings), "universal_ssl"]
        memory = SettingsMemory(
            "settings",
            args.zone_id,
            [*ids, "dnssec"] if args.dnssec else ids,
            pulumi.ResourceOptions(parent=self),
        )
        self._after(memory, args)
        self.ds_record: pulumi.Output[str | None] = pulumi.Output.from_input(None)
        if args.dnssec:
            signing = cloudflare.ZoneDnssec(
                "dnssec",
                {"zoneId": args.zone_id, "status": "active"},
                pulumi.ResourceOptions(
                    parent=self, depends_on=[memory], transforms=[ignore_status_while_pending]
                ),
            )
            self.ds_record = signing.output("ds")
        make_records(self, args.zone_id, args.records)
        if args.certificate is not None:
            self._order(args.zone_id, args.certificate)
        self.register_outputs({"ds_record": self.ds_record})

    def _after(self, memory: SettingsMemory, args: TlsArgs) -> None:
        """The settings, created after the memory and gone before it."""
        for setting in args.settings:
            cloudflare.ZoneSetting(
                setting.id,
                {"zoneId": args.zone_id, "settingId": setting.id, "value": setting.value},
                pulumi.ResourceOptions(parent=self, depends_on=[memory]),
            )
        cloudflare.UniversalSslSetting(
            "universal_ssl",
            {"zoneId": args.zone_id, "enabled": args.universal_ssl},
            pulumi.ResourceOptions(parent=self, depends_on=[memory]),
        )

    def _order(self, zone_id: pulumi.Input[str], plan: CertificatePlan) -> None:
        """The advanced certificate. Nothing of a pack can change: a new one comes before the old goes."""
        cloudflare.CertificatePack(
            "certificate",
            {
                "zoneId": zone_id,
                "type": "advanced",
                "hosts": list(plan.hosts),
                "certificateAuthority": plan.authority,
                "validationMethod": plan.validation,
                "validityDays": plan.days,
            },
            pulumi.ResourceOptions(parent=self),
        )
