"""Every route of the API in one router; each module of an area adds its own."""

from launchready.edge.api import (
    accounts,
    alerting,
    bots,
    caching,
    dnssec,
    email_routing,
    healthchecks,
    page_rules,
    settings,
    ssl,
    workers,
    zones,
)
from launchready.edge.api.records import handlers as records
from launchready.edge.api.router import Router
from launchready.edge.api.rulesets import handlers as rulesets

ROUTES = Router()
for _area in (
    accounts,
    alerting,
    bots,
    caching,
    dnssec,
    email_routing,
    healthchecks,
    page_rules,
    records,
    rulesets,
    settings,
    ssl,
    workers,
    zones,
):
    _area.add_routes(ROUTES)
