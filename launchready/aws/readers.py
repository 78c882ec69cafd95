"""Who may read something: the users, groups and roles of the account whose policies allow it.

Read from GetAccountAuthorizationDetails and judged as IAM does for identity policies: an explicit deny
wins, wildcards count in actions and resources, NotAction and NotResource too. A statement with a
condition is reported as conditional. Resource and service control policies, permission boundaries and
session policies aren't looked at: they can only be narrower, or (KMS grants) are another service's.
Source: IAM user guide, "Policy evaluation logic".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from launchready.aws import pool
from launchready.aws.session import errors


@dataclass(frozen=True, slots=True)
class Reader:
    """``who``: such as ``role/app``. ``policies``: the names of those that allow it."""

    who: str
    policies: tuple[str, ...]
    conditional: bool


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, group or role and its policy documents, by name."""

    who: str
    policies: tuple[tuple[str, Mapping[str, Any]], ...]


def principals(region: str) -> list[Principal]:
    """Every user, group and role of the account, groups' policies with their users too.

    Raises InputError when the credentials may not read them (iam:GetAccountAuthorizationDetails).
    """
    iam = pool.client("iam", region)
    whole: dict[str, list[dict[str, Any]]] = {}
    with errors("reading who may do what (IAM)"):
        for page in iam.get_paginator("get_account_authorization_details").paginate():
            for key in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
                whole.setdefault(key, []).extend(page.get(key) or ())
    managed = {policy["Arn"]: policy for policy in whole["Policies"]}
    groups = {g["GroupName"]: _own(g, "GroupPolicyList", managed) for g in whole["GroupDetailList"]}
    found = [Principal(f"group/{name}", tuple(policies)) for name, policies in groups.items()]
    for user in whole["UserDetailList"]:
        policies = _own(user, "UserPolicyList", managed)
        for group in user.get("GroupList") or ():
            policies += groups.get(group, [])
        found.append(Principal(f"user/{user['UserName']}", tuple(policies)))
    found += [
        Principal(f"role/{role['RoleName']}", tuple(_own(role, "RolePolicyList", managed)))
        for role in whole["RoleDetailList"]
    ]
    return found


def readers(everyone: Iterable[Principal], action: str, resource: str) -> list[Reader]:
    """Those who may do ``action`` with ``resource`` (an ARN)."""
    found = []
    for principal in everyone:
        allowed: list[str] = []
        sure = False
        for name, document in principal.policies:
            verdict = judge(document, action, resource)
            if verdict == "deny":
                allowed = []
                break
            if verdict != "none":
                allowed.append(name)
                sure = sure or verdict == "allow"
        if allowed:
            found.append(Reader(principal.who, tuple(allowed), not sure))
    return found


def judge(document: Mapping[str, Any], action: str, resource: str) -> str:
    """What one policy says: allow, conditional, deny or none. A conditional deny denies nothing for sure."""
    verdict = "none"
    for statement in _many(document.get("Statement")):
        if not _matches(statement, "Action", action, fold=True):
            continue
        if not _matches(statement, "Resource", resource, fold=False):
            continue
        conditional = bool(statement.get("Condition"))
        if statement.get("Effect") == "Deny":
            if not conditional:
                return "deny"
        elif not conditional:
            verdict = "allow"
        elif verdict == "none":
            verdict = "conditional"
    return verdict


def _own(
    entity: Mapping[str, Any], inline: str, managed: Mapping[str, Any]
) -> list[tuple[str, Mapping[str, Any]]]:
    policies = [(p["PolicyName"], _document(p["PolicyDocument"])) for p in entity.get(inline) or ()]
    for attached in entity.get("AttachedManagedPolicies") or ():
        policies += _managed(attached, managed)
    return policies


def _managed(
    attached: Mapping[str, Any], managed: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    policy = managed.get(attached["PolicyArn"], {})
    for version in policy.get("PolicyVersionList") or ():
        if version.get("IsDefaultVersion"):
            yield attached["PolicyName"], _document(version["Document"])


def _document(value: object) -> Mapping[str, Any]:
    """A policy document: botocore decodes it, some servers leave it percent-encoded."""
    if isinstance(value, Mapping):
        return value
    try:
        found = json.loads(unquote(str(value)))
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}


def _matches(statement: Mapping[str, Any], key: str, text: str, *, fold: bool) -> bool:
    if key in statement:
        return any(_pattern(str(p), fold).fullmatch(text) for p in _many(statement[key]))
    negated = statement.get(f"Not{key}")
    return negated is not None and not any(_pattern(str(p), fold).fullmatch(text) for p in _many(negated))


@lru_cache(maxsize=4096)
def _pattern(glob: str, fold: bool) -> re.Pattern[str]:
    parts = ("." if c == "?" else ".*" if c == "*" else re.escape(c) for c in glob)
    return re.compile("".join(parts), re.S | (re.I if fold else 0))


def _many(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]
