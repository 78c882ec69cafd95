"""What an error answer tells about the inside: traces, framework pages, databases, hosts. Pure.

Patterns are facts of how runtimes and frameworks print (their own documentation and sources); each has a
name for the report. Reference: CWE-209, OWASP API8:2023, OWASP WSTG-ERRH-01 and -02.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import re2  # type: ignore[import-untyped]

TRACES: Mapping[str, str] = {
    "a Python traceback": r"Traceback \(most recent call last\)|File \"[^\"]{1,300}\", line \d+",
    "a Java stack trace": r"(?m)^\s+at [\w.$]+\([\w$]+\.(?:java|kt|scala):\d+\)|Exception in thread \"",
    "a JavaScript stack trace": r"(?m)^\s+at .{1,200} \(?(?:file:///|/|node:)[^\s()]{1,300}:\d+:\d+\)?",
    "a .NET stack trace": r"(?m)^\s+at [\w.<>`]+\(.{0,200}\) in .{1,300}:line \d+|System\.\w+Exception:",
    "a PHP stack trace": r"Stack trace:\s*(?:<br>)?\s*#0 |PHP (?:Fatal error|Warning|Notice):",
    "a Ruby stack trace": r"(?m)\.rb:\d+:in [`']",
    "a Go panic": r"goroutine \d+ \[\w+\]:|(?m)^panic: ",
}
FRAMEWORKS: Mapping[str, str] = {
    "Werkzeug's debugger": r"Werkzeug Debugger|The debugger caught an exception in your WSGI",
    "Django's debug page": r"error because you have <code>DEBUG = True|DJANGO_SETTINGS_MODULE",
    "Laravel's error page": r"Illuminate\\\\?[A-Z]\w+|Whoops, looks like something|laravel-exceptions",
    "Symfony's error page": r"Symfony Exception|sf-dump",
    "Rails' error page": r"Rails\.root:|Action Controller: Exception caught",
    "Spring's error page": r"Whitelabel Error Page",
    "ASP.NET's error page": r"Server Error in '/' Application|ASP\.NET is configured to show verbose error",
    "Express' error page": r"<pre>(?:Cannot (?:GET|POST|DELETE|PUT|PATCH) |[A-Z]\w*Error: )",
    "Tomcat's error page": r"Apache Tomcat/\d",
    "Next.js' error overlay": r"__NEXT_DATA__[^<]{0,900}\"err\":\{",
}
INTERNALS: Mapping[str, str] = {
    "a database's error": r"SQLSTATE\[|syntax error at or near|You have an error in your SQL syntax|ORA-\d{5}"
    r"|duplicate key value violates|SQLITE_ERROR|MongoServerError|PG::\w+Error",
    "an internal host": r"\b[a-z0-9-]{1,60}\.(?:internal|local|lan|corp|svc\.cluster\.local)\b",
    "a private address": r"\b(?:10\.\d{1,3}|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}\b",
    "a path on the server": r"(?:/var/www/|/usr/src/app/|/home/\w+/|/srv/\w+/|[A-Z]:\\\\?inetpub)",
    "an internal id": r"(?i)\b(?:pk|row_?id|internal_?id)[\"']?\s*[=:]\s*[\"']?\d+|ObjectId\(",
}

_TABLES = (TRACES, FRAMEWORKS, INTERNALS)
MAX_TEXT = 256 * 1024


def found(table: Mapping[str, str], body: bytes) -> Iterator[str]:
    """The names of the patterns of ``table`` (one of this module's) that an answer's body shows."""
    text = body[:MAX_TEXT].decode("utf-8", "replace")
    for name, pattern in _compiled(next(n for n, one in enumerate(_TABLES) if one is table)).items():
        if pattern.search(text):
            yield name


@functools.cache
def _compiled(number: int) -> dict[str, Any]:
    """A table's patterns, when the first answer is looked at."""
    return {name: re2.compile(pattern) for name, pattern in _TABLES[number].items()}
