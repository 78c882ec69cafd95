"""The bad twins of the lints of ``monitors``; merged in lint_twins.py."""

from __future__ import annotations

ERRORS = "errors: {namespace: AWS/ApplicationELB, metric: HTTPCode_Target_5XX_Count, threshold: 10}"
OWNERS = "notify: {email: [oncall@acme.example]}"
ACCOUNT = 'account: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"'
HOSTS = 'hosts: {"@": {address: 203.0.113.10}, www: {redirect: "@"}}'


def monitors(body: str, errors: str = ERRORS, owners: str = OWNERS, before: str = HOSTS) -> str:
    """A client file's keys with ``monitors``."""
    parts = ", ".join(part for part in (body, errors, owners) if part)
    return f"{before}\nmonitors: {{{parts}}}"


TWINS: dict[str, tuple[str, tuple[str, ...]]] = {
    "monitors.interval": (monitors("interval: 20s"), ()),
    "monitors.path": (monitors('paths: ["/", "login page", "/a#b"]'), ()),
    "monitors.host": (monitors('hosts: ["@", shop]'), ()),
    "monitors.private": (
        monitors(
            'hosts: ["@", staging]',
            before='hosts: {"@": {address: 203.0.113.10}, staging: {address: 203.0.113.11, exposure: '
            "{private: {allow: [198.51.100.0/24]}}}}",
        ),
        (),
    ),
    "monitors.redirect_only": (monitors("hosts: [www]"), ()),
    "monitors.twice": (monitors("endpoints: [{path: /a, expect: 200}, {path: /a, expect: 301}]"), ()),
    "monitors.expect": (monitors("endpoints: [{path: /admin, expect: 401}]"), ()),
    "monitors.contains": (monitors(f"endpoints: [{{contains: {'x' * 256}}}]"), ()),
    "monitors.regions": (monitors("regions: [us-east-1, eu-west-1]"), ()),
    "monitors.tls": (monitors("", before=f'{HOSTS}\ntls: {{min_version: "1.3"}}'), ()),
    "monitors.log_in": (
        monitors(
            "",
            before='hosts: {"@": {address: 203.0.113.10}, portal: {address: 203.0.113.11}}\n'
            "portal: {base: https://portal.acme.example, login: {path: /api/login}, "
            "session: {path: /api/me}}",
        ),
        (),
    ),
    "monitors.errors_missing": (monitors("", errors=""), ()),
    "monitors.errors": (
        monitors(
            "", errors="errors: {namespace: a, metric: b, threshold: 1, period: 90s, region: Frankfurt}"
        ),
        (),
    ),
    "monitors.tags": (monitors('tags: {"aws:owner": me}'), ()),
    "plan.health_checks": (monitors("cloudflare: true", before=f"{ACCOUNT}\n{HOSTS}"), ()),
    "monitors.account": (monitors("cloudflare: true", before=f"plan: pro\n{HOSTS}"), ()),
    "monitors.gatus": (monitors("provider: gatus"), ()),
    "monitors.owners": (monitors("", owners=""), ()),
    "monitors.email": (monitors("", owners='notify: {email: ["on call@acme.example", "@acme.example"]}'), ()),
    "monitors.sms": (monitors("", owners='notify: {sms: ["0301234567"]}'), ()),
    "monitors.sms_region": (
        monitors(
            "",
            errors="errors: {namespace: a, metric: b, threshold: 1, region: ap-east-2}",
            owners='notify: {sms: ["+4915112345678"]}',
        ),
        (),
    ),
}
"""Short lint id → keys of a client file, and the other lints that it trips."""

MORE_BAD: dict[str, tuple[str, str]] = {
    "a region that Route 53 does not have": (monitors("regions: [eu-central-1, a, b]"), "monitors.regions"),
    "a wildcard": (monitors('hosts: ["*"]'), "monitors.host"),
    "too many tags": (monitors(f"tags: {{{', '.join(f't{n}: x' for n in range(8))}}}"), "monitors.tags"),
    "a day and more of periods": (
        monitors("", errors="errors: {namespace: a, metric: b, threshold: 1, period: 300, periods: 289}"),
        "monitors.errors",
    ),
    "Cloudflare can't send SMS": (
        monitors(
            "cloudflare: true",
            owners='notify: {sms: ["+4915112345678"]}',
            before=f"plan: pro\n{ACCOUNT}\n{HOSTS}",
        ),
        "monitors.owners",
    ),
}

GOOD: dict[str, str] = {
    "monitors of every kind": monitors(
        'paths: ["/", "/search?q=1"], hosts: ["@", app.acme.example], interval: 10s, failure_threshold: 2, '
        "endpoints: [{host: www, expect: 301}, {path: /health, contains: all good}], "
        "regions: [us-east-1, eu-west-1, sa-east-1], tags: {team: web}, cloudflare: true",
        owners='notify: {email: [oncall@acme.example, "o\'neil+pager@team.acme.example"], '
        'sms: ["+14155550100"]}',
        before=f"{ACCOUNT}\n"
        + 'plan: business\nhosts: {"@": {address: 203.0.113.10}, www: {redirect: "@"}, app: {cname: '
        "app.host.example}}",
    ),
    "a week of hours": monitors(
        "",
        errors="errors: {namespace: a, metric: b, threshold: 0.5, period: 1h, periods: 168, "
        "region: eu-west-1}",
    ),
    "watched by Gatus": monitors("provider: gatus, interval: 60s", errors=""),
    "watched by nobody": "monitors: none",
}
