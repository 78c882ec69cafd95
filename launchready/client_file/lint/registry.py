"""The registry of lints. A lint is a pure generator from a context to what it dislikes.

```python
@rule(
    "client_file.ttl.proxied",
    reference="developers.cloudflare.com: proxied records have an automatic TTL",
    fix="leave ttl out, or set proxied: false",
)
def proxied_records_have_an_automatic_ttl(context: Context) -> Iterator[Hit]:
    \"\"\"A proxied record has no TTL of its own.\"\"\"
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from launchready.client_file.lint.context import Context
from launchready.errors import InputError, Where


class Level(StrEnum):
    """An error stops everything; a warning is said and doesn't."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that a lint dislikes: its key (without namespace), and what is wrong in one sentence."""

    key: str
    what: str
    fix: str | None = None
    level: Level | None = None
    """Overrides the lint's own."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A hit with everything that a reader wants to know."""

    lint: str
    level: Level
    what: str
    where: Where
    fix: str
    reference: str
    key: str

    def error(self) -> LintError:
        """The problem as an error that can be raised."""
        return LintError(self)

    def __str__(self) -> str:
        return f"{self.where}: {self.level}: {self.what} [{self.reference}; {self.lint}]\n  fix: {self.fix}"


class LintError(InputError):
    """A lint's problem, as one of the errors of a ClientFileError."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(
            f"{problem.what} [{problem.reference}; {problem.lint}]", where=problem.where, fix=problem.fix
        )
        self.problem = problem


LintFunction = Callable[[Context], Iterator[Hit]]


@dataclass(frozen=True, slots=True)
class Lint:
    """A registered lint."""

    id: str
    level: Level
    reference: str
    fix: str
    run: LintFunction
    waivable: bool = False
    """May ``waivers`` turn it off until a date?"""

    @property
    def proves(self) -> str:
        """The first line of the function's docstring."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


@dataclass(slots=True)
class Lints:
    """Lints by id, in the order in which they were declared."""

    by_id: dict[str, Lint] = field(default_factory=dict)

    def add(self, lint: Lint) -> None:
        if lint.id in self.by_id:
            raise ValueError(f"lint {lint.id} is registered twice")
        self.by_id[lint.id] = lint

    def without(self, lint_id: str) -> Lints:
        """A copy that lacks one lint (the mutant runner's tool)."""
        return Lints({k: v for k, v in self.by_id.items() if k != lint_id})

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id, in order."""
        return tuple(self.by_id)

    def __iter__(self) -> Iterator[Lint]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)


LINTS = Lints()


def rule(
    id: str,
    *,
    reference: str,
    fix: str,
    level: Level = Level.ERROR,
    waivable: bool = False,
    lints: Lints = LINTS,
) -> Callable[[LintFunction], LintFunction]:
    """Register a lint under its id."""

    def register(function: LintFunction) -> LintFunction:
        lints.add(Lint(id, level, reference, fix, function, waivable))
        return function

    return register
