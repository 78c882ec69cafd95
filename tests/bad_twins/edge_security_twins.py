"""Bad twins of rows ``cors_csp``, ``surface`` and ``errors``: headers, policies, origins."""

from __future__ import annotations

from typing import Any

from launchready.client_file.headers import policy_text
from launchready.declared import declare
from launchready.websec.headers import BASELINE, BASELINE_CSP
from tests.bad_twins.clients import APP, client
from tests.bad_twins.dns_twins import twin
from tests.bad_twins.harness import Break, Scene, Twin
from tests.bad_twins.provision import phase_rule

PHASE = "http_response_headers_transform"
ORIGINS = ("acme-app.host.example", "203.0.113.10")
ASKS = 'http.request.headers["origin"][0]'
MARKET = "https://market.example"
REST = {"object-src": ["'none'"], "base-uri": ["'self'"], "frame-ancestors": ["'self'"]}
GUARDED = {**BASELINE, "content-security-policy": policy_text(BASELINE_CSP), "content-type": "text/html"}
NO_HSTS_NOSNIFF = {"hsts": {"nosniff": False}}


def headers(**keys: Any) -> dict[str, Any]:
    """The usual client with these keys under ``headers``."""
    return client(headers=keys)


def csp(scripts: str = "'self'", rest: dict[str, list[str]] | None = None, **more: Any) -> dict[str, Any]:
    return headers(csp={"script-src": scripts.split(), **(REST if rest is None else rest)}, **more)


def shared(**keys: Any) -> dict[str, Any]:
    return headers(cors={"origins": [MARKET, "https://shop.market.example"], "credentials": True, **keys})


def served(expression: str = "true", **changes: str) -> Break:
    """One more rule at the end: header (``_`` for ``-``) → value, or ``=expression``."""
    rule = {
        "expression": expression,
        "action": "rewrite",
        "action_parameters": {"headers": {name.replace("_", "-"): _change(v) for name, v in changes.items()}},
    }

    async def breaks(scene: Scene) -> None:
        rules = [phase_rule(one) for one in declare(scene.client).rulesets.get(PHASE, ())]
        await scene.api.phase_rules(scene.zone_id, PHASE, [*rules, rule])

    return breaks


def _change(value: str) -> dict[str, str]:
    key, text = ("expression", value[1:]) if value.startswith("=") else ("value", value)
    return {"operation": "set", key: text}


def without(ref: str = "", header: str = "") -> Break:
    """The declared rules without those of a kind (``ref`` begins so), or without one header's change."""

    async def breaks(scene: Scene) -> None:
        kept = []
        for rule in declare(scene.client).rulesets[PHASE]:
            body = phase_rule(rule)
            changes = {k: v for k, v in body["action_parameters"]["headers"].items() if k != header}
            if not ref or not rule.ref.startswith(ref):
                kept.append({**body, "action_parameters": {"headers": changes}})
        await scene.api.phase_rules(scene.zone_id, PHASE, kept)

    return breaks


def pages(body: str = "<p>Hello", missing: dict[str, Any] | None = None, **own: str) -> Break:
    """What both origins serve at ``/`` (with headers of their own), and everywhere else if ``missing``."""

    async def breaks(scene: Scene) -> None:
        front = {"headers": {"content-type": "text/html"} | {k.replace("_", "-"): v for k, v in own.items()}}
        everywhere = {"*": missing} if missing is not None else {}
        for target in ORIGINS:
            scene.pages(target, {"/": {**front, "body": body}, **everywhere})

    return breaks


def allows(expression: str) -> Break:
    """The origin that asks is granted where the expression holds, as it should be but for the expression."""
    return served(expression, access_control_allow_origin=f"={ASKS}", vary="Origin")


NONCE = "default-src 'self'; script-src 'nonce-c2l4dGVlbi1ieXRlcy4uLg=='; object-src 'none'; base-uri 'none'"
FRESH = (
    '=concat("script-src \'nonce-", uuidv4(cf.random_seed), '
    "\"'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'\")"
)

GOOD: dict[str, Twin] = {
    "shares with named origins": Twin(
        shared(methods=["PUT"], headers=["Content-Type"], expose=["ETag"], max_age=600), frozenset()
    ),
    "another policy for one host": Twin(
        headers(
            hosts={
                "app": {
                    "csp": {"mode": "set", "policy": {"default-src": ["'none'"], **REST}},
                    "coep": "require-corp",
                }
            }
        ),
        frozenset(),
    ),
    "a policy with a fresh nonce": Twin(
        client(headers="none"),
        frozenset(),
        served(content_security_policy=FRESH, **BASELINE),
    ),
}

_CSP: dict[str, Twin] = {
    "csp: none at all": twin(headers(csp="none"), None, "cors_csp.csp.present"),
    "csp: it only reports": twin(
        headers(csp={"report_only": True, "policy": {"script-src": ["'self'"], **REST}}),
        None,
        "cors_csp.csp.present",
    ),
    "csp: a keyword without quotes": twin(csp("self"), None, "cors_csp.csp.valid"),
    "csp: a comma that ends the policy early": twin(
        client(), pages(content_security_policy="default-src 'self', sc@ript-src *"), "cors_csp.csp.valid"
    ),
    "csp: inline scripts": twin(csp("'self' 'unsafe-inline'"), None, "cors_csp.csp.scripts"),
    "csp: strings as script": twin(csp("'self' 'unsafe-eval'"), None, "cors_csp.csp.scripts"),
    "csp: scripts from everywhere": twin(csp("https:"), None, "cors_csp.csp.scripts"),
    "csp: scripts from a package network": twin(csp("cdn.jsdelivr.net"), None, "cors_csp.csp.scripts"),
    "csp: <base> is anyone's": twin(
        csp(rest={"object-src": ["'none'"], "frame-ancestors": ["'self'"]}), None, "cors_csp.csp.injection"
    ),
    "csp: frames are anyone's": twin(
        csp(rest={"object-src": ["'none'"], "base-uri": ["'self'"]}, frame_options="none"),
        None,
        "cors_csp.csp.framing",
    ),
    "csp: frame-ancestors * beats X-Frame-Options": twin(
        csp(rest={**REST, "frame-ancestors": ["*"]}), None, "cors_csp.csp.framing"
    ),
    "csp: the nonce never changes": twin(
        client(), pages(content_security_policy=NONCE), "cors_csp.csp.nonce"
    ),
    "csp: it blocks the page's own script": twin(
        client(), pages("<script>start()</script><p onclick='x()'>Hello"), "cors_csp.csp.fits"
    ),
    "csp: the rule is gone": twin(client(), without("csp"), "cors_csp.csp.declared", "cors_csp.csp.present"),
    "csp: another one is served": twin(
        headers(csp={"mode": "set", "policy": {"script-src": ["'self'"], **REST}}),
        served(content_security_policy=policy_text(BASELINE_CSP)),
        "cors_csp.csp.declared",
    ),
}

_CORS: dict[str, Twin] = {
    "cors: whoever asks": twin(client(), allows("true"), "cors_csp.cors.reflection"),
    "cors: null": twin(client(), allows(f'{ASKS} eq "null"'), "cors_csp.cors.null"),
    "cors: names that begin alike": twin(
        client(), allows(f'starts_with({ASKS}, "https://{APP}")'), "cors_csp.cors.lookalike"
    ),
    "cors: names that end alike": twin(
        client(),
        allows(f'ends_with({ASKS}, "acme.example")'),
        "cors_csp.cors.lookalike",
        "cors_csp.cors.subdomain",
        "cors_csp.cors.downgrade",
    ),
    "cors: every subdomain": twin(
        client(),
        allows(f'starts_with({ASKS}, "https://") and ends_with({ASKS}, ".acme.example")'),
        "cors_csp.cors.subdomain",
    ),
    "cors: the same name over http": twin(
        client(), allows(f'{ASKS} eq "http://{APP}"'), "cors_csp.cors.downgrade"
    ),
    "cors: * with credentials": twin(
        client(),
        served(access_control_allow_origin="*", access_control_allow_credentials="true"),
        "cors_csp.cors.wildcard",
        "cors_csp.cors.open",
    ),
    "cors: *": twin(client(), served(access_control_allow_origin="*"), "cors_csp.cors.open"),
    "cors: caches are not told": twin(shared(), without(header="vary"), "cors_csp.cors.vary"),
    "cors: a declared origin is refused": twin(shared(), without("cors"), "cors_csp.cors.declared"),
    "cors: without the declared credentials": twin(
        shared(), without(header="access-control-allow-credentials"), "cors_csp.cors.declared"
    ),
    "cors: preflights fail": twin(
        shared(methods=["PUT"], probe="/api"),
        pages(missing={"status": 405, "body": "no", "headers": {"content-type": "text/plain"}}),
        "cors_csp.cors.preflight",
    ),
    "cors: preflights allow too little": twin(
        shared(methods=["PUT"], headers=["X-Request-Id"]),
        without(header="access-control-allow-headers"),
        "cors_csp.cors.preflight",
    ),
}

_SURFACE: dict[str, Twin] = {
    "surface: no headers at all": twin(
        client(headers="none", tls=NO_HSTS_NOSNIFF),
        None,
        "cors_csp.csp.present",
        "cors_csp.csp.framing",
        "surface.nosniff",
        "surface.referrer_policy",
        "surface.permissions_policy",
        "surface.isolation",
    ),
    "surface: another header is served": twin(
        client(), served(x_frame_options="DENY"), "surface.headers.declared"
    ),
    "surface: a header is not taken away": twin(
        headers(remove=["X-Build"]), served(x_build="2026.11"), "surface.headers.declared"
    ),
    "surface: the framework introduces itself": twin(
        client(headers="none"),
        pages(x_powered_by="Express", **{k.replace("-", "_"): v for k, v in GUARDED.items()}),
        "surface.banner",
    ),
    "surface: types are guessed": twin(
        client(headers={"nosniff": False}, tls=NO_HSTS_NOSNIFF), None, "surface.nosniff"
    ),
    "surface: addresses leak": twin(headers(referrer_policy="unsafe-url"), None, "surface.referrer_policy"),
    "surface: a referrer policy that nobody knows": twin(
        headers(referrer_policy="strict"), None, "surface.referrer_policy"
    ),
    "surface: every feature is open": twin(
        headers(permissions_policy="none"), None, "surface.permissions_policy"
    ),
    "surface: a permissions policy that can't be read": twin(
        headers(permissions_policy="camera 'none'"), None, "surface.permissions_policy"
    ),
    "surface: the window is held": twin(headers(coop="none"), None, "surface.isolation"),
}

_ERRORS: dict[str, Twin] = {
    "errors: bare error pages": twin(
        client(headers="none", tls=NO_HSTS_NOSNIFF),
        pages(
            missing={"status": 404, "body": "<p>Not here", "headers": {"content-type": "text/html"}},
            **{k.replace("-", "_"): v for k, v in GUARDED.items()},
        ),
        "errors.headers",
    ),
    "errors: the server signs its error pages": twin(
        client(),
        pages(missing={"status": 404, "body": "<hr><center>nginx/1.18.0 (Ubuntu)</center>", "headers": {}}),
        "errors.signature",
    ),
}

TWINS: dict[str, Twin] = {**_CSP, **_CORS, **_SURFACE, **_ERRORS}
