"""Twins of secrets in what a browser is given."""

from __future__ import annotations

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import switched

ROWS = ("secrets",)

TWINS: dict[str, Twin] = {
    "a key in the page": switched("portal.secrets.html", "secrets.page.clean", rows=ROWS),
    "a key in the script": switched("portal.secrets.bundle", "secrets.script.clean", rows=ROWS),
    "a key in the source map": switched(
        "portal.secrets.source_map", "secrets.source_map.absent", "secrets.source_map.clean", rows=ROWS
    ),
    "a hash in an answer": switched("portal.secrets.body", "secrets.body.clean", rows=ROWS),
}
