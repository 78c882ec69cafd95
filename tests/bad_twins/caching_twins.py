"""Bad twins of row ``caching``: rules that are not there, an edge that keeps too much or too little."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import DOMAIN, client
from tests.bad_twins.dns_twins import api, defect
from tests.bad_twins.harness import Break, Scene, Twin

APEX = "203.0.113.10"
PHASE = "http_request_cache_settings"
PAGE = '<!doctype html><title>x</title><link rel="stylesheet" href="/a.css"><p>Hello'
CSS = {"content-type": "text/css"}
HTML = {"content-type": "text/html"}


def twin(values: dict[str, Any], breaks: Break | None, *trips: str) -> Twin:
    return Twin(values, frozenset(f"caching.{name}" for name in trips), breaks, ("caching",))


def pages(**served: tuple[dict[str, str], str]) -> Break:
    """What the apex serves: ``page`` at /, ``css`` at /a.css, ``any`` everywhere else."""
    paths = {"page": "/", "css": "/a.css", "any": "*"}

    async def breaks(scene: Scene) -> None:
        scene.pages(APEX, {paths[k]: {"headers": h, "body": b} for k, (h, b) in served.items()})

    return breaks


def changed(ref: str, **parameters: Any) -> Break:
    """One of the launch's cache rules says something else at the edge."""

    async def act(scene: Scene) -> None:
        for ruleset in await scene.api.call("GET", f"/zones/{scene.zone_id}/rulesets"):
            if ruleset["phase"] == PHASE and ruleset["kind"] == "zone":
                held = await scene.api.call("GET", f"/zones/{scene.zone_id}/rulesets/{ruleset['id']}")
                keys = ("ref", "enabled", "expression", "action", "action_parameters")
                rules = [{key: rule[key] for key in keys} for rule in held["rules"]]
                for rule in rules:
                    if rule["ref"] == ref:
                        rule["action_parameters"] = {**rule["action_parameters"], **parameters}
                await scene.api.phase_rules(scene.zone_id, PHASE, rules)

    return api(act)


def both(*breaks: Break) -> Break:
    async def all_of_them(scene: Scene) -> None:
        for one in breaks:
            await one(scene)

    return all_of_them


OVERRIDE = {"cache": True, "edge_ttl": {"mode": "override_origin", "default": 7200}}

TWINS: dict[str, Twin] = {
    "caching: nothing is kept": twin(
        client(), defect("http.cache_off", DOMAIN), "static.kept", "static.browser", "static.lasting"
    ),
    "caching: no rules": twin(
        client(), api(lambda s: s.api.phase_rules(s.zone_id, PHASE, [])), "static.browser", "static.lasting"
    ),
    "caching: another time for browsers": twin(
        client(),
        changed("cache-static", browser_ttl={"mode": "override_origin", "default": 7200}),
        "static.browser",
    ),
    "caching: everything is kept": twin(
        client(), defect("http.cache_everything", DOMAIN), "private.bypassed", "pages.declared",
        "static.browser", "static.lasting",
    ),
    "caching: APIs are kept": twin(client(), changed("cache-never", **OVERRIDE), "private.bypassed"),
    "caching: a declared path is kept": twin(
        client(cache={"bypass": ["/reports/*"]}), changed("cache-bypass", **OVERRIDE), "private.bypassed"
    ),
    "caching: pages are kept": twin(client(), changed("cache-pages", **OVERRIDE), "pages.declared"),
    "caching: pages are not kept": twin(
        client(cache={"html": "2h"}), changed("cache-pages", cache=False), "pages.declared"
    ),
    "caching: a cookie out of the cache": twin(
        client(),
        both(
            pages(page=(HTML, PAGE), css=({**CSS, "set-cookie": "sid=1"}, "body{}")),
            defect("http.cache_cookies", DOMAIN),
        ),
        "cookies.shared",
    ),
    "caching: pages for a year": twin(
        client(), pages(page=({**HTML, "cache-control": "public, max-age=31536000"}, PAGE)), "pages.fresh"
    ),
    "caching: files for a moment": twin(
        client(cache={"respect_origin": ["/a.css"]}),
        pages(page=(HTML, PAGE), css=({**CSS, "cache-control": "no-store"}, "body{}")),
        "static.lasting",
    ),
    "caching: two things at once": twin(
        client(), pages(page=({**HTML, "cache-control": "no-store, public, max-age=60"}, PAGE)),
        "control.consistent",
    ),
    "caching: no age": twin(client(), defect("http.cache_no_age", DOMAIN), "age.told"),
    "caching: pages under the names of files": twin(
        client(), pages(page=(HTML, PAGE), css=(CSS, "body{}"), any=(HTML, PAGE)), "deception.refused"
    ),
}  # fmt: skip

GOOD: dict[str, Twin] = {
    "caching: pages are kept for two hours": Twin(
        client(cache={"html": "2h", "browser": "2h", "bypass": ["/reports/*", "app/x"], "query": "sort"}),
        frozenset(),
        rows=("caching",),
    ),
    "caching: none": Twin(client(cache="none"), frozenset(), rows=("caching",)),
    "caching: the origin decides": Twin(
        client(cache={"respect_origin": ["@/*"], "tiered": False}),
        frozenset(),
        pages(
            page=(HTML, PAGE),
            css=({**CSS, "cache-control": "public, max-age=3600"}, "body{}"),
            any=({"content-type": "text/plain"}, "no"),
        ),
        rows=("caching",),
    ),
}
