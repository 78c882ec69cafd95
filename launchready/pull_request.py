"""A report as a comment on a pull request (GitHub) or merge request (GitLab), updated in place.

The Markdown report's first line is a mark, ``<!-- launchready:CLIENT -->``. The comment that begins with it
is replaced; where there is none, one is written. Sources: docs.github.com/rest/issues/comments,
docs.gitlab.com/api/notes.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from launchready.errors import ApiError, InputError, Where

MARK = re.compile(r"<!-- launchready[^\n]{1,300} -->")
MOST_BYTES = 4 * 1024 * 1024
"""Bytes of one answer that are read: 100 comments of the longest kind fit."""
PAGES = 50
"""Pages of 100 comments that are looked through."""
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """Where comments go. ``comments``: URL of the list and of new ones; ``change``: method of an update."""

    name: str
    comments: str
    headers: Mapping[str, str]
    change: str
    own: str
    """URL of one comment, with ``{id}``."""


def of_environment(environ: Mapping[str, str], number: int | None = None) -> Request | None:
    """The request that this job is about, as GitHub's and GitLab's runners say it; None where there is none.

    ``number`` overrides what the runner says. Raises InputError when a token or an address is missing.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return _github(environ, number)
    if environ.get("GITLAB_CI") == "true":
        return _gitlab(environ, number)
    raise InputError(
        "this is neither a GitHub Action nor a GitLab job",
        fix="run it there: it reads GITHUB_REPOSITORY or CI_PROJECT_ID, and a token",
    )


def _github(environ: Mapping[str, str], number: int | None) -> Request | None:
    number = number or _number_of_event(environ.get("GITHUB_EVENT_PATH"))
    if number is None:
        return None
    base = _base(_need(environ, "GITHUB_API_URL"), "GITHUB_API_URL")
    repository = quote(_need(environ, "GITHUB_REPOSITORY"))
    token = environ.get("GH_TOKEN") or _need(environ, "GITHUB_TOKEN")
    issues = f"{base}/repos/{repository}/issues"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    return Request(
        f"pull request {number}",
        f"{issues}/{number}/comments",
        headers,
        "PATCH",
        f"{issues}/comments/{{id}}",
    )


def _number_of_event(path: str | None) -> int | None:
    """The pull request's number in the event that started a GitHub job."""
    if not path:
        return None
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the event can't be read: {error}", where=Where(Path(path))) from error
    found = event.get("pull_request") if isinstance(event, dict) else None
    number = found.get("number") if isinstance(found, dict) else None
    return number if isinstance(number, int) else None


def _gitlab(environ: Mapping[str, str], number: int | None) -> Request | None:
    said = environ.get("CI_MERGE_REQUEST_IID", "")
    number = number or (int(said) if said.isdecimal() else None)
    if number is None:
        return None
    base = _base(_need(environ, "CI_API_V4_URL"), "CI_API_V4_URL")
    project = quote(_need(environ, "CI_PROJECT_ID"), safe="")
    notes = f"{base}/projects/{project}/merge_requests/{number}/notes"
    headers = {"PRIVATE-TOKEN": _need(environ, "LAUNCHREADY_GITLAB_TOKEN")}
    return Request(f"merge request {number}", notes, headers, "PUT", f"{notes}/{{id}}")


def _need(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "")
    if not value:
        raise InputError(f"{name} is not set", fix=f"give the job {name}")
    return value


def _base(url: str, name: str) -> str:
    """An API's address. A token leaves this machine by https only."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        return url.rstrip("/")
    raise InputError(f"{name} is no https address", fix="a token goes over https only")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def put(request: Request, text: str) -> str:
    """Write ``text`` as the request's comment, in place of an earlier one with its mark. Says what it did.

    Raises InputError when ``text`` does not begin with a mark, ApiError when the API refuses or is lost.
    """
    first = text.partition("\n")[0].strip()
    if not MARK.fullmatch(first):
        raise InputError(
            "is no Markdown report: its first line has no mark", fix="write it with --format markdown"
        )
    with httpx.Client(headers=dict(request.headers), timeout=SECONDS, follow_redirects=False) as http:
        own = _earlier(http, request, first)
        if own is None:
            _call(http, "POST", request.comments, {"body": text})
            return f"commented on {request.name}"
        _call(http, request.change, request.own.format(id=own), {"body": text})
        return f"updated the comment on {request.name}"


def _earlier(http: httpx.Client, request: Request, mark: str) -> int | None:
    for page in range(1, PAGES + 1):
        found = _call(http, "GET", f"{request.comments}?per_page=100&page={page}", None)
        if not isinstance(found, list):
            raise ApiError(f"{request.name}: its comments are no list")
        for one in found:
            if isinstance(one, dict) and isinstance(one.get("id"), int) and _begins(one.get("body"), mark):
                return int(one["id"])
        if len(found) < 100:
            return None
    return None


def _begins(body: object, mark: str) -> bool:
    return isinstance(body, str) and body.partition("\n")[0].strip() == mark


def _call(http: httpx.Client, method: str, url: str, body: Any) -> Any:
    """One call's answer as data. No part of a refusal's body is repeated: it may hold anything."""
    try:
        with http.stream(method, url, json=body) as answer:
            raw = b""
            for chunk in answer.iter_bytes():
                raw += chunk
                if len(raw) > MOST_BYTES:
                    raise ApiError(f"{method} {urlsplit(url).path}: the answer is too large")
    except httpx.HTTPError as error:
        raise ApiError(f"{method} {urlsplit(url).path}: {type(error).__name__}") from error
    if not answer.is_success:
        fix = "give the token write access to comments" if answer.status_code in (401, 403, 404) else None
        raise ApiError(f"{method} {urlsplit(url).path}: HTTP {answer.status_code}", fix=fix)
    try:
        return json.loads(raw) if raw else None
    except ValueError as error:
        raise ApiError(f"{method} {urlsplit(url).path}: the answer is no JSON") from error
