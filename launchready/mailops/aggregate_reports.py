"""DMARC aggregate reports (RFC 9990) from files: who sent as the domain, and did it pass?

Reports come from strangers: sizes are bounded, document types are refused, compressed files are read
no further than the bound.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree

from launchready.errors import InputError, Where
from launchready.mailauth.dns import normal

MAX_BYTES = 50 * 1024 * 1024
"""Of one report, uncompressed."""
MAX_FILES = 10_000
MAX_DAYS = 35
"""One report covers a day; some receivers send them by the week or month."""


@dataclass(frozen=True, slots=True)
class Row:
    """Messages of one source with one outcome. ``spf``/``dkim``: domains that passed, aligned or not."""

    source: str
    count: int
    passes: bool
    header_from: str
    spf: tuple[str, ...] = ()
    dkim: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """One aggregate report: whose it is, the days that it covers, its rows."""

    organization: str
    domain: str
    first: date
    last: date
    rows: tuple[Row, ...]


def read_all(paths: Iterable[Path], domain: str) -> list[Report]:
    """The reports about ``domain`` in files (.xml, .xml.gz, .zip) and directories of them.

    Raises InputError naming the file that is none, or that is too big.
    """
    found = []
    for number, path in enumerate(_files(paths)):
        if number >= MAX_FILES:
            raise InputError(f"more than {MAX_FILES} reports", where=Where(path), fix="name fewer at a time")
        found += [report for report in _in_file(path) if normal(report.domain) == normal(domain)]
    return found


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.name.lower().endswith((".xml", ".gz", ".zip")))
        elif path.is_file():
            yield path
        else:
            raise InputError("there is no such file", where=Where(path))


def _in_file(path: Path) -> Iterator[Report]:
    try:
        raw = path.read_bytes() if path.stat().st_size <= MAX_BYTES else None
        if raw is None:
            raise InputError(f"is bigger than {MAX_BYTES} bytes", where=Where(path))
        for data in _unpacked(raw):
            yield parse(data, path)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise InputError(f"can't be read: {error}", where=Where(path)) from None


def _unpacked(raw: bytes) -> Iterator[bytes]:
    if raw[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as stream:
            yield stream.read(MAX_BYTES + 1)
    elif raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for name in archive.namelist():
                if name.lower().endswith(".xml"):
                    with archive.open(name) as member:
                        yield member.read(MAX_BYTES + 1)
    else:
        yield raw


def parse(data: bytes, path: Path) -> Report:
    """One report. Raises InputError naming the file and what is missing."""
    if len(data) > MAX_BYTES:
        raise InputError(f"holds more than {MAX_BYTES} bytes", where=Where(path))
    if b"\0" in data:
        raise InputError("is no XML in UTF-8", where=Where(path))
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise InputError("has a document type, which no report has", where=Where(path))
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - bounded, and without a document type
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        span = [int(_need(root, f"report_metadata/date_range/{end}")) for end in ("begin", "end")]
        days = [datetime.fromtimestamp(second, UTC).date() for second in span]
        if not 0 <= (days[1] - days[0]).days <= MAX_DAYS:
            raise ValueError(f"it covers {days[0]} to {days[1]}, more than {MAX_DAYS} days or none")
        return Report(
            root.findtext("report_metadata/org_name", "").strip(),
            _need(root, "policy_published/domain"),
            days[0],
            days[1],
            tuple(_row(record) for record in root.findall("record")),
        )
    except (ElementTree.ParseError, ValueError, OverflowError, OSError) as error:
        raise InputError(f"is no aggregate report: {error}", where=Where(path)) from None


def _need(element: ElementTree.Element, path: str) -> str:
    found = (element.findtext(path) or "").strip()
    if not found:
        raise ValueError(f"it has no {path}")
    return found


def _row(record: ElementTree.Element) -> Row:
    evaluated = [record.findtext(f"row/policy_evaluated/{kind}", "").strip() for kind in ("dkim", "spf")]
    passed = {
        kind: tuple(
            normal(result.findtext("domain", "").strip())
            for result in record.findall(f"auth_results/{kind}")
            if result.findtext("result", "").strip() == "pass"
        )
        for kind in ("spf", "dkim")
    }
    return Row(
        _need(record, "row/source_ip"),
        int(_need(record, "row/count")),
        "pass" in evaluated,
        normal(record.findtext("identifiers/header_from", "").strip()),
        passed["spf"],
        passed["dkim"],
    )
