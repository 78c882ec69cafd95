"""jinja2 for our pages: autoescaped, strict about names, its filters safe about what came from outside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from launchready.report.changes import Change
from launchready.report.safe import safe
from launchready.report.words import STATUS_WORDS, counted, linked, meaning, title

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy of every page: nothing is loaded, nothing runs."""


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates of reports and of handovers."""
    made = Environment(
        loader=ChoiceLoader(
            [PackageLoader("launchready.report.html"), PackageLoader("launchready.report.handover")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"shown": shown, "day": day, "moment": moment, "row_title": title, "row_meaning": meaning,
                     "linked": reference, "counted": counted, "breakable": breakable, "sentence": sentence,
                     "by_check": by_check}  # fmt: skip
    made.globals |= {"policy": POLICY, "STATUS_WORDS": STATUS_WORDS}
    return made


def shown(value: object, longest: int = 600) -> str:
    """A value from outside on one line, controls shown as escapes, bounded."""
    return safe(str(value), longest)


def sentence(text: str) -> str:
    """With a capital letter at its beginning, and no full stop at its end."""
    return text[:1].upper() + text[1:].rstrip(". ")


def by_check(changes: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """Changes check by check, in the order in which each check comes first."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.check, []).append(change)
    return list(found.items())


def breakable(value: object) -> Markup:
    """``shown``, with places where a long name may be broken (after dots, slashes and underscores)."""
    text = str(escape(safe(str(value))))
    for sign in ("/", ".", "_"):
        text = text.replace(sign, f"{sign}<wbr>")
    return Markup(text)  # noqa: S704 - escaped above; only <wbr> was added


def day(value: date | datetime) -> str:
    """``24 November 2026``."""
    return f"{value.day} {value:%B %Y}"


def moment(value: datetime) -> str:
    """``24 November 2026, 12:30 UTC``."""
    utc = value.astimezone(UTC)
    return f"{day(utc)}, {utc:%H:%M} UTC"


def reference(text: str) -> Markup:
    """A reference, its RFCs and web addresses as links."""
    parts = []
    for part in linked(safe(text)):
        if part.href is None:
            parts.append(escape(part.text))
        else:
            parts.append(Markup('<a href="{}" rel="noreferrer">{}</a>').format(part.href, part.text))
    return Markup("").join(parts)
