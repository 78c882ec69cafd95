"""A verification document that an earlier run wrote: to tell what changed since, and as proof."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from launchready.errors import InputError, Where

if TYPE_CHECKING:
    from launchready.verify.document import Verification

SCHEMA = "launchready.verification/1"
LARGEST = 64 * 1024 * 1024
"""Bytes of a document that are read: a client with thousands of hosts stays below."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class SavedWaiver(_Read):
    """Why a finding did not count, and until when."""

    reason: str
    until: date


class SavedFinding(_Read):
    """One finding of an earlier run."""

    check: str
    row: str
    status: Literal["pass", "fail", "inconclusive", "not_applicable", "waived"]
    severity: Literal["critical", "high", "medium", "low"]
    subject: str
    observed: str
    waiver: SavedWaiver | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two runs' findings the same one."""
        return self.check, self.subject


class SavedRow(_Read):
    """One row of an earlier run."""

    row: str
    status: Literal["pass", "fail", "unproven", "not_applicable"]
    passed: int
    failed: int
    inconclusive: int
    waived: int


class Saved(_Read):
    """An earlier run."""

    document: Annotated[Literal["launchready.verification/1"], Field(alias="schema")]
    client: str | None
    domain: str
    target: Literal["live", "edge"]
    started: datetime
    verdict: Literal["ready", "not_ready", "unproven"]
    score: int
    rows: tuple[SavedRow, ...]
    findings: tuple[SavedFinding, ...]
    not_checked: tuple[str, ...]
    only: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, verification: Verification) -> Saved:
        """The same reading of a run that has just ended."""
        return cls.model_validate(verification.to_json())


def load(path: Path, *, domain: str | None = None) -> Saved:
    """Read a document. Raises InputError naming the file, and what in it is wrong.

    ``domain``: the domain that it must be about.
    """
    document = _json(path)
    found = document.get("schema") if isinstance(document, Mapping) else None
    if found != SCHEMA:
        raise InputError(
            f"no verification document (schema {SCHEMA})",
            where=Where(path),
            fix="give what `launch verify --json` wrote",
        )
    try:
        saved = Saved.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"damaged verification document: {first['msg']}", where=Where(path, key=where)
        ) from None
    if domain is not None and saved.domain != domain:
        raise InputError(f"is about {saved.domain}, not {domain}", where=Where(path, key="domain"))
    return saved


def _json(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(
                f"larger than {LARGEST // 2**20} MiB: no verification document", where=Where(path)
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"can't be read: {error.strerror}", where=Where(path)) from error
    except json.JSONDecodeError as error:
        raise InputError(f"no JSON: {error.msg}", where=Where(path, error.lineno)) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"no JSON: {type(error).__name__}", where=Where(path)) from error
