"""The rules of every phase but the redirects', gathered from the parts that declare some."""

from __future__ import annotations

from collections.abc import Mapping

from launchready.client_file.model import ClientFile
from launchready.declared import caching, exposure, headers, rate_limits
from launchready.declared.types import Rule


def rulesets(client: ClientFile) -> dict[str, tuple[Rule, ...]]:
    """Phase → its rules in order. The private hosts' come last: what they set, nobody changes.

    Raises InputError for what no rule can say.
    """
    parts: tuple[Mapping[str, tuple[Rule, ...]], ...] = (
        {headers.PHASE: headers.header_rules(client)},
        rate_limits.rules(client),
        caching.rules(client),
        exposure.rules(client),
    )
    gathered: dict[str, tuple[Rule, ...]] = {}
    for part in parts:
        for phase, rules in part.items():
            if rules:
                gathered[phase] = (*gathered.get(phase, ()), *rules)
    return gathered
