"""Twins of tenants, owners and what they may."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import PORTAL, misdescribed, switched

ROWS = ("authz",)


def resources(**changes: Any) -> list[dict[str, Any]]:
    first, *rest = PORTAL["resources"]
    return [{**first, **changes}, *rest]


TWINS: dict[str, Twin] = {
    "an object that its owner has not": misdescribed(
        "authz.owner.allowed", "authz.list.own", resources=resources(owner="cyn"), rows=ROWS
    ),
    "tenants that read each other": switched(
        "portal.authz.cross_tenant",
        "authz.tenant.read",
        "authz.tenant.write",
        "authz.list.own",
        rows=ROWS,
    ),
    "tenants that write each other": switched("portal.authz.write", "authz.tenant.write", rows=ROWS),
    "peers that read private objects": switched("portal.authz.peer", "authz.peer.read", rows=ROWS),
    "objects without a session": switched(
        "portal.authz.anonymous", "authz.anonymous.denied", "authz.expired.denied", rows=ROWS
    ),
    "objects that anyone changes": switched(
        "portal.authz.anonymous_write", "authz.anonymous.write", rows=ROWS
    ),
    "an ended session that reads on": switched("portal.authz.expired", "authz.expired.denied", rows=ROWS),
    "a list of everybody's objects": switched("portal.authz.list", "authz.list.own", rows=ROWS),
    "a tenant that is taken from the body": switched(
        "portal.authz.mass_assignment", "authz.property.assignment", rows=ROWS
    ),
    "a header that names the method": switched(
        "portal.authz.method_override", "authz.method.override", rows=ROWS
    ),
    "a refusal that tells": switched("portal.authz.tells", "authz.denial.policy", rows=ROWS),
    "a refusal of another kind": misdescribed(
        "authz.denial.policy", resources=resources(denied=403), rows=ROWS
    ),
    "an invitation by anyone": switched("portal.authz.function", "authz.function.admin", rows=ROWS),
}
