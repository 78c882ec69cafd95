"""Rulesets: whether a phase has ours, its rules one by one by their reference, and their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from launchready.drift.canonical import REDIRECTS, declared_redirect, declared_rule, short, state_rule
from launchready.drift.compare import Run, Thing, compare
from launchready.drift.live import Ruleset
from launchready.drift.types import Class, Difference

CACHE = "http_request_cache_settings"
LIMITS = "http_ratelimit"
FIREWALL = "http_request_firewall_custom"
HEADERS = "http_response_headers_transform"
RESOURCES: Mapping[str, str] = {
    REDIRECTS: "redirects",
    CACHE: "cache",
    FIREWALL: "private-hosts",
    LIMITS: "rate-limits",
    HEADERS: "response-headers",
}
"""Phase → the name of its ruleset's resource in the program."""
COMPONENTS: Mapping[str, str] = {
    REDIRECTS: "Redirects",
    CACHE: "Caching",
    FIREWALL: "EdgeSecurity",
    LIMITS: "EdgeSecurity",
    HEADERS: "EdgeSecurity",
}
"""Phase → the component that its ruleset belongs to."""
CLOUDFLARE, ZONE = "cloudflare", "zone"
"""Who keeps what the client file does not declare: a product, or the zone by the client file's own word."""
CLOUDFLARES_OWN = frozenset(
    {"ddos_l4", "ddos_l7", "http_request_sbfm", "http_request_firewall_managed", "http_request_sanitize"}
)
"""Phases whose entry point Cloudflare makes by itself when a product is switched on."""
Json = Mapping[str, Any]


def differences(run: Run) -> Iterator[Difference]:
    """Every ruleset, rule and order that differs."""
    if not run.known("rulesets", f"{run.declared.domain} rulesets") or run.live.rulesets is None:
        return
    wanted: dict[str, list[dict[str, Any]]] = {
        phase: [declared_rule(rule) for rule in rules] for phase, rules in run.declared.rulesets.items()
    }
    keys = {rule.ref: rule.key for rules in run.declared.rulesets.values() for rule in rules}
    keys |= {redirect.ref: redirect.key for redirect in run.declared.redirects}
    if run.declared.redirects:
        wanted[REDIRECTS] = [declared_redirect(redirect) for redirect in run.declared.redirects]
    for phase, rules in wanted.items():
        yield from _phase(run, phase, rules, run.live.rulesets.get(phase), _in_state(run, phase), keys)
    for phase, ruleset in run.live.rulesets.items():
        if phase not in wanted:
            yield from _nobodys(run, phase, ruleset, _in_state(run, phase))


def _in_state(run: Run, phase: str) -> list[dict[str, Any]] | None:
    """The state's rules of a phase, in order; None without its ruleset."""
    for resource in run.state.of("Ruleset"):
        if resource.values.get("phase") == phase:
            return [state_rule(rule) for rule in resource.values.get("rules") or ()]
    return None


def _phase(
    run: Run, phase: str, wanted: list[dict[str, Any]], live: Ruleset | None, state: list[Any] | None,
    keys: Mapping[str, str],
) -> Iterator[Difference]:  # fmt: skip
    facts = {"phase": phase, "key": keys.get(str(wanted[0].get("ref")), "")}
    subject = f"{run.declared.domain} {phase}"
    rules = live.rules if live is not None else None
    if not rules:
        thing = Thing(
            "ruleset",
            subject,
            _count(wanted),
            None,
            _count(state) if state else None,
            facts=facts,
            show=_rules,
        )
        found = compare(run, thing)
        if found is not None:
            yield found
        return
    if state is None and run.state.known:
        yield from _lost(run, phase, wanted, live)
    yield from _by_reference(run, phase, wanted, rules, state, keys)
    yield from _order(run, phase, wanted, rules, state)


def _lost(run: Run, phase: str, wanted: list[dict[str, Any]], live: Ruleset | None) -> Iterator[Difference]:
    """A ruleset that is live, and that the state does not have."""
    parent = next(iter(run.state.of(COMPONENTS.get(phase, ""))), None)
    fix = None
    if live is not None and parent is not None:
        place = f"zones/{run.live.zone_id}/{live.id}"
        steps = run.fixes.import_resource(
            "ruleset:Ruleset", RESOURCES[phase], place, (parent.name, parent.urn)
        )
        fix = f"{steps} && {run.fixes.up()}"
    side = _count(wanted)
    subject = f"{run.declared.domain} {phase}"
    thing = Thing("ruleset", subject, side, side, None, facts={"phase": phase}, show=_rules, lost_fix=fix)
    found = compare(run, thing)
    if found is not None:
        yield found


def _count(rules: list[Any] | None) -> dict[str, Any] | None:
    return None if rules is None else {"rules": len(rules)}


def _rules(side: Json) -> str:
    return f"{side['rules']} rules"


def _by_reference(
    run: Run, phase: str, wanted: list[dict[str, Any]], live: list[dict[str, Any]], state: list[Any] | None,
    keys: Mapping[str, str],
) -> Iterator[Difference]:  # fmt: skip
    sides = [{str(rule.get("ref")): rule for rule in side} for side in (wanted, live, state or [])]
    by_ref, live_by_ref, state_by_ref = sides
    for ref in dict.fromkeys((*by_ref, *live_by_ref)):
        declared = by_ref.get(ref)
        subject = f"{run.declared.domain} {phase} {ref}"
        thing = Thing(
            "rule", subject, _whole(declared), _whole(live_by_ref.get(ref)), _whole(state_by_ref.get(ref)),
            facts={"phase": phase, "ref": ref, "key": keys.get(ref, "")}, show=show,
            stateless=state is None and run.state.known,
        )  # fmt: skip
        found = compare(run, thing)
        if found is not None:
            yield found


PARTS = ("expression", "action", "action_parameters", "ratelimit", "enabled", "description", "logging")


def _whole(rule: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A rule with every part spelled out, so that one that came or went shows."""
    return None if rule is None else {part: rule.get(part) for part in PARTS}


def show(side: Json) -> str:
    """A rule on one line: what it does, when, and what is peculiar."""
    parts = [str(side.get("action"))]
    if side.get("action_parameters"):
        parts.append(short(side["action_parameters"]))
    if side.get("ratelimit"):
        parts.append(short(side["ratelimit"]))
    parts.append(f"when {side.get('expression')}")
    if side.get("enabled") is False:
        parts.append("(disabled)")
    return " ".join(parts)


def _order(
    run: Run, phase: str, wanted: list[dict[str, Any]], live: list[dict[str, Any]], state: list[Any] | None
) -> Iterator[Difference]:
    """The order of the rules that both have; what one of them lacks is an item of its own."""
    both = {str(rule.get("ref")) for rule in wanted} & {str(rule.get("ref")) for rule in live}

    def order(rules: list[Any]) -> dict[str, Any]:
        return {"order": [ref for rule in rules if (ref := str(rule.get("ref"))) in both]}

    thing = Thing(
        "order", f"{run.declared.domain} {phase}", order(wanted), order(live),
        order(state) if state is not None else order(wanted), facts={"phase": phase},
        show=lambda side: " → ".join(side["order"]),
    )  # fmt: skip
    found = compare(run, thing)
    if found is not None and found.area == "order":
        yield found


def _owner(run: Run, phase: str) -> tuple[str, str | None]:
    """Who else keeps a phase, "" for nobody; and what there is to do."""
    if phase in CLOUDFLARES_OWN:
        return CLOUDFLARE, "nothing to do: Cloudflare makes it for a product that is on"
    client = run.client
    left = {CACHE: client.cache, HEADERS: client.headers, LIMITS: client.rate_limits}.get(phase)
    if left == "none":
        key = {CACHE: "cache", HEADERS: "headers", LIMITS: "rate_limits"}[phase]
        return ZONE, f"nothing to do: with {key}: none the zone keeps its own; launchready:{key} declares it"
    return "", None


def _nobodys(run: Run, phase: str, live: Ruleset, state: list[Any] | None) -> Iterator[Difference]:
    """An entry point in a phase for which the client file has nothing."""
    if not live.rules:
        return
    owner, fix = _owner(run, phase) if state is None else ("", None)
    if state is None and not owner:
        fix = run.fixes.call("DELETE", f"/zones/{{zone}}/rulesets/{live.id}")
    thing = Thing(
        "ruleset", f"{run.declared.domain} {phase}", None,
        {"rules": len(live.rules), "name": live.name}, _count(state), fix,
        {"phase": phase, "owner": owner},
        lambda side: f"{side['rules']} rules" + (f" ({side['name']})" if side.get("name") else ""),
        Class.READ_ONLY if owner else None,
    )  # fmt: skip
    found = compare(run, thing)
    if found is not None:
        yield found
