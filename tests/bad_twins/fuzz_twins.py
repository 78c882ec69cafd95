"""Twins of what a portal's own description forbids: schemathesis really runs against them."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.portals import HOST, with_portal

ERRORS, REJECTION, AUTH = "input_validation.fuzz.errors", "input_validation.fuzz.rejection", "authz.fuzz.auth"
INPUT, AUTHZ = ("input_validation",), ("authz",)


def described() -> dict[str, Any]:
    return with_portal(openapi="/openapi.json", budget=2_000)


def fuzzed(*kinds: str) -> Break:
    """Defects, and a run with ``--fuzz``."""

    async def breaks(scene: Scene) -> None:
        scene.fuzz = True
        for kind in kinds:
            scene.defect(kind, HOST)

    return breaks


GOOD: dict[str, Twin] = {
    "a portal that keeps to its description": Twin(described(), frozenset(), fuzzed(), (*INPUT, *AUTHZ)),
}

TWINS: dict[str, Twin] = {
    "described input at its edges that crashes": Twin(
        described(),
        frozenset({ERRORS}),
        fuzzed("portal.input.edges"),
        INPUT,
    ),
    "forbidden input that is taken": Twin(
        described(), frozenset({REJECTION, "input_validation.types"}), fuzzed("portal.input.types"), INPUT
    ),
    "a described lock that is open": Twin(
        described(),
        frozenset({AUTH, "authz.anonymous.denied", "authz.expired.denied"}),
        fuzzed("portal.authz.anonymous"),
        AUTHZ,
    ),
}
