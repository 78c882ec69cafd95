"""What is weak in a policy: each defect is found, and what only looks like one is not."""

from __future__ import annotations

import pytest

from launchready.websec.csp import build, parse
from launchready.websec.csp_judge import WRITTEN_WRONG, Kind, judge, judge_all
from launchready.websec.headers import BASELINE_CSP

REST = "; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
NONCE = "'nonce-c2l4dGVlbiBieXRlcyEhIQ=='"
HASH = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def kinds(text: str) -> set[Kind]:
    return {finding.kind for finding in judge(parse(text))}


def test_the_baseline_is_strict() -> None:
    assert judge(build(BASELINE_CSP)) == ()


@pytest.mark.parametrize(
    ("scripts", "found"),
    [
        ("'self'", None),
        ("'self' 'unsafe-inline'", Kind.INLINE),
        (f"'self' 'unsafe-inline' {NONCE}", None),
        (f"'self' 'unsafe-inline' {HASH}", None),
        ("'self' 'unsafe-eval'", Kind.EVAL),
        ("'self' 'wasm-unsafe-eval'", None),
        ("*", Kind.WILDCARD),
        ("https:", Kind.WILDCARD),
        ("https://*", Kind.WILDCARD),
        ("https://*.acme.example", None),
        ("'self' data:", Kind.DATA),
        ("'self' blob:", Kind.DATA),
        (f"'strict-dynamic' {NONCE} https: 'unsafe-inline'", None),
        ("'strict-dynamic' https://cdn.example", Kind.DEAD),
        ("'nonce-c2hvcnQ='", Kind.NONCE),
        ("cdnjs.cloudflare.com", Kind.BYPASS),
        ("https://cdnjs.cloudflare.com/ajax/libs/jquery/3.7.1/jquery.min.js", None),
        ("https://cdnjs.cloudflare.com/ajax/", Kind.BYPASS),
        ("*.amazonaws.com", Kind.BYPASS),
        ("*.google.com", Kind.BYPASS),
        ("bucket.s3.eu-west-1.amazonaws.com", None),
        ("http://js.acme.example", Kind.PLAIN),
        ("'none' 'self'", Kind.NONE_BESIDE),
        ("self", Kind.SOURCE),
    ],
)
def test_script_sources_are_judged(scripts: str, found: Kind | None) -> None:
    assert kinds(f"script-src {scripts}{REST}") == ({found} if found else set())


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("img-src *" + REST, {Kind.SCRIPTS}),
        ("default-src 'self'; base-uri 'self'; frame-ancestors 'self'", set()),
        ("script-src 'self'; base-uri 'self'; frame-ancestors 'self'", {Kind.OBJECTS}),
        ("default-src *; base-uri 'self'; frame-ancestors 'self'", {Kind.OBJECTS, Kind.WILDCARD}),
        ("default-src 'self'; frame-ancestors 'self'", {Kind.BASE}),
        ("default-src 'self'; base-uri 'self'", {Kind.FRAMING}),
        ("default-src 'self'; base-uri 'self'; frame-ancestors https:", {Kind.FRAMING}),
        ("default-src 'self'; base-uri 'self'; frame-ancestors 'unsafe-inline'", {Kind.SOURCE}),
        ("default-src 'self'; img-src http:" + REST, {Kind.PLAIN}),
        ("default-src 'self'; img-src http:; upgrade-insecure-requests" + REST, set()),
        ("default-src 'self'; upgrade-insecure-requests 1" + REST, {Kind.VALUE}),
        ("default-src 'self'; report-to" + REST, {Kind.VALUE}),
        ("default-src 'self'; sandbox allow-everything" + REST, {Kind.VALUE}),
        ("default-src 'self'; scripts-src 'self'" + REST, {Kind.UNKNOWN}),
        ("default-src 'self'; plugin-types a/b" + REST, {Kind.DEPRECATED}),
        ("default-src 'self'; default-src *" + REST, {Kind.REPEATED}),
        ("script-src 'self'; script-src-attr 'unsafe-inline'" + REST, {Kind.INLINE}),
        ("script-src 'self'; script-src-elem https:" + REST, {Kind.WILDCARD}),
    ],
)
def test_what_a_policy_leaves_open_is_found(policy: str, found: set[Kind]) -> None:
    assert kinds(policy) == found


def test_of_several_policies_only_what_all_let_through_is_a_risk() -> None:
    loose, tight = parse("script-src 'unsafe-inline'" + REST), parse("script-src 'self'" + REST)
    assert judge_all([loose, tight]) == ()
    assert [finding.kind for finding in judge_all([loose, loose])] == [Kind.INLINE]


def test_what_is_written_wrong_in_one_policy_counts_whatever_the_others_say() -> None:
    found = judge_all([parse("script-src self" + REST), parse("script-src 'self'" + REST)])
    assert [finding.kind for finding in found] == [Kind.SOURCE]
    assert Kind.SOURCE in WRITTEN_WRONG


def test_a_finding_names_the_directive_the_word_and_the_reason() -> None:
    (finding,) = judge(parse("default-src 'self' 'unsafe-inline'" + REST))
    assert (finding.directive, finding.source) == ("default-src", "'unsafe-inline'")
    assert str(finding).startswith("default-src 'unsafe-inline': ")
