"""The fields of the rules language and their types.

Source: Cloudflare's reference (developers.cloudflare.com/ruleset-engine/rules-language/fields/reference/).
``FIELDS`` maps name → type; ``absent(type)`` is what a field holds that this edge knows nothing about.
"""

from __future__ import annotations

from typing import Any

from launchready.edge.rules.types import BOOL, INT, IP, STRING, Type, array_of, map_of

_URL = "full_uri uri uri.path uri.path.extension uri.query"
_GEO = """city continent country lat lon metro_code postal_code region region_code subdivision_1_iso_code
    subdivision_2_iso_code timezone.name"""
_CERT = """cert_chain_rfc9440 cert_fingerprint_sha1 cert_fingerprint_sha256 cert_issuer_dn
    cert_issuer_dn_legacy cert_issuer_dn_rfc2253 cert_issuer_serial cert_issuer_ski cert_not_after
    cert_not_before cert_rfc9440 cert_serial cert_ski cert_subject_dn cert_subject_dn_legacy
    cert_subject_dn_rfc2253"""

_STRINGS = f"""
    http.cookie http.host http.referer http.user_agent http.x_forwarded_for
    http.request.method http.request.version http.request.body.mime http.request.body.raw
    http.response.content_type.media_type
    {" ".join(f"http.request.{name} raw.http.request.{name}" for name in _URL.split())}
    {" ".join(f"ip.src.{name}" for name in _GEO.split())}
    ip.geoip.country ip.geoip.continent ip.geoip.subdivision_1_iso_code ip.geoip.subdivision_2_iso_code
    cf.zone.name cf.hostname.metadata cf.random_seed cf.ray_id cf.response.error_type
    cf.bot_management.ja3_hash cf.bot_management.ja4 cf.verified_bot_category cf.waf.score.class
    cf.tls_cipher cf.tls_ciphers_sha1 cf.tls_client_extensions_sha1 cf.tls_client_extensions_sha1_le
    cf.tls_client_random cf.tls_version cf.worker.upstream_zone
    {" ".join(f"cf.tls_client_auth.{name}" for name in _CERT.split())}
"""
_INTEGERS = """
    http.request.body.size http.request.timestamp.sec http.request.timestamp.msec http.response.code
    ip.src.asnum ip.geoip.asnum cf.bot_management.score cf.edge.server_port cf.edge.l4.delivery_rate
    cf.llm.prompt.injection_score cf.llm.prompt.token_count cf.response.1xxx_code cf.threat_score
    cf.timings.client_quic_rtt_msec cf.timings.client_tcp_rtt_msec cf.timings.edge_msec
    cf.timings.origin_ttfb_msec cf.timings.worker_msec cf.tls_client_hello_length
    cf.waf.content_scan.num_malicious_obj cf.waf.content_scan.num_obj
    cf.waf.score cf.waf.score.rce cf.waf.score.sqli cf.waf.score.xss
"""
_BOOLEANS = """
    ssl http.request.body.truncated http.request.headers.truncated ip.src.is_in_european_union
    ip.geoip.is_in_european_union
    cf.api_gateway.auth_id_present cf.api_gateway.fallthrough_detected
    cf.api_gateway.request_violates_schema cf.bot_management.corporate_proxy
    cf.bot_management.js_detection.passed cf.bot_management.static_resource
    cf.bot_management.verified_bot cf.client.bot cf.edge.client_tcp cf.llm.prompt.detected
    cf.llm.prompt.pii_detected cf.llm.prompt.unsafe_topic_detected
    cf.tls_client_auth.cert_chain_rfc9440_too_large cf.tls_client_auth.cert_presented
    cf.tls_client_auth.cert_revoked cf.tls_client_auth.cert_rfc9440_too_large
    cf.tls_client_auth.cert_verified cf.waf.auth_detected cf.waf.content_scan.has_failed
    cf.waf.content_scan.has_malicious_obj cf.waf.content_scan.has_obj
    cf.waf.credential_check.password_leaked cf.waf.credential_check.username_and_password_leaked
    cf.waf.credential_check.username_leaked cf.waf.credential_check.username_password_similar
"""
_STRING_ARRAYS = """
    http.request.accepted_languages http.request.headers.names http.request.headers.values
    http.request.body.form.names http.request.body.form.values http.request.body.multipart.values
    http.request.uri.args.names http.request.uri.args.values
    raw.http.request.uri.args.names raw.http.request.uri.args.values
    http.response.headers.names http.response.headers.values
    raw.http.response.headers.names raw.http.response.headers.values
    cf.llm.prompt.pii_categories cf.llm.prompt.unsafe_topic_categories
    cf.waf.content_scan.obj_results cf.waf.content_scan.obj_types
"""
_MULTIPART = "content_dispositions content_transfer_encodings content_types filenames names"
_JWT = "aud iss jti sub"
_STRING_MAPS = f"""
    http.request.headers http.request.cookies http.request.uri.args raw.http.request.uri.args
    http.request.body.form http.request.body.multipart http.response.headers raw.http.response.headers
    {" ".join(f"http.request.jwt.claims.{name}" for name in _JWT.split())}
"""


def _table() -> dict[str, Type]:
    table: dict[str, Type] = {}
    strings, integers = array_of(STRING), array_of(INT)
    for names, kind in (
        (_STRINGS, STRING),
        (_INTEGERS, INT),
        (_BOOLEANS, BOOL),
        (_STRING_ARRAYS, strings),
        (_STRING_MAPS, map_of(strings)),
        ("ip.src cf.edge.server_ip", IP),
        ("cf.bot_management.detection_ids cf.waf.content_scan.obj_sizes", integers),
        ("cf.llm.prompt.custom_topic_categories", map_of(INT)),
    ):
        table.update(dict.fromkeys(names.split(), kind))
    for name in _MULTIPART.split():
        table[f"http.request.body.multipart.{name}"] = array_of(strings)
    for claim in _JWT.split():
        table[f"http.request.jwt.claims.{claim}.names"] = strings
        table[f"http.request.jwt.claims.{claim}.values"] = strings
    for claim in ("iat.sec", "nbf.sec"):
        table[f"http.request.jwt.claims.{claim}"] = map_of(integers)
        table[f"http.request.jwt.claims.{claim}.names"] = strings
        table[f"http.request.jwt.claims.{claim}.values"] = integers
    return table


FIELDS = _table()


def absent(kind: Type) -> Any:
    """The value of a field that the edge has no knowledge of: empty, zero or false; None for an IP."""
    empty: dict[str, Any] = {"String": b"", "Integer": 0, "Bool": False, "Array": [], "Map": {}}
    return empty.get(kind.name)
