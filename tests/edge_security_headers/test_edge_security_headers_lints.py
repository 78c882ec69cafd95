"""Further ways to write ``headers`` wrong, each caught by its lint; and ways that are right."""

from __future__ import annotations

import pytest

from launchready.client_file.lint import Level
from tests.client_file.headers_twins import csp, headers
from tests.client_file.lint_twins import client_file, problems

APPS = 'hosts: {"@": {address: 203.0.113.10}, app: {address: 203.0.113.11}, "*": {address: 203.0.113.12}}'


@pytest.mark.parametrize(
    ("body", "lint_id"),
    [
        (headers('csp: ""'), "csp.form"),
        (headers("csp: {Script-Src: ['https:'], script-src: ['https:']}"), "csp.form"),
        (csp("\"'self', https://a.example\""), "csp.form"),
        (headers('csp: "scripts-src https://a.example"'), "csp.directive"),
        (csp("\"'strict-dynamic'\""), "csp.value"),
        (csp("\"'self'\"", "upgrade-insecure-requests: now"), "csp.value"),
        (csp("\"'nonce-{nonce}'\""), "csp.nonce"),
        (csp("'*'"), "csp.wildcard"),
        (csp("'blob:'"), "csp.data"),
        (csp("'*.github.io'"), "csp.bypass"),
        (headers("cors: {origins: [app.acme.example]}"), "cors.origin"),
        (headers('cors: {origins: ["https://APP.acme.example:443"]}'), "cors.origin"),
        (headers('cors: {origins: ["*.acme.example"]}'), "cors.subdomain"),
        (headers('cors: {origins: ["https://a.example"], methods: [TRACE]}'), "cors.words"),
        (headers('cors: {origins: ["https://a.example"], expose: ["a b"]}'), "cors.words"),
        (headers('set: {"": x}'), "headers.name"),
        (headers("set: {Transfer-Encoding: chunked}"), "headers.fixed"),
        (headers("set: {Access-Control-Allow-Origin: '*'}"), "headers.own_key"),
        (headers("set: {X-A: a, x-a: b}"), "headers.twice"),
        (headers(f"set: {{X-A: {'a' * 4097}}}"), "headers.value"),
        (headers('set: {X-A: ""}'), "headers.value"),
        (
            headers(
                f"cors: {{origins: ['https://a.example'], expose: [{', '.join(['X-Long-Name'] * 400)}]}}"
            ),
            "headers.value",
        ),
        (headers("hosts: {app: {coep: none}, app.acme.example: {corp: none}}", APPS), "headers.host"),
        (headers('hosts: {"*": {coep: none}}', APPS), "headers.host"),
        (headers('hosts: {"other.example.": {coep: none}}', APPS), "headers.host"),
        (headers("permissions_policy: {camera: nobody}"), "headers.permissions_policy"),
        (headers("reporting_endpoints: {Main: 'https://a.example/'}"), "headers.endpoints"),
    ],
)
def test_it_is_refused(body: str, lint_id: str) -> None:
    found = {
        p.lint for p in problems(client_file(body)) if p.level is Level.ERROR or lint_id.startswith("csp.")
    }
    assert f"client_file.{lint_id}" in found


@pytest.mark.parametrize(
    "body",
    [
        headers("csp: \"default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'\""),
        csp("\"'self'\"", "img-src: \"* data: blob:\""),
        csp("\"'self'\", https://cdn.jsdelivr.net/npm/vue@3.5.13/dist/vue.global.prod.js"),
        headers("cors: {origins: ['https://a.example'], methods: ['*'], headers: ['*']}"),
        headers(
            "frame_options: none, csp: {mode: set, policy: {default-src: \"'self'\", "
            "base-uri: \"'self'\", frame-ancestors: https://partner.example}}"
        ),
        headers("hosts: {APP.acme.example.: {coep: require-corp}}", APPS),
    ],
)  # fmt: skip
def test_it_is_right(body: str) -> None:
    assert problems(client_file(body)) == []


@pytest.mark.parametrize(
    ("body", "lint_id"),
    [
        (headers("referrer_policy: unsafe-url"), "headers.referrer_policy"),
        (headers("permissions_policy: {teleportation: []}"), "headers.permissions_policy"),
    ],
)
def test_it_is_a_warning(body: str, lint_id: str) -> None:
    (problem,) = problems(client_file(body))
    assert (problem.lint, problem.level) == (f"client_file.{lint_id}", Level.WARNING)


def test_a_problem_points_at_the_directive_in_either_form() -> None:
    top = 'hosts: {"@": {address: 203.0.113.10}}\nheaders:\n  csp:\n'
    short = "    default-src: [\"'self'\"]\n    img-src: [self]"
    long = "    policy:\n      default-src: [\"'self'\"]\n      img-src: [self]"
    for body in (top + short, top + long):
        (problem,) = [p for p in problems(client_file(body)) if p.lint == "client_file.csp.source"]
        assert problem.where.line == len(client_file(body).splitlines())
        assert problem.key.endswith(".img-src")
