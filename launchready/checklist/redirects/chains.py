"""What no chain of redirects may do, wherever it starts: loop, grow long, fall back to http."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from launchready.checklist.redirects.hops import (
    MOST_HOPS,
    PERMANENT,
    REDIRECTS,
    Chain,
    front_pages,
    hops_from,
    host_of,
    hosts,
    is_declared,
    normal,
    starts,
    target_of,
    walk,
)
from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
    undecided,
)
from launchready.checklist.tls.hosts import OWN_SERVER, stand_in
from launchready.evidence.types import Cause, HttpProbe, HttpResult, Probe

MOST_REDIRECTS = 3
"""http apex → https apex → https www is two (HSTS preload wants them apart); a path's own makes three."""
REDIRECT_FIX = Fix("launchready:redirects", "send the first redirect straight to the last target")


def everywhere(subject: Subject) -> Iterator[Probe]:
    return hops_from(subject, starts(subject))


def _fronts(subject: Subject) -> Iterator[Probe]:
    return hops_from(subject, front_pages(subject))


def _judge_chains(subject: Subject, judge: Callable[[Chain], Outcome]) -> list[Outcome]:
    """One outcome for each start; a chain with a hop that could not be judged is undecided."""
    outcomes = []
    for start in starts(subject):
        chain = walk(subject, start)
        outcome = judge(chain)
        broken = chain.broken
        if broken is not None and outcome.status.value == "pass" and not _closed(broken):
            outcome = undecided(start, broken)
        outcomes.append(outcome)
    return outcomes


def _closed(result: HttpResult) -> bool:
    """A port that is closed, or a page that only stands in for the site, redirects nobody."""
    closed_http = result.cause is Cause.CONNECTION_REFUSED and result.probe.url.startswith("http://")
    return closed_http or result.cause is Cause.PLACEHOLDER


@check(
    "redirects.loop",
    severity=Severity.CRITICAL,
    needs=[everywhere],
    reference="RFC 9110 §15.4",
    defect="redirects lead in a circle: browsers give up",
    fix=Fix("launchready:redirects", "remove the circle; with tls.mode flexible set it to strict"),
)
def no_redirect_loops(subject: Subject) -> Iterable[Outcome]:
    """No chain of redirects comes back to a URL that it has been at."""

    def judge(chain: Chain) -> Outcome:
        evidence = [hop.probe.id for hop in chain.hops]
        if chain.loop:
            return failed(chain.start, chain.words, expected="an end", evidence=evidence)
        return passed(chain.start, f"{chain.redirects} redirect(s)", evidence=evidence)

    return _judge_chains(subject, judge)


@check(
    "redirects.length",
    severity=Severity.MEDIUM,
    needs=[everywhere],
    reference="Google Search Central: redirects, at most 3 to 5 hops",
    defect="a chain of redirects is long",
    fix=REDIRECT_FIX,
)
def chains_are_short(subject: Subject) -> Iterable[Outcome]:
    """At most three redirects lead to the page."""

    def judge(chain: Chain) -> Outcome:
        if chain.loop:
            return not_applicable(chain.start, "a loop; see redirects.loop")
        if chain.redirects > MOST_REDIRECTS:
            more = f"{chain.redirects} redirects" + (" and more" if chain.redirects >= MOST_HOPS else "")
            return failed(chain.start, f"{more}: {chain.words}", expected=f"at most {MOST_REDIRECTS}")
        return passed(chain.start, f"{chain.redirects} redirect(s)")

    return _judge_chains(subject, judge)


@check(
    "redirects.downgrade",
    severity=Severity.HIGH,
    needs=[everywhere],
    reference="OWASP ASVS 5.0 V12.2.1",
    defect="a redirect leads from https to http",
    fix=Fix("launchready:redirects", "write the target with https://"),
)
def no_redirect_leaves_https(subject: Subject) -> Iterable[Outcome]:
    """No redirect leads from https to http."""

    def judge(chain: Chain) -> Outcome:
        for source, target in zip(chain.urls, chain.urls[1:], strict=False):
            if source.startswith("https:") and target.startswith("http:"):
                return failed(chain.start, f"{source} → {target}", expected="https all the way")
        return passed(chain.start, chain.words)

    return _judge_chains(subject, judge)


@check(
    "redirects.https_first",
    severity=Severity.MEDIUM,
    needs=[_fronts],
    reference="RFC 6797 §7.2",
    defect="http is redirected to another host before https: HSTS never covers the first one",
    fix=Fix(
        "launchready:tls.always_https", "set it to true, so that http goes to https on the same host first"
    ),
)
def http_goes_to_https_on_the_same_host(subject: Subject) -> Iterable[Outcome]:
    """The first redirect from http leads to https on the same host."""
    for host in hosts(subject):
        url = f"http://{host}/"
        result = subject.evidence.http(url)
        target = target_of(result)
        if _closed(result):
            yield not_applicable(url, "not answered over http")
        elif result.cause is not None:
            yield undecided(url, result)
        elif target is None:
            yield not_applicable(url, "no redirect; see tls.https.forced")
        elif target.startswith("https:") and host_of(target) == host:
            yield passed(url, f"{result.status} to {target}", evidence=[result.probe.id])
        else:
            yield failed(
                url, f"{result.status} to {target}", expected=f"https://{host}/", evidence=[result.probe.id]
            )


@check(
    "redirects.permanent",
    severity=Severity.LOW,
    needs=[_fronts],
    reference="RFC 9110 §15.4.2",
    defect="a host's redirect is temporary: it is asked for again at every visit and passes no rank on",
    fix=Fix("launchready:redirects", "use status 301 or 308"),
)
def host_redirects_are_permanent(subject: Subject) -> Iterable[Outcome]:
    """Redirects from http to https and from host to host are permanent, unless declared otherwise."""
    temporary = {
        normal(url)
        for rule in subject.declared.redirects
        if rule.status not in PERMANENT
        for url, _ in rule.examples
    }
    for url in front_pages(subject):
        chain = walk(subject, url)
        hops = [hop for hop in chain.hops if _changes_host(hop) and hop.probe.url not in temporary]
        wrong = [f"{hop.probe.url}: {hop.status}" for hop in hops if hop.status not in PERMANENT]
        if wrong:
            yield failed(url, ", ".join(wrong), expected="301 or 308")
        elif chain.broken is not None and not _closed(chain.broken):
            yield undecided(url, chain.broken)
        elif hops:
            yield passed(url, ", ".join(str(hop.status) for hop in hops))
        else:
            yield not_applicable(url, "no redirect between hosts or schemes")


def _changes_host(hop: HttpResult) -> bool:
    target = target_of(hop)
    if target is None:
        return False
    before, after = urlsplit(hop.probe.url), urlsplit(target)
    return (before.scheme, before.hostname) != (after.scheme, after.hostname)


@check(
    "redirects.canonical",
    severity=Severity.LOW,
    needs=[_fronts],
    reference="RFC 6596 §3",
    defect="apex and www both serve the site: search engines and cookies see two",
    fix=Fix("launchready:hosts", 'make one redirect to the other: `www: {redirect: "@"}`'),
)
def apex_and_www_have_one_canonical_host(subject: Subject) -> Outcome:
    """Of apex and www, one leads to the other."""
    apex = subject.declared.domain
    pair = (apex, f"www.{apex}")
    if not set(pair) <= set(hosts(subject)):
        return not_applicable(apex, "not both of apex and www are declared")
    if any(stand_in(subject, host) for host in pair):
        return not_applicable(apex, OWN_SERVER)
    chains = [walk(subject, f"https://{host}/") for host in pair]
    ends = [host_of(chain.urls[-1]) for chain in chains]
    observed = f"{pair[0]} ends at {ends[0]}, {pair[1]} at {ends[1]}"
    broken = next((chain.broken for chain in chains if chain.broken is not None), None)
    if ends[0] == ends[1]:
        return passed(apex, observed)
    if broken is not None:
        return undecided(apex, broken)
    return failed(apex, observed, expected="one host")


@check(
    "redirects.target.reachable",
    severity=Severity.MEDIUM,
    needs=[everywhere],
    reference="RFC 9110 §15.5.5",
    defect="a redirect leads to a page that does not exist or can't be served",
    fix=Fix("launchready:redirects", "correct the target"),
)
def targets_can_be_served(subject: Subject) -> Iterable[Outcome]:
    """Redirects that stay on declared hosts end at a page that is there."""
    for start in starts(subject):
        chain = walk(subject, start)
        final = chain.final
        if chain.external or chain.loop or final is None or _same_page(start, chain.urls[-1]):
            continue
        if final.status in REDIRECTS and chain.redirects >= MOST_HOPS:
            yield inconclusive(start, Cause.TOO_MANY_REDIRECTS, chain.words)
        elif final.cause is not None:
            yield undecided(start, final)
        elif _is_missing(subject, final):
            yield failed(
                start, f"{chain.words}: {final.status}", expected="a page", evidence=[final.probe.id]
            )
        else:
            yield passed(start, f"{chain.words}: {final.status}", evidence=[final.probe.id])


def _same_page(start: str, end: str) -> bool:
    """No redirect, or only from http to https: whether the page itself is well is for ``tls`` to say."""
    return start.partition("://")[2] == end.partition("://")[2]


def _is_missing(subject: Subject, final: HttpResult) -> bool:
    """A rehearsal's stand-in origin does not have the application's pages: a 404 says nothing there."""
    status = final.status or 0
    return status >= 500 or (status in (404, 410) and not subject.evidence.on_edge)


@check(
    "redirects.location.valid",
    severity=Severity.MEDIUM,
    needs=[everywhere],
    reference="RFC 9110 §10.2.2",
    defect="a redirect has no Location, several, or one that is no http(s) URL",
    fix=Fix("launchready:redirects", "correct the target"),
)
def locations_are_valid(subject: Subject) -> Iterable[Outcome]:
    """Every redirect has one Location, an http(s) URL without credentials."""
    seen: set[str] = set()
    for start in starts(subject):
        for hop in walk(subject, start).hops:
            if hop.status not in REDIRECTS or hop.probe.id in seen:
                continue
            seen.add(hop.probe.id)
            reason = _invalid_location(hop)
            if reason:
                yield failed(hop.probe.url, reason, expected="one http(s) URL", evidence=[hop.probe.id])
            else:
                yield passed(hop.probe.url, hop.header("location") or "", evidence=[hop.probe.id])


def _invalid_location(hop: HttpResult) -> str | None:
    locations = [value for name, value in hop.headers if name == "location"]
    if len(locations) != 1:
        return f"{len(locations)} Location headers"
    if any(ord(letter) < 33 or ord(letter) > 126 for letter in locations[0]):
        return f"not percent-encoded: {locations[0]!r}"
    if target_of(hop) is None:
        return f"no http(s) URL: {locations[0]!r}"
    return f"credentials in {locations[0]!r}" if "@" in urlsplit(locations[0]).netloc else None


STRANGER = "launchready.invalid"
"""A host that nobody can have (RFC 2606 §2)."""


def _bait(subject: Subject) -> list[str]:
    """URLs whose path looks like another host, at every host that redirects by itself."""
    found = []
    for host in hosts(subject):
        for url in (f"http://{host}/", f"https://{host}/"):
            results = subject.evidence.results.get(HttpProbe(url).id, ())
            if any(isinstance(result, HttpResult) and target_of(result) for result in results):
                found += [f"{url}/{STRANGER}/%2e%2e", f"{url}@{STRANGER}"]
    return found


def _baited(subject: Subject) -> Iterator[Probe]:
    yield from (HttpProbe(url) for url in front_pages(subject))
    yield from (HttpProbe(normal(url)) for url in _bait(subject))


@check(
    "redirects.open",
    severity=Severity.HIGH,
    needs=[_baited],
    reference="CWE-601, OWASP Unvalidated Redirects and Forwards",
    defect="a redirect can be made to lead to any host",
    fix=Fix("launchready:redirects", "build the target from a fixed host and the path, with a slash between"),
)
def redirects_cannot_be_led_astray(subject: Subject) -> Iterable[Outcome]:
    """A path that looks like another host does not become the redirect's host."""
    for url in _bait(subject):
        result = subject.evidence.http(normal(url))
        if result.cause is not None:
            yield undecided(url, result)
            continue
        target = target_of(result)
        if target is not None and STRANGER in host_of(target) and not is_declared(subject, target):
            yield failed(url, f"Location: {target}", expected="a declared host", evidence=[result.probe.id])
        else:
            yield passed(url, target or str(result.status), evidence=[result.probe.id])
