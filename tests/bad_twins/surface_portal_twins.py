"""Twins of what lies about, and of hosts that are named to visitors."""

from __future__ import annotations

from tests.bad_twins.harness import Twin
from tests.bad_twins.portals import switched

ROWS = ("surface",)
BOTH = ("surface", "email_auth")

TWINS: dict[str, Twin] = {
    "a repository on the server": switched("portal.surface.git", "surface.repository.absent", rows=ROWS),
    "an environment file on the server": switched(
        "portal.surface.env", "surface.environment.absent", rows=ROWS
    ),
    "a dump on the server": switched("portal.surface.backup", "surface.dump.absent", rows=ROWS),
    "a directory that lists its files": switched(
        "portal.surface.listing", "surface.listing.absent", rows=ROWS
    ),
    "an administration page for everyone": switched(
        "portal.surface.admin", "surface.admin.closed", rows=ROWS
    ),
    "a debugging page for everyone": switched("portal.surface.debug", "surface.console.closed", rows=ROWS),
    "a link to staging": switched("portal.surface.staging_link", "surface.links.public", rows=ROWS),
    "a sitemap of staging": switched("portal.surface.sitemap", "surface.sitemap.public", rows=ROWS),
    "a robots.txt that tells": switched("portal.surface.robots", "surface.robots.quiet", rows=ROWS),
    "a mail with a link to staging": switched("portal.mail.staging_link", "surface.mail.links", rows=BOTH),
    "a mail with another address for answers": switched(
        "portal.mail.reply_to", "email_auth.reply_to", rows=BOTH
    ),
}
