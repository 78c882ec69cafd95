"""Twins of bad input and of what errors tell."""

from __future__ import annotations

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import switched

ROWS = ("input_validation", "errors")

TWINS: dict[str, Twin] = {
    "errors with a stack trace": switched(
        "portal.errors.stack_trace", "errors.trace", "input_validation.server_error", rows=ROWS
    ),
    "errors with the framework's page": switched(
        "portal.errors.framework", "errors.framework", "input_validation.server_error", rows=ROWS
    ),
    "errors with internal ids": switched("portal.errors.internal_id", "errors.internals", rows=ROWS),
    "errors that repeat a token": switched("portal.errors.echoes_token", "errors.token", rows=ROWS),
    "a parser that crashes": switched("portal.input.crashes", "input_validation.server_error", rows=ROWS),
    "forms that may be empty": switched(
        "portal.input.lenient", "input_validation.malformed", "input_validation.missing", rows=ROWS
    ),
    "fields of any type": switched("portal.input.types", "input_validation.types", rows=ROWS),
    "bodies of any size": switched("portal.input.oversized", "input_validation.oversized", rows=ROWS),
    "a quote that reaches the database": switched(
        "portal.input.injection",
        "input_validation.injection",
        "input_validation.server_error",
        "errors.internals",
        rows=ROWS,
    ),
    "markup that comes back": switched("portal.input.reflects", "input_validation.markup", rows=ROWS),
}
