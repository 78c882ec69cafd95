"""Drift kinds of the edge: TLS, redirects, caching, headers, limits, private hosts, Workers."""

from __future__ import annotations

from launchready.drift.canonical import REDIRECTS
from launchready.drift.kinds import Coarse, Kind, When, all_of, always, parts, phase, setting
from launchready.drift.rules import CACHE, CLOUDFLARE, FIREWALL, HEADERS, LIMITS, ZONE
from launchready.drift.types import Class, Difference, Risk

_CHANGED, _MISSING = Class.CHANGED, Class.MISSING
_UNMANAGED, _READ_ONLY = Class.UNMANAGED, Class.READ_ONLY
_OUTAGE, _SECURITY, _BENIGN = Risk.OUTAGE, Risk.SECURITY, Risk.BENIGN
_MODES = ("off", "flexible", "full", "strict")
_OF_THE_EDGE = (
    "setting", "rule", "order", "ruleset", "universal_ssl", "tiered", "dnssec", "worker", "route", "pack",
    "zone", "paused", "delegation", "ds",
)  # fmt: skip
_CSP = ("content-security-policy", "content-security-policy-report-only")


def _setting(
    kind_id: str, kind: Coarse, risk: Risk, setting_id: str, catches: str, why: str, when: When = always
) -> Kind:
    return Kind(kind_id, kind, "setting", _CHANGED, risk, catches, why, all_of(setting(setting_id), when))


def _rule(
    kind_id: str, kind: Coarse, where: str, presence: Class, risk: Risk, catches: str, why: str,
    when: When = always, area: str = "rule",
) -> Kind:  # fmt: skip
    return Kind(kind_id, kind, area, presence, risk, catches, why, all_of(phase(where), when))


def _lower_mode(difference: Difference) -> bool:
    want, got = difference.fact("want"), difference.fact("got")
    return want in _MODES and got in _MODES and _MODES.index(got) < _MODES.index(want)


def _lower_version(difference: Difference) -> bool:
    return str(difference.fact("got")) < str(difference.fact("want"))


def _weaker_hsts(difference: Difference) -> bool:
    want, got = difference.facts["d"], difference.facts["l"]
    shorter: bool = int(got.get("max_age") or 0) < int(want.get("max_age") or 0)
    lost = any(want.get(key) and not got.get(key) for key in ("enabled", "include_subdomains", "nosniff"))
    return bool(shorter or lost)


def _target(difference: Difference) -> bool:
    """Does a redirect lead elsewhere?"""
    want, got = (
        ((side.get("action_parameters") or {}).get("from_value") or {}).get("target_url")
        for side in (difference.facts["d"], difference.facts["l"])
    )
    return bool(want != got)


def _csp(difference: Difference) -> bool:
    """Is a Content-Security-Policy among the headers that differ?"""
    sides = [
        {
            key.lower(): value
            for key, value in ((side.get("action_parameters") or {}).get("headers") or {}).items()
        }
        for side in (difference.facts["d"], difference.facts["l"])
    ]
    return any(sides[0].get(name) != sides[1].get(name) for name in _CSP)


def _switched_off(difference: Difference) -> bool:
    return "enabled" in difference.what and not difference.facts["l"].get("enabled")


def _end(*words: str) -> When:
    return lambda d: d.fact("end") in words


def _of(*areas: str) -> When:
    return lambda d: d.fact("of") in areas


def _kept_by(owner: str) -> When:
    return lambda d: d.fact("owner") == owner


_TLS: tuple[Kind, ...] = (
    _setting("tls.mode.lowered", "tls", _SECURITY, "ssl", "the TLS mode was lowered",
             "the way from the edge to the origin is not encrypted, or not checked", _lower_mode),
    _setting("tls.mode.changed", "tls", _OUTAGE, "ssl", "the TLS mode was changed",
             "an origin without a good certificate no longer answers"),
    _setting("tls.min_version.lowered", "tls", _SECURITY, "min_tls_version", "older TLS versions are taken",
             "visitors can be made to use broken protocols", _lower_version),
    _setting("tls.min_version.raised", "tls", _OUTAGE, "min_tls_version", "the least TLS version was raised",
             "older clients can't connect"),
    _setting("tls.tls13.changed", "tls", _SECURITY, "tls_1_3", "TLS 1.3 was switched",
             "handshakes are slower and less private, or early data can be replayed"),
    _setting("tls.https.not_forced", "tls", _SECURITY, "always_use_https", "plain HTTP is answered",
             "a visitor's first request can be read and changed"),
    _setting("tls.rewrites.changed", "tls", _BENIGN, "automatic_https_rewrites", "rewriting was switched",
             "browsers may block parts of pages that are linked by http:"),
    _setting("tls.hsts.weaker", "tls", _SECURITY, "security_header", "HSTS is off or weaker",
             "browsers forget to insist on HTTPS", _weaker_hsts),
    _setting("tls.hsts.stronger", "tls", _OUTAGE, "security_header", "HSTS promises more than is declared",
             "browsers remember it: a host without HTTPS can't be reached, for as long as it says"),
    _setting("cache.development", "cache", _BENIGN, "development_mode", "development mode is on",
             "nothing is cached for up to three hours"),
    _setting("cache.browser_ttl", "cache", _BENIGN, "browser_cache_ttl", "the browser cache TTL was edited",
             "browsers keep files longer, or shorter, than the origin says"),
    _setting("cache.level", "cache", _BENIGN, "cache_level", "the cache level was edited",
             "query strings count otherwise: wrong versions are kept, or none"),
    Kind("tls.universal.off", "tls", "universal_ssl", _CHANGED, _OUTAGE, "universal SSL is off",
         "no proxied host answers HTTPS once the certificate is gone", always),
    Kind("tls.certificate.expired", "tls", "certificate", _CHANGED, _OUTAGE, "a certificate is not valid now",
         "browsers refuse the host", _end("expired", "not valid yet")),
    Kind("tls.certificate.expiring", "tls", "certificate", _CHANGED, _OUTAGE, "a certificate ends soon",
         "it should have been renewed by now; when it ends, browsers refuse the host", _end("ends soon")),
    Kind("tls.certificate.none", "tls", "certificate", _MISSING, _OUTAGE, "no certificate is served",
         "the host does not answer HTTPS", always),
    Kind("tls.pack.missing", "tls", "pack", _MISSING, _OUTAGE, "the advanced certificate is gone",
         "hosts below the first label have no certificate", always),
    Kind("tls.pack.changed", "tls", "pack", _CHANGED, _OUTAGE, "the advanced certificate has other names",
         "a host that it no longer names does not answer HTTPS", always),
)  # fmt: skip

_REDIRECTS: tuple[Kind, ...] = (
    _rule("redirect.missing", "redirect", REDIRECTS, _MISSING, _OUTAGE, "a redirect is gone",
          "its address leads nowhere"),
    _rule("redirect.disabled", "redirect", REDIRECTS, _CHANGED, _OUTAGE, "a redirect is switched off",
          "its address leads nowhere", _switched_off),
    _rule("redirect.target", "redirect", REDIRECTS, _CHANGED, _SECURITY, "a redirect leads elsewhere",
          "visitors are sent to another site", all_of(parts("action_parameters"), _target)),
    _rule("redirect.status", "redirect", REDIRECTS, _CHANGED, _BENIGN, "a redirect's status or query changed",
          "search engines treat it otherwise, or the query gets lost", parts("action_parameters")),
    _rule("redirect.expression", "redirect", REDIRECTS, _CHANGED, _OUTAGE, "a redirect takes other addresses",
          "its address leads nowhere, or others do not answer", parts("expression", "action")),
    _rule("redirect.note", "redirect", REDIRECTS, _CHANGED, _BENIGN, "a redirect's description was edited",
          "nothing is served differently"),
    _rule("redirect.added", "redirect", REDIRECTS, _UNMANAGED, _SECURITY, "a redirect that nobody declared",
          "visitors are sent where nobody meant to"),
    _rule("redirect.order", "redirect", REDIRECTS, _CHANGED, _OUTAGE, "redirects are in another order",
          "the first that matches wins: some addresses lead elsewhere", area="order"),
    _rule("redirect.ruleset.missing", "redirect", REDIRECTS, _MISSING, _OUTAGE, "all redirects are gone",
          "every redirected address leads nowhere", area="ruleset"),
)  # fmt: skip

_CACHING: tuple[Kind, ...] = (
    _rule("cache.rule.missing", "cache", CACHE, _MISSING, _SECURITY, "a cache rule is gone",
          "what must not be kept may be kept, and shown to others"),
    _rule("cache.rule.changed", "cache", CACHE, _CHANGED, _SECURITY, "a cache rule was edited",
          "what must not be kept may be kept, and shown to others"),
    _rule("cache.rule.added", "cache", CACHE, _UNMANAGED, _SECURITY, "a cache rule that nobody declared",
          "it may keep what is one visitor's, and show it to others"),
    _rule("cache.order", "cache", CACHE, _CHANGED, _SECURITY, "cache rules are in another order",
          "the last that matches wins: what must not be kept may be kept", area="order"),
    _rule("cache.ruleset.missing", "cache", CACHE, _MISSING, _SECURITY, "all cache rules are gone",
          "Cloudflare's defaults decide what is kept", area="ruleset"),
    Kind("cache.tiered", "cache", "tiered", _CHANGED, _BENIGN, "tiered cache was switched",
         "the origin is asked more often", always),
)  # fmt: skip

_SECURITY_RULES: tuple[Kind, ...] = (
    _rule("header.csp", "header", HEADERS, _CHANGED, _SECURITY, "the Content-Security-Policy was edited",
          "scripts from elsewhere may run in the pages", all_of(parts("action_parameters"), _csp)),
    _rule("header.changed", "header", HEADERS, _CHANGED, _SECURITY, "a header rule was edited",
          "browsers are told something else than is declared"),
    _rule("header.missing", "header", HEADERS, _MISSING, _SECURITY, "a header rule is gone",
          "browsers are no longer told to protect the pages"),
    _rule("header.added", "header", HEADERS, _UNMANAGED, _SECURITY, "a header rule that nobody declared",
          "it may take protection away, or open the site to others"),
    _rule("header.order", "header", HEADERS, _CHANGED, _SECURITY, "header rules are in another order",
          "the last that matches wins: what one protects another may open", area="order"),
    _rule("header.ruleset.missing", "header", HEADERS, _MISSING, _SECURITY, "all header rules are gone",
          "browsers are no longer told to protect the pages", area="ruleset"),
    _rule("limit.changed", "header", LIMITS, _CHANGED, _SECURITY, "a rate limit was edited",
          "passwords can be guessed faster, or visitors are kept out"),
    _rule("limit.missing", "header", LIMITS, _MISSING, _SECURITY, "a rate limit is gone",
          "passwords can be guessed without end"),
    _rule("limit.added", "header", LIMITS, _UNMANAGED, _OUTAGE, "a rate limit that nobody declared",
          "visitors may be kept out"),
    _rule("limit.ruleset.missing", "header", LIMITS, _MISSING, _SECURITY, "all rate limits are gone",
          "passwords can be guessed without end", area="ruleset"),
    _rule("private.changed", "header", FIREWALL, _CHANGED, _SECURITY, "the rule of a private host was edited",
          "strangers may reach it, or its own people may not"),
    _rule("private.missing", "header", FIREWALL, _MISSING, _SECURITY, "a private host is open",
          "everybody reaches it"),
    _rule("private.added", "header", FIREWALL, _UNMANAGED, _OUTAGE, "a firewall rule that nobody declared",
          "visitors may be kept out, or other protection skipped"),
    _rule("private.ruleset.missing", "header", FIREWALL, _MISSING, _SECURITY, "every private host is open",
          "everybody reaches them", area="ruleset"),
    Kind("ruleset.managed", "header", "ruleset", _READ_ONLY, _BENIGN, "a ruleset of a Cloudflare product",
         "the product keeps it", _kept_by(CLOUDFLARE)),
    Kind("ruleset.kept", "header", "ruleset", _READ_ONLY, _BENIGN, "rules that the file leaves to the zone",
         "the client file says none, so that the zone keeps its own", _kept_by(ZONE)),
    Kind("ruleset.added", "header", "ruleset", _UNMANAGED, _SECURITY, "rules in a phase that nobody declared",
         "requests or answers are changed where nobody looks", always),
    Kind("worker.missing", "header", "worker", _MISSING, _SECURITY, "a Worker's script is gone",
         "the policy that it serves can't be read: senders may stop delivering in the clear", always),
    Kind("worker.changed", "header", "worker", _CHANGED, _SECURITY, "a Worker's script or text was edited",
         "it serves something else, as the domain", always),
    Kind("worker.route.missing", "header", "route", _MISSING, _SECURITY, "a Worker's route is gone",
         "what it serves can't be reached", always),
    Kind("worker.route.changed", "header", "route", _CHANGED, _SECURITY, "a route leads to another Worker",
         "another script answers as the domain", always),
    Kind("worker.route.added", "header", "route", _UNMANAGED, _SECURITY, "a route that nobody declared",
         "a script that nobody declared answers as the domain", always),
    # ---- the state only
    Kind("edge.state", "header", "state", _CHANGED, _BENIGN, "only the state has another setting or rule",
         "live is as declared; the next launch would change it for nothing",
         _of(*_OF_THE_EDGE)),
    Kind("edge.lost", "header", "state", _MISSING, _BENIGN, "a declared setting or rule is not in the state",
         "live is as declared, and the launch does not know that it made it",
         _of(*_OF_THE_EDGE)),
)  # fmt: skip

TABLE: tuple[Kind, ...] = (*_TLS, *_REDIRECTS, *_CACHING, *_SECURITY_RULES)
