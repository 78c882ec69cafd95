"""A state as the official plugin leaves it: floats, nulls, empty lists, quotes and data of its own.

Source: what Pulumi's provider for Cloudflare v6 (bridged from terraform-provider-cloudflare v5) keeps of the
answers in ../shared/data/official-plugin-wire.jsonl: every optional field is there, null where it is unset,
numbers are floats, TXT contents are as the API echoes them.
"""

from __future__ import annotations

import copy
from typing import Any

_RULE_NULLS = {"categories": None, "exposedCredentialCheck": None, "logging": None, "ratelimit": None}
_DATA_NULLS = {"altitude": None, "fingerprint": None, "target": None, "value": None}


def officially(export: dict[str, Any]) -> dict[str, Any]:
    """The same state in the official plugin's spelling; resources of other providers as they are."""
    found = copy.deepcopy(export)
    for resource in found["deployment"]["resources"]:
        if resource["type"].startswith("cloudflare:") and "outputs" in resource:
            kind = resource["type"].rpartition(":")[2]
            outputs = _floats(resource["outputs"])
            resource["outputs"] = {"DnsRecord": _record, "Ruleset": _ruleset}.get(kind, _same)(outputs)
    return found


def _same(outputs: dict[str, Any]) -> dict[str, Any]:
    return outputs


def _record(outputs: dict[str, Any]) -> dict[str, Any]:
    outputs = {
        "comment": None,
        "privateRouting": None,
        "tags": [],
        "settings": {"flattenCname": None},
        **outputs,
    }
    if outputs["type"] in ("CNAME", "MX", "NS"):
        outputs["content"] = outputs["content"].upper()
    if outputs["type"] == "TXT" and outputs["content"].count('"') == 2 and "\\" not in outputs["content"]:
        outputs["content"] = outputs["content"].strip('"')
    if isinstance(outputs.get("data"), dict):
        data = {**_DATA_NULLS, **outputs["data"]}
        if isinstance(data.get("certificate"), str):
            data["certificate"] = data["certificate"].upper()
        if data.get("flags") is not None:
            data["flags"] = str(int(data["flags"]))
        outputs["data"] = data
    return outputs


def _ruleset(outputs: dict[str, Any]) -> dict[str, Any]:
    del outputs["version"]  # an older state: then the ruleset is read
    rules = []
    for rule in outputs["rules"]:
        parameters = rule.get("actionParameters")
        more = {"actionParameters": {"response": None, "uri": None, **parameters}} if parameters else {}
        rules.append({**_RULE_NULLS, **rule, **more})
    return {**outputs, "rules": rules}


def _floats(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return float(value)
    if isinstance(value, dict):
        return {key: _floats(one) for key, one in value.items()}
    return [_floats(one) for one in value] if isinstance(value, list) else value
