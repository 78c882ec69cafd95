"""What was set up for the web: addresses, redirects, encryption, caching, protection."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import caching
from launchready.client_file.headers import header_plan
from launchready.client_file.model import Exposure, Host, Hsts
from launchready.client_file.rate_limits import limits
from launchready.report.handover.blocks import Block, Code, Line, Paragraph, Points, Table, line, listed
from launchready.report.handover.known import Known, duration

MOST_REDIRECTS = 60
STATUSES = {301: "for good", 308: "for good", 302: "for now", 303: "for now", 307: "for now"}


def addresses(known: Known) -> Iterator[Block]:
    """Every host, and what answers there."""
    rows = []
    for name, host in known.client.hosts.items():
        full = known.client.fqdn(name)
        rows.append((line(Code(full)), _answers(known, host), _reach(host)))
    if rows:
        yield Table("Addresses", ("Address", "What answers", "Who can see it"), tuple(rows))
    else:
        yield Paragraph(line("No host of the domain answers visitors yet."))


def _answers(known: Known, host: Host) -> Line:
    if host.redirect is not None:
        target = host.redirect if "/" in host.redirect else known.client.fqdn(host.redirect)
        return line("leads to ", Code(target), ", path and query kept")
    origin = (host.cname,) if host.cname else host.address
    through = "through Cloudflare, from" if host.proxied else "directly from"
    return line(f"the site, {through} ", *listed(tuple(origin)))


def _reach(host: Host) -> Line:
    if isinstance(host.exposure, Exposure):
        return line("only from ", *listed(host.exposure.private.allow), "; everyone else is refused")
    return line("everyone")


def redirects(known: Known) -> Iterator[Block]:
    """The redirects of single addresses."""
    entries = known.client.redirects
    rows = tuple(
        (
            line(Code(entry.source)),
            line(Code(entry.to)),
            line(STATUSES[entry.status] + ("" if entry.keep_query else ", without the query")),
        )
        for entry in entries[:MOST_REDIRECTS]
    )
    if rows:
        yield Table("Redirects", ("From", "To", "How"), rows)
    if len(entries) > MOST_REDIRECTS:
        left = len(entries) - MOST_REDIRECTS
        yield Paragraph(line(f"And {left} more, all in the client file. A star stands for anything."))
    elif any("*" in entry.source for entry in entries):
        yield Paragraph(line("A star stands for anything."))


def encryption(known: Known) -> Iterator[Block]:
    """HTTPS, HSTS, DNSSEC and who may issue certificates."""
    tls = known.client.tls
    items: list[Line] = []
    if tls.always_https:
        items.append(line("Whoever comes by http is sent to https."))
    items.append(line(f"Browsers need TLS {tls.min_version} or newer; those of the last ten years have it."))
    if isinstance(tls.hsts, Hsts):
        below = ", and for every address below the domain" if tls.hsts.include_subdomains else ""
        items.append(
            line(f"Browsers remember for {duration(tls.hsts.max_age)} to come by https only (HSTS){below}.")
        )
    if tls.mode == "strict":
        items.append(
            line("Between Cloudflare and the origin the connection is encrypted, the certificate verified.")
        )
    if tls.dnssec:
        items.append(line("DNS answers are signed (DNSSEC), once the DS record is at the registrar."))
    if tls.caa != "none":
        items.append(line("Only these authorities may issue certificates: ", *listed(tls.caa), "."))
    yield Points("Encryption", tuple(items))


def kept(known: Known) -> Iterator[Block]:
    """What the edge keeps, and what never."""
    cache = caching.settings(known.client)
    if cache is None:
        return
    items: list[Line] = []
    if isinstance(cache.static, int):
        items.append(
            line(f"Style sheets, scripts and pictures are kept at Cloudflare for {duration(cache.static)}.")
        )
    if isinstance(cache.browser, int):
        items.append(line(f"Browsers keep them for {duration(cache.browser)}."))
    pages = "are never kept" if cache.html == "bypass" else f"are kept for {duration(cache.html)}"
    items.append(line(f"Pages {pages}; log-in, APIs and private pages never are."))
    if cache.bypass:
        items.append(line("Never kept either: ", *listed(cache.bypass), "."))
    yield Points("Caching", tuple(items))


def protection(known: Known) -> Iterator[Block]:
    """Response headers and rate limits."""
    items: list[Line] = []
    if header_plan(known.client) is not None:
        items.append(
            line(
                "Answers carry headers that tell browsers what a page may do: load only from named places, "
                "be framed by nobody else, keep addresses to itself."
            )
        )
    items += [
        line(
            f"More than {limit.requests} requests in {duration(limit.period)} from one visitor to ",
            *listed(limit.paths),
            " are refused for a while.",
        )
        for limit in limits(known.client)
    ]
    if items:
        yield Points("Protection", tuple(items))
