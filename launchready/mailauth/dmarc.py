"""DMARC (RFC 9989, RFC 9990): records, the DNS tree walk, alignment, permission for reports."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from launchready.mailauth.dns import Lookup, PartialLookup, normal, texts
from launchready.mailauth.tags import parse_tags
from launchready.mailauth.uris import mail_domain, split

MAX_QUERIES = 8
REMOVED = ("pct", "rf", "ri")
"""Tags of RFC 7489 that RFC 9989 took out; receivers ignore them."""


class Policy(StrEnum):
    """What to do with mail that fails, from the weakest to the strongest."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"

    @property
    def strength(self) -> int:
        return list(Policy).index(self)

    @property
    def tested(self) -> Policy:
        """What ``t=y`` makes of it: one level less."""
        return list(Policy)[max(0, self.strength - 1)]


@dataclass(frozen=True, slots=True)
class Record:
    """A DMARC record. Tags that are absent, or wrong, have their defaults.

    ``problems``: breaches of the syntax, which receivers answer with a default or by ignoring the
    tag; ``remarks``: what works but has no effect. ``p`` None: absent or invalid, which is ``none``.
    """

    text: str
    p: Policy | None = None
    sp: Policy | None = None
    np: Policy | None = None
    adkim: str = "r"
    aspf: str = "r"
    fo: tuple[str, ...] = ("0",)
    rua: tuple[str, ...] = ()
    ruf: tuple[str, ...] = ()
    testing: bool = False
    psd: str = "u"
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def policy(self) -> Policy:
        """For the domain itself, ``t=y`` taken into account."""
        return self._applied(self.p)

    @property
    def subdomain_policy(self) -> Policy:
        """For subdomains that exist."""
        return self._applied(self.sp or self.p)

    @property
    def absent_policy(self) -> Policy:
        """For subdomains that don't exist."""
        return self._applied(self.np or self.sp or self.p)

    def _applied(self, policy: Policy | None) -> Policy:
        chosen = policy or Policy.NONE
        return chosen.tested if self.testing else chosen


_VERSION = re.compile(r"v\s*=\s*DMARC1\s*(?:;|$)")
_VALUES = {
    "p": tuple(Policy), "sp": tuple(Policy), "np": tuple(Policy), "adkim": ("r", "s"), "aspf": ("r", "s"),
    "t": ("y", "n"), "psd": ("y", "n", "u"),
}  # fmt: skip
_FO = {"0", "1", "d", "s"}


def is_dmarc(text: str) -> bool:
    """Does the text begin with the version, in exactly these letters (RFC 9989 §4.7)?"""
    return _VERSION.match(text) is not None


def resembles_dmarc(text: str) -> bool:
    """Was it probably meant as DMARC, though receivers discard it?"""
    return not is_dmarc(text) and re.search(r"dmarc", text, re.IGNORECASE) is not None


def select(records: Iterable[str]) -> tuple[str, ...]:
    """The DMARC records among the texts of a TXT RRset."""
    return tuple(text for text in records if is_dmarc(text))


def parse(text: str) -> Record:
    """Parse a record; what is wrong is said, and replaced by its default, as receivers do."""
    tags = parse_tags(text, fold=True)
    problems = list(tags.problems)
    remarks: list[str] = []
    if not is_dmarc(text):
        problems.append("doesn't begin with v=DMARC1")
    values: dict[str, str] = {}
    for tag in tags.tags:
        if tag.name in _VALUES:
            value = tag.value.lower()
            if value in _VALUES[tag.name]:
                values.setdefault(tag.name, value)
            else:
                problems.append(f"{tag.name}={tag.value} is none of {', '.join(_VALUES[tag.name])}")
        elif tag.name in REMOVED:
            remarks.append(f"{tag.name}= was removed by RFC 9989 and has no effect")
        elif tag.name not in ("v", "rua", "ruf", "fo"):
            remarks.append(f"unknown tag {tag.name}=, ignored")
    wrong = [name for name in ("p", "sp", "np") if tags.get(name) is not None and name not in values]
    if "p" not in values or wrong:
        problems.append("without a valid p= (and sp=, np= if given) receivers act as if p were none")
        values = {name: value for name, value in values.items() if name not in ("p", "sp", "np")}
    rua = _uris("rua", tags.get("rua"), problems, remarks)
    ruf = _uris("ruf", tags.get("ruf"), problems, remarks)
    fo = tuple(option.strip() for option in (tags.get("fo") or "0").lower().split(":"))
    if not set(fo) <= _FO:
        problems.append(f"fo={tags.get('fo')} has options other than 0, 1, d, s")
    if tags.get("fo") is not None and not ruf:
        remarks.append("fo= has no effect without ruf=")
    return Record(
        text,
        _policy(values.get("p")),
        _policy(values.get("sp")),
        _policy(values.get("np")),
        values.get("adkim", "r"),
        values.get("aspf", "r"),
        fo,
        rua,
        ruf,
        values.get("t") == "y",
        values.get("psd", "u"),
        tuple(problems),
        tuple(remarks),
    )


def _policy(value: str | None) -> Policy | None:
    return None if value is None else Policy(value)


def _uris(tag: str, value: str | None, problems: list[str], remarks: list[str]) -> tuple[str, ...]:
    found = []
    for item in value.split(",") if value is not None else ():
        uri, bang, _size = item.strip().partition("!")
        if bang:
            remarks.append(f"{tag}: the size limit of {item.strip()!r} has no effect any more")
        parts = split(uri)
        if parts is None:
            problems.append(f"{tag}={item.strip()!r} is no URI")
        elif parts.scheme.lower() == "mailto" and mail_domain(uri) is None:
            problems.append(f"{tag}={uri!r} is no mail address")
        else:
            if parts.scheme.lower() != "mailto":
                remarks.append(f"{tag}: few receivers report to {parts.scheme}:")
            found.append(uri)
    return tuple(found)


# --- the tree walk (§4.10) ---------------------------------------------------------------------


def walk_names(domain: str) -> list[str]:
    """The domains that a full tree walk visits, at most eight: itself first, the top level last."""
    labels = normal(domain).split(".")
    first, rest = [labels], labels[1:] if len(labels) < MAX_QUERIES else labels[-7:]
    return [".".join(chosen) for chosen in first + [rest[i:] for i in range(len(rest))]]


def record_name(domain: str) -> str:
    return f"_dmarc.{domain}"


class WalkError(Exception):
    """A look-up of the walk failed: ``name``, ``type`` and ``failure`` (SERVFAIL, TIMEOUT …)."""

    def __init__(self, name: str, failure: str) -> None:
        super().__init__(f"TXT of {name}: {failure}")
        self.name = name
        self.type = "TXT"
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a tree walk found.

    ``found``: (domain, record) for each name with exactly one record, from the longest. ``repeated``:
    domains with several records, which count as none. ``queries``: the names asked for.
    """

    domain: str
    organizational: str
    policy_domain: str | None
    record: Record | None
    found: tuple[tuple[str, Record], ...]
    repeated: tuple[str, ...]
    queries: tuple[str, ...]

    @property
    def policy(self) -> Policy | None:
        """For mail from ``domain`` (which exists): ``p``, or ``sp`` when inherited; None without a record."""
        if self.record is None:
            return None
        return self.record.policy if self.policy_domain == self.domain else self.record.subdomain_policy


def discover(domain: str, lookup: Lookup) -> Discovery:
    """Walk the tree from ``domain``: its organisational domain, and the record that applies to it.

    Raises WalkError when a look-up failed; what ``lookup`` raises passes through.
    """
    domain = normal(domain)
    found: list[tuple[str, Record]] = []
    repeated: list[str] = []
    queries: list[str] = []
    for name in walk_names(domain):
        asked = record_name(name)
        queries.append(asked)
        answer = lookup(asked, "TXT")
        if answer.failure is not None:
            raise WalkError(asked, answer.failure)
        records = select(texts(answer.data))
        if len(records) > 1:
            repeated.append(name)
        elif records:
            record = parse(records[0])
            found.append((name, record))
            if record.psd in ("y", "n"):
                break
    organizational = _organizational(domain, found)
    by_name = dict(found)
    policy_domain = next((n for n in (domain, organizational) if n in by_name), None)
    if policy_domain is None:
        policy_domain = next((n for n, record in found if record.psd == "y"), None)
    record_found = None if policy_domain is None else by_name[policy_domain]
    return Discovery(
        domain, organizational, policy_domain, record_found, tuple(found), tuple(repeated), tuple(queries)
    )


def _organizational(domain: str, found: list[tuple[str, Record]]) -> str:
    """§4.10.2: ``psd=n`` itself, one label below ``psd=y``, else the shortest name with a record."""
    for name, record in found:
        if record.psd == "n":
            return name
        if record.psd == "y" and name != domain:
            labels = domain.split(".")
            return ".".join(labels[-(len(name.split(".")) + 1) :])
    return found[-1][0] if found else domain


def wanted(domain: str, lookup: PartialLookup) -> set[tuple[str, str]]:
    """The questions that a walk needs and ``lookup`` doesn't know yet (None)."""
    names = [record_name(name) for name in walk_names(domain)]
    return {(name, "TXT") for name in names if lookup(name, "TXT") is None}


# --- alignment and reports ---------------------------------------------------------------------


def aligned(author: str, identifier: str, mode: str, lookup: Lookup) -> bool:
    """Is an authenticated domain aligned with the author's: ``s`` the same, ``r`` the same organisation?"""
    author, identifier = normal(author), normal(identifier)
    if author == identifier or mode == "s":
        return author == identifier
    return discover(author, lookup).organizational == discover(identifier, lookup).organizational


def authorization_name(domain: str, target: str) -> str:
    """The name with which ``target`` allows reports about ``domain`` to be sent to it (RFC 9990 §4)."""
    return f"{normal(domain)}._report._dmarc.{normal(target)}"


def is_authorization(data: Iterable[str]) -> bool:
    """Do these TXT records grant that permission: any that begins with v=DMARC1?"""
    return bool(select(texts(data)))
