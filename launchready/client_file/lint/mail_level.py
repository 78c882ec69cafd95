"""How hard mail lints judge: a file that only carries mail records is not held to what it didn't make.

With ``email: none`` launchready serves the domain's mail records as they are; a faulty one among them
is said, but it doesn't keep the launch from happening.
"""

from __future__ import annotations

from dataclasses import replace

from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level


def carried(context: Context, hit: Hit) -> Hit:
    """The hit, as a warning where the file manages no mail."""
    return hit if context.client.email.managed else replace(hit, level=Level.WARNING)
