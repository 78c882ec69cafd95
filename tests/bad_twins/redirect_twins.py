"""Bad twins of row ``redirects``."""

from __future__ import annotations

from typing import Any

from tests.bad_twins.clients import APP, DOMAIN, OLD, WWW, client
from tests.bad_twins.dns_twins import api, defect, twin
from tests.bad_twins.harness import Scene, Twin
from tests.bad_twins.provision import rule
from tests.bad_twins.servers import Site, own_https


def path_redirect(source: str, target: str) -> dict[str, Any]:
    return {"from": f"{DOMAIN}{source}", "to": target, "status": 301}


LONG = [path_redirect(f"/hop{n}", f"https://{DOMAIN}/hop{n + 1}") for n in range(5)]


async def led_astray(scene: Scene) -> None:
    """The slash between host and path is lost."""
    target = f'wildcard_replace(http.request.full_uri, r"*://{WWW}/*", r"${{1}}://{DOMAIN}${{2}}")'
    await scene.api.redirect_rules(
        scene.zone_id, [rule(f'http.host eq "{WWW}"', {"expression": target}, keep_query=False)]
    )


async def crosswise(scene: Scene) -> None:
    """http leads to https on the other host."""
    await scene.api.redirect_rules(
        scene.zone_id,
        [
            rule(
                f'http.host eq "{WWW}" and not ssl',
                {"value": f"https://{DOMAIN}/"},
                keep_query=False,
                ref="a",
            ),
            *await existing(scene),
        ],
    )
    await scene.api.set(scene.zone_id, "always_use_https", "off")


async def existing(scene: Scene) -> list[dict[str, Any]]:
    for ruleset in await scene.api.call("GET", f"/zones/{scene.zone_id}/rulesets"):
        if ruleset["kind"] == "zone":
            found = await scene.api.call("GET", f"/zones/{scene.zone_id}/rulesets/{ruleset['id']}")
            keys = ("ref", "enabled", "expression", "action", "action_parameters")
            return [{key: rule[key] for key in keys} for rule in found["rules"]]
    return []


async def page_is_broken(scene: Scene) -> None:
    scene.pages("203.0.113.10", {"/new/sample1": {"status": 503, "body": "down"}})


async def two_locations(scene: Scene) -> None:
    site = Site(
        status="301 Moved",
        headers=(*Site().headers, ("location", "https://a.example/"), ("location", "https://b.example/")),
    )
    await own_https(scene, APP, site)


TWINS: dict[str, Twin] = {
    "redirects: another status": twin(
        client(), defect("http.redirect_status", DOMAIN, status=302), "redirects.declared"
    ),
    "redirects: another target": twin(
        client(),
        defect("http.redirect_target", DOMAIN, target=f"https://{DOMAIN}/elsewhere"),
        "redirects.declared",
        "redirects.query.kept",
    ),
    "redirects: none": twin(
        client(),
        api(lambda s: s.api.redirect_rules(s.zone_id, [])),
        "redirects.declared",
        "redirects.query.kept",
        "redirects.canonical",
        "tls.https.answers",
    ),
    "redirects: the query is lost": twin(
        client(), defect("http.redirect_drops_query", DOMAIN), "redirects.declared", "redirects.query.kept"
    ),
    "redirects: temporary": twin(
        client(),
        defect("http.redirect_status", WWW, status=302),
        "redirects.declared",
        "redirects.permanent",
    ),
    "redirects: a loop": twin(
        client(
            redirects=[
                OLD,
                path_redirect("/a", f"https://{DOMAIN}/b"),
                path_redirect("/b", f"https://{DOMAIN}/a"),
            ]
        ),
        None,
        "redirects.loop",
    ),
    "redirects: a long chain": twin(client(redirects=LONG), None, "redirects.length"),
    "redirects: back to http": twin(
        client(redirects=[path_redirect("/old", f"http://{DOMAIN}/new")]), None, "redirects.downgrade"
    ),
    "redirects: to https elsewhere first": twin(
        client(), crosswise, "redirects.https_first", "tls.https.forced"
    ),
    "redirects: two canonical hosts": twin(
        client(hosts={"@": {"address": "203.0.113.10"}, "www": {"address": "203.0.113.10"}}),
        None,
        "redirects.canonical",
    ),
    "redirects: to a broken page": twin(client(), page_is_broken, "redirects.target.reachable"),
    "redirects: credentials in the target": twin(
        client(redirects=[path_redirect("/old", "https://user:word@elsewhere.example/")]),
        None,
        "redirects.location.valid",
    ),
    "redirects: two targets": twin(client(), two_locations, "redirects.location.valid"),
    "redirects: led astray": twin(client(redirects=[]), led_astray, "redirects.open", "redirects.declared"),
}
