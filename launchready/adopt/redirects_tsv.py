"""Reading redirects: one a line, ``host<TAB>URL``, and a status as an optional third column."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from launchready.client_file.names import to_ascii

STATUSES = (301, 302, 303, 307, 308)
DEFAULT_STATUS = 301


@dataclass(frozen=True, slots=True)
class RedirectLine:
    """One line. ``source``: host, or host and path; ``fault``: why it can't be read."""

    line: int
    source: str
    to: str
    status: int = DEFAULT_STATUS
    fault: str = ""

    @property
    def host(self) -> str:
        """The host part of the source."""
        return self.source.partition("/")[0]

    def entry(self) -> dict[str, object]:
        """The entry of ``redirects``: a bare host means every path of it."""
        source = self.source if "/" in self.source else f"{self.source}/*"
        # in a client file ${n} is a capture; in a URL from elsewhere it is text
        entry: dict[str, object] = {"from": source, "to": self.to.replace("${", "%24%7B")}
        if self.status != DEFAULT_STATUS:
            entry["status"] = self.status
        return entry


def read_redirects(text: str) -> Iterator[RedirectLine]:
    """The lines that say something; blank ones and those that begin with # don't."""
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.rstrip("\r")
        if line.strip() and not line.lstrip().startswith("#"):
            yield _line(number, line)


def _line(number: int, line: str) -> RedirectLine:
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) not in (2, 3) or not columns[0] or not columns[1]:
        return RedirectLine(number, columns[0], "", fault="is not host, tab, URL (and perhaps a status)")
    host, slash, path = columns[0].partition("/")
    try:
        source = to_ascii(host) + slash + path
    except ValueError as error:
        return RedirectLine(number, columns[0], columns[1], fault=str(error))
    status = columns[2] if len(columns) == 3 else str(DEFAULT_STATUS)
    if not status.isdigit() or int(status) not in STATUSES:
        choices = ", ".join(map(str, STATUSES))
        return RedirectLine(number, source, columns[1], fault=f"{status!r} is none of {choices}")
    return RedirectLine(number, source, columns[1], int(status))
