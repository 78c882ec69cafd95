"""Edge certificates: the universal one (on or off) and packs that are ordered."""

from __future__ import annotations

from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind


class UniversalSslSetting(Kind):
    resource_type = "cloudflare:index/universalSslSetting:UniversalSslSetting"
    fields = (
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("enabled", "boolean", assigned=True),
    )
    volatile = frozenset()
    collection = item = "/zones/{zoneId}/ssl/universal/settings"
    create_method = update_method = "PATCH"
    deletes = False
    import_id = "{zoneId}"
    id_property = "zoneId"


class CertificatePack(Kind):
    resource_type = "cloudflare:index/certificatePack:CertificatePack"
    fields = (
        Field(
            "certificateAuthority",
            "string",
            required=True,
            replaces=True,
            choices=("google", "lets_encrypt", "ssl_com"),
        ),
        Field("type", "string", required=True, replaces=True, choices=("advanced",)),
        Field("validationMethod", "string", required=True, replaces=True, choices=("txt", "http", "email")),
        Field("validityDays", "integer", required=True, replaces=True),
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("cloudflareBranding", "boolean", replaces=True, assigned=True),
        Field("hosts", "list", replaces=True, assigned=True, unordered=True),
    )
    computed = (
        *("certificates", "dcvDelegationRecords", "primaryCertificate", "status"),
        *("validationErrors", "validationRecords"),
    )
    volatile = frozenset({"status"})
    collection = "/zones/{zoneId}/ssl/certificate_packs/order"
    item = "/zones/{zoneId}/ssl/certificate_packs/{id}"
    import_id = "{zoneId}/{id}"
