"""Every resource kind that the plugin knows, by its type token."""

from __future__ import annotations

from launchready.engine.cloudflare_plugin.kind import Kind
from launchready.engine.cloudflare_plugin.kinds.alerting import NotificationPolicy, NotificationPolicyWebhooks
from launchready.engine.cloudflare_plugin.kinds.certificates import CertificatePack, UniversalSslSetting
from launchready.engine.cloudflare_plugin.kinds.dns_record import DnsRecord
from launchready.engine.cloudflare_plugin.kinds.healthcheck import Healthcheck
from launchready.engine.cloudflare_plugin.kinds.page_rule import PageRule
from launchready.engine.cloudflare_plugin.kinds.ruleset import Ruleset
from launchready.engine.cloudflare_plugin.kinds.settings import (
    ArgoTieredCaching,
    BotManagement,
    TieredCache,
    ZoneSetting,
)
from launchready.engine.cloudflare_plugin.kinds.workers import WorkersRoute, WorkersScript
from launchready.engine.cloudflare_plugin.kinds.zone import Zone
from launchready.engine.cloudflare_plugin.kinds.zone_dnssec import ZoneDnssec

KINDS: dict[str, Kind] = {
    kind.resource_type: kind
    for kind in (
        Zone(),
        ZoneSetting(),
        ZoneDnssec(),
        DnsRecord(),
        Ruleset(),
        UniversalSslSetting(),
        CertificatePack(),
        TieredCache(),
        ArgoTieredCaching(),
        BotManagement(),
        Healthcheck(),
        NotificationPolicy(),
        NotificationPolicyWebhooks(),
        PageRule(),
        WorkersScript(),
        WorkersRoute(),
    )
}
