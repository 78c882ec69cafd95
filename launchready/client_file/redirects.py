"""What a client file's redirects do to a URL: patterns, captures, and following them without a network."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import SplitResult, urlsplit

from launchready.client_file.model import ClientFile
from launchready.client_file.names import to_ascii
from launchready.client_file.positions import key_text

SCHEMES = ("http", "https")
MAX_HOPS = 20
"""Redirects in a row that browsers follow."""
_REFERENCE = re.compile(r"\$\{(\d+)\}")


@dataclass(frozen=True)
class Rule:
    """One redirect, of ``redirects`` or of a redirect-only host.

    ``host`` and ``path`` may hold ``*``; ``path`` None: every path. ``query`` None: any or none.
    """

    key: str
    host: str
    path: str | None
    query: str | None
    to: str
    keep_query: bool = True
    keeps_path: bool = False
    """A redirect-only host to another host: scheme, path and query are kept."""

    @property
    def stars(self) -> int:
        """How many captures there are."""
        return self.host.count("*") + (self.path or "").count("*")

    @property
    def text(self) -> str:
        """The source as it is written."""
        return f"{self.host}{self.path or ''}" + (f"?{self.query}" if self.query is not None else "")

    @cached_property
    def _host_regex(self) -> re.Pattern[str]:
        return _regex(self.host)

    @cached_property
    def _path_regex(self) -> re.Pattern[str]:
        return _regex(self.path if self.path is not None else "*")

    @cached_property
    def _query_regex(self) -> re.Pattern[str]:
        return _regex(self.query if self.query is not None else "*")

    def covers(self, other: Rule) -> bool:
        """Whether this rule matches every URL that the other one matches."""
        return (
            self._host_regex.fullmatch(other.host) is not None
            and self._path_regex.fullmatch(other.path if other.path is not None else "/*") is not None
            and self._query_regex.fullmatch(other.query if other.query is not None else "*") is not None
        )

    def apply(self, url: SplitResult) -> str | None:
        """Where a URL is sent, or None when the rule doesn't match it."""
        host = self._host_regex.fullmatch(url.hostname or "")
        path = self._path_regex.fullmatch(url.path or "/")
        if host is None or path is None or not self._query_regex.fullmatch(url.query):
            return None
        if self.keeps_path:
            return f"{url.scheme}://{self.to}{url.path or '/'}"
        found = [*host.groups(), *(path.groups() if self.path is not None else ())]
        return _REFERENCE.sub(lambda m: found[int(m[1]) - 1] if 0 < int(m[1]) <= len(found) else "", self.to)

    def sample(self) -> SplitResult:
        """A URL that the rule matches."""
        path = (self.path if self.path is not None else "/x").replace("*", "x")
        query = f"?{self.query.replace('*', 'x')}" if self.query is not None else ""
        return urlsplit(f"https://{self.host.replace('*', 'x')}{path}{query}")


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("(.*?)".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)


def references(target: str) -> list[int]:
    """The captures that a target uses."""
    return [int(number) for number in _REFERENCE.findall(target)]


def rules(client: ClientFile) -> list[Rule]:
    """Every redirect in the order in which the edge tries them: ``redirects``, then redirect-only hosts."""
    return [*_entry_rules(client), *_host_rules(client)]


def _entry_rules(client: ClientFile) -> Iterator[Rule]:
    for number, entry in enumerate(client.redirects):
        source, mark, query = entry.source.partition("?")
        host, slash, path = source.partition("/")
        yield Rule(
            f"redirects[{number}]",
            host.lower(),
            "/" + path if slash else None,
            query if mark else None,
            entry.to.strip(),
            entry.keep_query,
        )


def _host_rules(client: ClientFile) -> Iterator[Rule]:
    for key, host in client.hosts.items():
        if host.redirect is None:
            continue
        at = key_text(("hosts", key))
        if "://" in host.redirect:
            bare = re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]+", host.redirect) is not None
            target = f"{host.redirect}${{1}}" if bare else host.redirect
            yield Rule(at, client.fqdn(key), "*" if bare else None, None, target)
        else:
            yield Rule(at, client.fqdn(key), None, None, client.fqdn(host.redirect), keeps_path=True)


def parse_target(target: str) -> SplitResult:
    """The parts of an absolute http(s) URL, captures left as they are. Raises ValueError with the reason."""
    if re.search(r"[\s\x00-\x1f\x7f]", target):
        raise ValueError("has white space or control characters")
    parts = urlsplit(_REFERENCE.sub("x", target))
    if parts.scheme.lower() not in SCHEMES or not parts.netloc:
        raise ValueError("is no absolute http: or https: URL")
    if parts.username is not None or parts.password is not None:
        raise ValueError("carries a user name or password")
    if not parts.hostname:
        raise ValueError("has no host")
    if ":" in parts.hostname:
        raise ValueError("has an IPv6 address for a host; write a name")
    to_ascii(parts.hostname)
    if parts.port == 0:
        raise ValueError("has port 0")
    return parts


class RuleSet:
    """Rules indexed by host, so that following a chain looks only at those that can match."""

    def __init__(self, every: list[Rule]) -> None:
        self.rules = every
        self._plain: dict[str, list[int]] = defaultdict(list)
        self._starred: list[int] = []
        for number, rule in enumerate(every):
            (self._starred if "*" in rule.host else self._plain[rule.host]).append(number)

    def first(self, url: SplitResult) -> Rule | None:
        """The rule that the edge applies to a URL."""
        numbers = sorted((*self._plain.get(url.hostname or "", ()), *self._starred))
        return next((self.rules[n] for n in numbers if self.rules[n].apply(url) is not None), None)

    def loop_from(self, start: Rule) -> list[str] | None:
        """The keys of the rules that a URL of ``start`` runs through for ever; None when the chain ends.

        A loop is a chain that comes back to a URL, or is longer than browsers follow (20).
        """
        url = start.sample()
        seen, keys = {url.geturl()}, [start.key]
        target = start.apply(url)
        while target is not None and len(keys) <= MAX_HOPS:
            try:
                parts = urlsplit(target)
            except ValueError:
                return None
            url = parts._replace(scheme="https", path=parts.path or "/", fragment="")
            if url.geturl() in seen:
                return keys
            seen.add(url.geturl())
            following = self.first(url)
            if following is None:
                return None
            keys.append(following.key)
            target = following.apply(url)
        return keys if target is not None else None
