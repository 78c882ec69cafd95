"""Lints of SPF: the records among ``records``, and the one that ``email.senders`` composes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file import txt
from launchready.client_file.lint.context import Context, Entry
from launchready.client_file.lint.mail_level import carried
from launchready.client_file.lint.registry import Hit, rule
from launchready.client_file.names import within
from launchready.client_file.spf_record import compose
from launchready.mailauth import spf
from launchready.mailauth.presets import INCLUDE_LOOKUPS


@dataclass(frozen=True, slots=True)
class Published:
    """An SPF record's text, the name that it is for, and where it comes from."""

    name: str
    text: str
    key: str


def _texts(context: Context) -> Iterator[tuple[Entry, str]]:
    for entry in context.of_type("TXT"):
        if "spf" in entry.content.lower():
            try:
                yield entry, txt.text(entry.content)
            except ValueError:
                continue


def _published(context: Context) -> Iterator[Published]:
    for entry, text in _texts(context):
        if spf.is_spf(text):
            yield Published(entry.name, text, f"{entry.key}.content")
    yield from _composed(context)


def _composed(context: Context) -> Iterator[Published]:
    """The SPF records that ``email`` amounts to, the apex's first."""
    composed = compose(context.client)
    for record in composed.records if composed is not None else ():
        yield Published(record.name, record.text, record.key)


@rule(
    "client_file.spf.syntax",
    reference="RFC 7208 §12",
    fix="correct the term: a record that breaks the grammar is a permanent error to receivers",
)
def spf_records_parse(context: Context) -> Iterator[Hit]:
    """SPF records obey the grammar."""
    for record in _published(context):
        for problem in spf.parse(record.text).problems:
            yield carried(context, Hit(record.key, f"SPF of {record.name}: {problem}"))
    for entry, text in _texts(context):
        if spf.resembles_spf(text):
            yield carried(
                context,
                Hit(f"{entry.key}.content", f"SPF of {entry.name}: {text[:40]!r} is none to receivers"),
            )


@rule(
    "client_file.spf.several",
    reference="RFC 7208 §3.2, §4.5",
    fix="merge them into one record",
)
def a_name_has_one_spf_record(context: Context) -> Iterator[Hit]:
    """A name has at most one SPF record."""
    seen: dict[str, str] = {}
    for entry, text in _texts(context):
        if spf.is_spf(text) and seen.setdefault(entry.name, entry.key) != entry.key:
            yield carried(
                context, Hit(entry.key, f"{entry.name} has a second SPF record ({seen[entry.name]})")
            )


@rule(
    "client_file.spf.managed",
    reference="RFC 7208 §3.2; design: one place declares a record",
    fix="leave it out of records and name its senders in email.senders, or set email: none",
)
def spf_is_declared_once(context: Context) -> Iterator[Hit]:
    """Where ``email`` composes the apex's SPF record, ``records`` has none."""
    if not context.client.email.managed:
        return
    for entry, text in _texts(context):
        if entry.name == context.domain and spf.is_spf(text):
            yield Hit(entry.key, f"an SPF record for {entry.name} beside the one that `email` declares")


@rule(
    "client_file.spf.lookups",
    reference="RFC 7208 §4.6.4",
    fix="drop a sender, or flatten: email.spf.flatten: true, then `launch spf flatten CLIENT`",
)
def spf_stays_within_ten_lookups(context: Context) -> Iterator[Hit]:
    """An SPF record needs at most ten DNS look-ups, as far as the file can tell."""
    for record in _published(context):
        count = _lookups(context, record, frozenset())
        if count > spf.MAX_LOOKUPS:
            yield carried(
                context,
                Hit(record.key, f"SPF of {record.name} needs {count} DNS look-ups of {spf.MAX_LOOKUPS}"),
            )


def _lookups(context: Context, record: Published, above: frozenset[str]) -> int:
    """Look-ups of a record; includes are followed into presets and into this very file."""
    parsed = spf.parse(record.text)
    count = 0
    for mechanism in parsed.reached:
        if mechanism.queries:
            count += _cost(context, mechanism.domain if mechanism.name == "include" else None, above)
    return count + (_cost(context, parsed.redirect, above) if parsed.redirect else 0)


def _cost(context: Context, target: str | None, above: frozenset[str]) -> int:
    if target is None:
        return 1
    name = target.lower().rstrip(".")
    if name in INCLUDE_LOOKUPS:
        return INCLUDE_LOOKUPS[name]
    if name in above or len(above) > spf.MAX_LOOKUPS:
        return 1
    if not within(name, context.domain):
        return 1
    inner = next((p for p in _own_records(context) if p.name == name), None)
    return 1 if inner is None else 1 + _lookups(context, inner, above | {name})


def _own_records(context: Context) -> Iterator[Published]:
    for entry, text in _texts(context):
        if spf.is_spf(text):
            yield Published(entry.name, text, entry.key)
    yield from _composed(context)


@rule(
    "client_file.spf.void",
    reference="RFC 7208 §4.6.4 (two void look-ups)",
    fix="remove the terms that name hosts without records",
)
def spf_asks_for_what_exists(context: Context) -> Iterator[Hit]:
    """An SPF record asks at most twice for names of the zone that have no such records."""
    for record in _published(context):
        void = [term for term, name, kinds in _asked(record) if _is_void(context, name, kinds)]
        if len(void) > spf.MAX_VOID:
            yield carried(
                context,
                Hit(record.key, f"SPF of {record.name}: {', '.join(void)} find nothing; {spf.MAX_VOID} may"),
            )


def _asked(record: Published) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    kinds = {"a": ("A", "AAAA"), "mx": ("MX",), "include": ("TXT",), "exists": ("A",)}
    for mechanism in spf.parse(record.text).reached:
        domain = mechanism.domain or record.name
        if mechanism.name in kinds and "%" not in domain:
            yield mechanism.text, domain.lower().rstrip("."), kinds[mechanism.name]


def _is_void(context: Context, name: str, kinds: tuple[str, ...]) -> bool:
    if not within(name, context.domain) or name in context.delegated:
        return False
    if "TXT" in kinds and any(record.name == name for record in _composed(context)):
        return False
    if name == context.domain and ("TXT" in kinds or "MX" in kinds) and context.client.email.managed:
        return "MX" in kinds and context.client.email.receive is None and not _has(context, name, kinds)
    parents = [p for p in context.delegated if within(name, p)]
    return not parents and not _has(context, name, (*kinds, "CNAME"))


def _has(context: Context, name: str, kinds: tuple[str, ...]) -> bool:
    return context.answered_by(name, context.names_with(kinds))
