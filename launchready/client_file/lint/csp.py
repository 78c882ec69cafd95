"""Lints of Content-Security-Policy: what browsers ignore, and what lets an attacker's script in."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from launchready.client_file.headers import header_sets
from launchready.client_file.headers_model import Csp, HeaderSet
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.positions import key_path, key_text
from launchready.websec.csp import Policy, PolicyError, build
from launchready.websec.csp_judge import Finding, Kind, judge
from launchready.websec.sources import SourceError, parse_source
from launchready.websec.vocabulary import DIRECTIVES

_CSP3 = "W3C Content Security Policy Level 3"
_EVALUATOR = "CSP3 §7; csp-evaluator.withgoogle.com"


def _policies(context: Context) -> Iterator[tuple[str, HeaderSet, Csp]]:
    for key, part in header_sets(context.client):
        if isinstance(part.csp, Csp):
            yield key, part, part.csp


def _read(csp: Csp) -> Policy | PolicyError:
    try:
        return build(csp.policy)
    except PolicyError as error:
        return error


def _findings(context: Context, kinds: Iterable[Kind]) -> Iterator[tuple[str, Finding]]:
    """Findings of some kinds, with the key of the directive that has to change."""
    wanted = frozenset(kinds)
    for key, _, csp in _policies(context):
        policy = _read(csp)
        if isinstance(policy, Policy):
            for finding in judge(policy):
                if finding.kind in wanted:
                    yield _at(context, key, finding.directive), finding


def _at(context: Context, key: str, directive: str) -> str:
    """A directive's key, as the file has it: under ``csp``, or under ``csp.policy``."""
    long = (*key_path(key), "csp", "policy")
    return key_text((*long, directive) if context.positions.given(long) else (*long[:-1], directive))


def _hits(context: Context, kind: Kind, *more: Kind) -> Iterator[Hit]:
    for key, finding in _findings(context, (kind, *more)):
        advice = f"write {finding.directive} {finding.instead}" if finding.instead else None
        yield Hit(key, str(finding), advice)


@rule(
    "client_file.csp.form",
    reference=f"{_CSP3} §2.2.1",
    fix="write one directive to a key, and each of its sources as an item of its own",
)
def policies_can_be_written(context: Context) -> Iterator[Hit]:
    """Directives and sources hold no separator and nothing beyond ASCII."""
    for key, _, csp in _policies(context):
        problem = _read(csp)
        if isinstance(problem, PolicyError):
            yield Hit(f"{key}.csp", problem.what, _requoted(csp))
        elif not problem.directives:
            yield Hit(f"{key}.csp", "the policy has no directive", "write csp: none, or leave csp out")


def _requoted(csp: Csp) -> str | None:
    """What was meant, for typographic quotes around a keyword."""
    for words in csp.policy.values():
        for word in words:
            if not word.isascii():
                try:
                    parse_source(word)
                except SourceError as error:
                    return f"write {error.meant}" if error.meant else None
    return None


@rule(
    "client_file.csp.directive",
    reference=f"{_CSP3} §6",
    fix="write a directive that browsers know, such as script-src",
)
def directives_exist(context: Context) -> Iterator[Hit]:
    """Every directive is one that browsers know."""
    for key, finding in _findings(context, [Kind.UNKNOWN]):
        near = difflib.get_close_matches(finding.directive, DIRECTIVES, 1)
        yield Hit(key, str(finding), f"did you mean `{near[0]}`?" if near else None)


@rule(
    "client_file.csp.deprecated",
    level=Level.WARNING,
    reference=f"{_CSP3} (changes from Level 2); MDN",
    fix="take the directive out",
)
def directives_are_still_read(context: Context) -> Iterator[Hit]:
    """No directive is one that browsers have given up."""
    for key, finding in _findings(context, [Kind.DEPRECATED]):
        yield Hit(key, str(finding), f"use {finding.instead}")


@rule(
    "client_file.csp.source",
    reference=f"{_CSP3} §2.3.1",
    fix="write a keyword with its quotes (in YAML: \"'self'\"), a scheme with its colon, or a host",
)
def sources_mean_what_they_say(context: Context) -> Iterator[Hit]:
    """Every source is a quoted keyword, a hash, a scheme or a host."""
    for key, finding in _findings(context, [Kind.SOURCE]):
        advice = f'write {finding.instead} (in YAML: "{finding.instead}")' if finding.instead else None
        yield Hit(key, str(finding), advice)


@rule(
    "client_file.csp.value",
    reference=f"{_CSP3} §6",
    fix="write what the directive takes",
)
def directives_have_a_fitting_value(context: Context) -> Iterator[Hit]:
    """'none' stands alone, valueless directives have no value, and nothing in a directive is dead."""
    yield from _hits(context, Kind.NONE_BESIDE, Kind.VALUE, Kind.DEAD)


@rule(
    "client_file.csp.nonce",
    reference=f"{_CSP3} §7.1 (a nonce is used once)",
    fix="take it out: the application sends its own policy, which mode: if_absent leaves alone",
)
def no_nonce_is_the_same_every_time(context: Context) -> Iterator[Hit]:
    """A policy that is the same on every answer has no nonce: it could be read and reused."""
    for key, _, csp in _policies(context):
        for name, words in csp.policy.items():
            if any(word.lower().lstrip("'").startswith("nonce-") for word in words):
                yield Hit(_at(context, key, name), f"{name}: the nonce would be the same on every page")


@rule(
    "client_file.csp.unsafe_inline",
    level=Level.WARNING,
    reference=_EVALUATOR,
    fix="move inline scripts into files, or name them by hash; nonces are the application's to send",
)
def inline_scripts_are_named(context: Context) -> Iterator[Hit]:
    """'unsafe-inline' for scripts comes with hashes only."""
    yield from _hits(context, Kind.INLINE)


@rule(
    "client_file.csp.unsafe_eval",
    level=Level.WARNING,
    reference=_EVALUATOR,
    fix="take 'unsafe-eval' out; WebAssembly needs only 'wasm-unsafe-eval'",
)
def strings_are_not_run(context: Context) -> Iterator[Hit]:
    """No script source is 'unsafe-eval'."""
    yield from _hits(context, Kind.EVAL)


@rule(
    "client_file.csp.wildcard",
    level=Level.WARNING,
    reference=_EVALUATOR,
    fix="name the hosts that scripts come from",
)
def scripts_come_from_named_hosts(context: Context) -> Iterator[Hit]:
    """No script source admits every server (*, https:)."""
    yield from _hits(context, Kind.WILDCARD)


@rule(
    "client_file.csp.data",
    level=Level.WARNING,
    reference=_EVALUATOR,
    fix="take data: and blob: out of the script sources (img-src and font-src may have data:)",
)
def scripts_are_not_addresses(context: Context) -> Iterator[Hit]:
    """No script source is data: or blob:."""
    yield from _hits(context, Kind.DATA)


@rule(
    "client_file.csp.bypass",
    level=Level.WARNING,
    reference="Weichselbaum et al., CSP Is Dead, Long Live CSP! (CCS 2016); csp-evaluator",
    fix="name the exact file (https://host/path/file.js), serve it yourself, or name scripts by hash",
)
def script_hosts_cannot_be_abused(context: Context) -> Iterator[Hit]:
    """No script source is a host from which an attacker can have a script of his own."""
    yield from _hits(context, Kind.BYPASS)


@rule(
    "client_file.csp.plain_http",
    level=Level.WARNING,
    reference="W3C Mixed Content; Upgrade Insecure Requests",
    fix="write https: hosts, or add upgrade-insecure-requests",
)
def sources_are_encrypted(context: Context) -> Iterator[Hit]:
    """No source comes over http: or ws:."""
    yield from _hits(context, Kind.PLAIN)


@rule(
    "client_file.csp.missing",
    level=Level.WARNING,
    reference=_EVALUATOR,
    fix="add script-src (or default-src), object-src 'none', base-uri 'self' and frame-ancestors 'self'",
)
def nothing_is_left_open(context: Context) -> Iterator[Hit]:
    """Scripts, plug-ins, <base> and frames are all governed."""
    yield from _hits(context, Kind.SCRIPTS, Kind.OBJECTS, Kind.BASE, Kind.FRAMING)


@rule(
    "client_file.csp.report_only",
    level=Level.WARNING,
    reference=f"{_CSP3} §3.2",
    fix="set report_only to false once the reports are quiet",
)
def policies_are_enforced(context: Context) -> Iterator[Hit]:
    """A policy that only reports protects nobody."""
    for key, _, csp in _policies(context):
        if csp.report_only:
            yield Hit(f"{key}.csp.report_only", "the policy only reports what it would block")


@rule(
    "client_file.csp.none",
    level=Level.WARNING,
    reference="OWASP Content Security Policy Cheat Sheet",
    fix="leave csp out: the baseline policy is sent only where the application sends none",
)
def there_is_a_policy(context: Context) -> Iterator[Hit]:
    """``csp: none`` leaves answers without a policy unprotected."""
    for key, part in header_sets(context.client):
        if part.csp == "none":
            yield Hit(f"{key}.csp", "csp: none – answers without a policy of their own get none")


@rule(
    "client_file.csp.report_to",
    reference="W3C Reporting API §3.2; CSP3 §6.5.2",
    fix="add the endpoint to headers.reporting_endpoints",
)
def reports_go_somewhere(context: Context) -> Iterator[Hit]:
    """``report-to`` names an endpoint of ``reporting_endpoints``."""
    common = context.client.headers
    for key, part, csp in _policies(context):
        known = part.reporting_endpoints
        if known is None and isinstance(common, HeaderSet):
            known = common.reporting_endpoints
        for word in csp.policy.get("report-to", ())[:1]:
            if word not in (known or {}):
                yield Hit(_at(context, key, "report-to"), f"report-to: there is no endpoint {word!r}")
