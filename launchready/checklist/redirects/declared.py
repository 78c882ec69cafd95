"""Redirects against the client file: status, target, and what becomes of the query string."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

from launchready.checklist.redirects.hops import REDIRECTS, normal, target_of
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    passed,
    undecided,
)
from launchready.declared.types import Redirect
from launchready.evidence.types import HttpProbe, HttpResult, Probe


def _examples(subject: Subject) -> Iterator[Probe]:
    for rule in subject.declared.redirects:
        yield from (HttpProbe(normal(url)) for url, _ in rule.examples)


@check(
    "redirects.declared",
    severity=Severity.HIGH,
    needs=[_examples],
    reference="RFC 9110 §15.4",
    defect="a declared redirect is not served, or with another status or target",
    fix=Fix("launchready:redirects", "run `launch up`; look for a rule above it that matches first"),
    public=False,
)
def declared_redirects_are_served(subject: Subject) -> Iterable[Outcome]:
    """Every declared redirect answers its examples with the declared status and Location."""
    return [
        _judge(subject, rule, url, location)
        for rule in subject.declared.redirects
        for url, location in rule.examples
    ]


def _judge(subject: Subject, rule: Redirect, url: str, location: str) -> Outcome:
    result = subject.evidence.http(normal(url))
    expected = f"{rule.status} to {location}"
    if result.cause is not None and result.status is None:
        return undecided(url, result, expected=expected)
    if result.cause is not None and result.status not in REDIRECTS:
        return undecided(url, result, expected=expected)
    served = result.header("location")
    evidence = [result.probe.id]
    observed = f"{result.status} to {served}" if served else f"{result.status} without Location"
    if result.status == rule.status and served and normal(served) == normal(location):
        return passed(url, observed, expected=expected, evidence=evidence)
    fix = Fix(f"launchready:{rule.key}", "run `launch up`; look for a rule above it that matches first")
    return failed(url, observed, expected=expected, evidence=evidence, fix=fix)


def _with_query(subject: Subject, rule: Redirect) -> tuple[str, bool] | None:
    """A request with a query of this run's own, and whether the declared redirect keeps it.

    None when the examples don't tell (the pattern itself wants a certain query).
    """
    bare = next((url for url, _ in rule.examples if not urlsplit(url).query), None)
    pair = next(((url, to) for url, to in rule.examples if urlsplit(url).query), None)
    if bare is None or pair is None:
        return None
    keeps = set(parse_qsl(urlsplit(pair[0]).query)) <= set(parse_qsl(urlsplit(pair[1]).query))
    return f"{normal(bare)}?{_query(subject)}", keeps


def _query(subject: Subject) -> str:
    return f"utm_source={subject.evidence.nonce}&q=a%2Bb"


def _queries(subject: Subject) -> Iterator[Probe]:
    for rule in subject.declared.redirects:
        asked = _with_query(subject, rule)
        if asked is not None:
            yield HttpProbe(asked[0])


@check(
    "redirects.query.kept",
    severity=Severity.MEDIUM,
    needs=[_queries],
    reference="Cloudflare Rules: preserve_query_string",
    defect="a redirect loses the query string, or hands on one that it should drop",
    fix=Fix("launchready:redirects", "set keep_query as meant, and run `launch up`"),
    public=False,
)
def query_strings_fare_as_declared(subject: Subject) -> Iterable[Outcome]:
    """Redirects keep or drop an unforeseen query string as declared."""
    for rule in subject.declared.redirects:
        asked = _with_query(subject, rule)
        if asked is not None:
            yield _query_outcome(subject, *asked)


def _query_outcome(subject: Subject, url: str, keeps: bool) -> Outcome:
    result = subject.evidence.http(url)
    target = target_of(result)
    if result.cause is not None or target is None:
        return _no_redirect(url, result)
    sent = set(parse_qsl(_query(subject)))
    arrived = set(parse_qsl(urlsplit(target).query))
    evidence = [result.probe.id]
    kept = sent <= arrived
    expected = "the query string kept" if keeps else "the query string dropped"
    if kept == keeps and (keeps or not sent & arrived):
        return passed(url, target, expected=expected, evidence=evidence)
    return failed(url, f"Location: {target}", expected=expected, evidence=evidence)


def _no_redirect(url: str, result: HttpResult) -> Outcome:
    if result.cause is not None:
        return undecided(url, result, expected="a redirect")
    return failed(url, f"{result.status} without a target", expected="a redirect", evidence=[result.probe.id])
