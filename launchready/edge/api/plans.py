"""What each plan allows: one table, read wherever the API refuses for the plan.

Source: facts/cloudflare-api.md, "Plans". Sizes are counts, times are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from launchready.edge.state import Json

PLANS = ("free", "pro", "business", "enterprise")

_PATH = frozenset({"http.request.uri.path", "raw.http.request.uri.path", "cf.client.bot", "ssl"})
_PRO_FIELDS = _PATH | {
    "http.host",
    "http.request.uri",
    "http.request.uri.query",
    "http.request.full_uri",
    "raw.http.request.uri",
    "raw.http.request.uri.query",
    "raw.http.request.full_uri",
    "http.request.uri.path.extension",
    "raw.http.request.uri.path.extension",
    "cf.bot_management.verified_bot",
}
_BUSINESS_FIELDS = _PRO_FIELDS | {
    "http.request.method",
    "ip.src",
    "ip.src.asnum",
    "ip.src.country",
    "ip.src.continent",
    "ip.geoip.asnum",
    "ip.geoip.country",
    "http.user_agent",
    "http.referer",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan's quotas."""

    name: str
    rank: int
    label: str
    price: int
    id: str
    records: int
    batch: int
    min_ttl: int
    rules: int
    """Single redirects, cache, config, origin and transform rules, each."""
    rate_limit_rules: int
    rate_limit_periods: tuple[int, ...]
    rate_limit_timeout: int
    """The longest mitigation."""
    rate_limit_fields: frozenset[str] | None
    """None: every field."""
    custom_rules: int
    regex: bool
    health_checks: int
    health_check_interval: int
    page_rules: int
    edge_ttl: int
    custom_certificates: int
    certificate_packs: int
    settings: frozenset[str]
    """Settings that this plan may change, beyond those that every plan may."""

    @property
    def rate_limit_timeouts(self) -> tuple[int, ...]:
        """The mitigations, in seconds; Enterprise may set any up to its longest."""
        return tuple(one for one in (*_PERIODS, 65_535, 86_400) if one <= self.rate_limit_timeout)

    def describe(self) -> Json:
        """The ``plan`` object of a zone."""
        return {
            "id": self.id,
            "name": self.label,
            "price": self.price,
            "currency": "USD",
            "frequency": "" if self.name == "free" else "monthly",
            "is_subscribed": self.name != "free",
            "can_subscribe": self.name != "enterprise",
            "legacy_id": self.name,
            "legacy_discount": False,
            "externally_managed": False,
        }


_PERIODS = (10, 15, 20, 30, 40, 45, 60, 90, 120, 180, 240, 300, 480, 600, 900, 1200, 1800, 2400, 3600)
_PRO_SETTINGS = frozenset({"mirage", "polish", "webp", "waf", "h2_prioritization", "image_resizing"})
_BUSINESS_SETTINGS = _PRO_SETTINGS | {"ciphers", "cname_flattening", "origin_error_page_pass_thru"}
_ENTERPRISE_SETTINGS = _BUSINESS_SETTINGS | {
    "true_client_ip_header",
    "response_buffering",
    "sort_query_string_for_cache",
    "prefetch_preload",
    "proxy_read_timeout",
    "orange_to_orange",
}

TABLE: dict[str, Plan] = {
    "free": Plan(
        name="free",
        rank=0,
        label="Free Website",
        price=0,
        id="0feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        records=200,
        batch=200,
        min_ttl=60,
        rules=10,
        rate_limit_rules=1,
        rate_limit_periods=(10,),
        rate_limit_timeout=10,
        rate_limit_fields=_PATH | {"cf.bot_management.verified_bot"},
        custom_rules=5,
        regex=False,
        health_checks=0,
        health_check_interval=60,
        page_rules=3,
        edge_ttl=7200,
        custom_certificates=0,
        certificate_packs=0,
        settings=frozenset(),
    ),
    "pro": Plan(
        name="pro",
        rank=1,
        label="Pro Website",
        price=25,
        id="1feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        records=3500,
        batch=3500,
        min_ttl=60,
        rules=25,
        rate_limit_rules=2,
        rate_limit_periods=tuple(p for p in _PERIODS if p <= 60),
        rate_limit_timeout=3600,
        rate_limit_fields=_PRO_FIELDS,
        custom_rules=20,
        regex=False,
        health_checks=10,
        health_check_interval=60,
        page_rules=20,
        edge_ttl=3600,
        custom_certificates=0,
        certificate_packs=100,
        settings=_PRO_SETTINGS,
    ),
    "business": Plan(
        name="business",
        rank=2,
        label="Business Website",
        price=250,
        id="2feeeeeeeeeeeeeeeeeeeeeeeeeeeeee",
        records=3500,
        batch=3500,
        min_ttl=60,
        rules=50,
        rate_limit_rules=5,
        rate_limit_periods=tuple(p for p in _PERIODS if p <= 600),
        rate_limit_timeout=86400,
        rate_limit_fields=_BUSINESS_FIELDS,
        custom_rules=100,
        regex=True,
        health_checks=50,
        health_check_interval=15,
        page_rules=50,
        edge_ttl=1,
        custom_certificates=1,
        certificate_packs=100,
        settings=_BUSINESS_SETTINGS,
    ),
    "enterprise": Plan(
        name="enterprise",
        rank=3,
        label="Enterprise Website",
        price=0,
        id="94f3b7b768b0458b56d2cac4fe5ec0f9",
        records=1_000_000,
        batch=3500,
        min_ttl=30,
        rules=300,
        rate_limit_rules=100,
        rate_limit_periods=(*_PERIODS, 65_535),
        rate_limit_timeout=86400,
        rate_limit_fields=None,
        custom_rules=1000,
        regex=True,
        health_checks=1000,
        health_check_interval=10,
        page_rules=125,
        edge_ttl=1,
        custom_certificates=5,
        certificate_packs=100,
        settings=_ENTERPRISE_SETTINGS,
    ),
}


def of(zone_info: Json) -> Plan:
    """The plan that a zone object carries."""
    return TABLE[zone_info["plan"]["legacy_id"]]
