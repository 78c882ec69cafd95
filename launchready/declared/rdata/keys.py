"""Keys and fingerprints: TLSA, SMIMEA, SSHFP, DS, DNSKEY, CERT. Hex is lower-case, without spaces."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from launchready.declared.rdata.value import Canonicaliser, Given, Rdata, compact, number, structured


def _tlsa_text(data: Mapping[str, Any], given: Given) -> str:
    numbers = (number(data, field, 0xFF) for field in ("usage", "selector", "matching_type"))
    return f"{' '.join(map(str, numbers))} {compact(data, 'certificate')}"


def _tlsa_rdata(parsed: Any, given: Given) -> Rdata:
    certificate = parsed.cert.hex()
    data = {
        "usage": parsed.usage,
        "selector": parsed.selector,
        "matching_type": parsed.mtype,
        "certificate": certificate,
    }
    return Rdata(f"{parsed.usage} {parsed.selector} {parsed.mtype} {certificate}", data)


def _sshfp_text(data: Mapping[str, Any], given: Given) -> str:
    return f"{number(data, 'algorithm', 0xFF)} {number(data, 'type', 0xFF)} {compact(data, 'fingerprint')}"


def _sshfp_rdata(parsed: Any, given: Given) -> Rdata:
    data = {"algorithm": parsed.algorithm, "type": parsed.fp_type, "fingerprint": parsed.fingerprint.hex()}
    return Rdata(f"{data['algorithm']} {data['type']} {data['fingerprint']}", data)


def _ds_text(data: Mapping[str, Any], given: Given) -> str:
    numbers = (
        f"{number(data, 'key_tag')} {number(data, 'algorithm', 0xFF)} {number(data, 'digest_type', 0xFF)}"
    )
    return f"{numbers} {compact(data, 'digest')}"


def _ds_rdata(parsed: Any, given: Given) -> Rdata:
    data = {
        "key_tag": int(parsed.key_tag),
        "algorithm": int(parsed.algorithm),
        "digest_type": int(parsed.digest_type),
        "digest": parsed.digest.hex(),
    }
    return Rdata(" ".join(map(str, data.values())), data)


def _dnskey_text(data: Mapping[str, Any], given: Given) -> str:
    numbers = f"{number(data, 'flags')} {number(data, 'protocol', 0xFF)} {number(data, 'algorithm', 0xFF)}"
    return f"{numbers} {compact(data, 'public_key')}"


def _dnskey_rdata(parsed: Any, given: Given) -> Rdata:
    data = {
        "flags": int(parsed.flags),
        "protocol": int(parsed.protocol),
        "algorithm": int(parsed.algorithm),
        "public_key": base64.b64encode(parsed.key).decode(),
    }
    return Rdata(" ".join(map(str, data.values())), data)


def _cert_text(data: Mapping[str, Any], given: Given) -> str:
    numbers = f"{number(data, 'type')} {number(data, 'key_tag')} {number(data, 'algorithm', 0xFF)}"
    return f"{numbers} {compact(data, 'certificate')}"


def _cert_rdata(parsed: Any, given: Given) -> Rdata:
    data = {
        "type": int(parsed.certificate_type),
        "key_tag": int(parsed.key_tag),
        "algorithm": int(parsed.algorithm),
        "certificate": base64.b64encode(parsed.certificate).decode(),
    }
    return Rdata(" ".join(map(str, data.values())), data)


_TLSA_FIELDS = frozenset({"usage", "selector", "matching_type", "certificate"})

TYPES: dict[str, Canonicaliser] = {
    "TLSA": structured("TLSA", _TLSA_FIELDS, _tlsa_text, _tlsa_rdata),
    "SMIMEA": structured("SMIMEA", _TLSA_FIELDS, _tlsa_text, _tlsa_rdata),
    "SSHFP": structured("SSHFP", frozenset({"algorithm", "type", "fingerprint"}), _sshfp_text, _sshfp_rdata),
    "DS": structured("DS", frozenset({"key_tag", "algorithm", "digest_type", "digest"}), _ds_text, _ds_rdata),
    "DNSKEY": structured(
        "DNSKEY", frozenset({"flags", "protocol", "algorithm", "public_key"}), _dnskey_text, _dnskey_rdata
    ),
    "CERT": structured(
        "CERT", frozenset({"type", "key_tag", "algorithm", "certificate"}), _cert_text, _cert_rdata
    ),
}
