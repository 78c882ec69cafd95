"""The policy parser: what it writes it reads again, and junk is a typed error or a policy, nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.websec.csp import Policy, PolicyError, build, parse, parse_values, same
from launchready.websec.csp_judge import judge, judge_all
from launchready.websec.sources import SourceError, parse_source
from launchready.websec.vocabulary import DIRECTIVES, KEYWORDS

NAMES = st.one_of(st.sampled_from(sorted(DIRECTIVES)), st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True))
WORDS = st.one_of(
    st.sampled_from(sorted(KEYWORDS)),
    st.sampled_from(
        ["https:", "*", "*.acme.example", "https://cdn.example:443/a/b.js", "data:", "'nonce-YWJjZA=='"]
    ),
    st.from_regex(r"[!-+\--:<-~]{1,30}", fullmatch=True),
)
POLICIES = st.dictionaries(NAMES, st.lists(WORDS, max_size=5).map(tuple), max_size=6)


@given(POLICIES)
def test_a_policy_that_is_written_reads_back_the_same(directives: dict[str, tuple[str, ...]]) -> None:
    policy = build(directives)
    assert policy.directives == tuple(directives.items())
    assert parse(policy.text) == policy
    assert same(policy, Policy(tuple(reversed(policy.directives))))


@given(st.one_of(st.text(), st.text(alphabet="abc-src 'self*:/;,\t\n\u2018\x00")))
def test_junk_is_a_policy_or_a_policy_error(text: str) -> None:
    try:
        policies = parse_values([text])
    except PolicyError:
        return
    for policy in policies:
        assert parse(policy.text).directives == policy.directives
        for finding in judge(policy):
            assert finding.why
    judge_all(policies)


@given(st.one_of(st.text(), st.text(alphabet="'selfnonce-sha256=*.:/[]a1 \u2019")))
def test_junk_is_a_source_or_a_source_error(text: str) -> None:
    try:
        source = parse_source(text)
    except SourceError as error:
        source = parse_source(error.meant) if error.meant is not None else None  # advice must be right itself
    if source is None:
        return
    assert parse_source(source.text).kind == source.kind


def test_browsers_ignore_a_repeated_directive_and_compare_names_without_case() -> None:
    policy = parse("Default-Src 'self'; img-src *; DEFAULT-SRC *")
    assert policy.get("default-src") == ("'self'",)
    assert policy.repeated == ("default-src",)


def test_commas_separate_policies_and_empty_ones_are_none() -> None:
    policies = parse_values(["default-src 'self', script-src 'none'", " ; ,"])
    assert [policy.text for policy in policies] == ["default-src 'self'", "script-src 'none'"]


@pytest.mark.parametrize(
    ("asked", "policy", "governing"),
    [
        ("script-src-elem", "script-src a; default-src b", "script-src"),
        ("script-src-attr", "default-src b", "default-src"),
        ("worker-src", "script-src a; child-src c", "child-src"),
        ("frame-src", "child-src c; default-src b", "child-src"),
        ("base-uri", "default-src b", None),
        ("frame-ancestors", "default-src b", None),
        ("form-action", "default-src b", None),
    ],
)
def test_fetch_directives_fall_back_and_the_others_do_not(
    asked: str, policy: str, governing: str | None
) -> None:
    found = parse(policy).effective(asked)
    assert (found[0] if found else None) == governing


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("self", "'self'"),
        ("SELF", "'SELF'"),
        ("‘self’", "'self'"),
        ('"self"', "'self'"),
        ("'slef'", "'self'"),
        ("unsafe-inline", "'unsafe-inline'"),
        ("nonce-abc", "'nonce-abc'"),
        ("'https://acme.example'", "https://acme.example"),
        ("*acme.example", "*.acme.example"),
        ("https://acme.example/a?b", "https://acme.example/a"),
        ("'sha256-AAAA'", None),
        ("acme.example:99999", None),
        ("https://acme.example; script-src", None),
    ],
)
def test_a_wrong_source_says_what_was_meant(written: str, meant: str | None) -> None:
    with pytest.raises(SourceError) as caught:
        parse_source(written)
    assert caught.value.meant == meant


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("'self'", "keyword"),
        ("'nonce-c2l4dGVlbiBieXRlcyEhIQ=='", "nonce"),
        ("'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='", "hash"),
        ("wss:", "scheme"),
        ("*", "host"),
        ("https://*.acme.example:*", "host"),
        ("localhost:3000", "host"),
        ("[::1]:8080", "host"),
        ("203.0.113.9", "host"),
        ("_x.acme.example", "host"),
    ],
)
def test_each_kind_of_source_is_known(text: str, kind: str) -> None:
    assert parse_source(text).kind == kind
