"""From a ``.env`` file to the client file: what is secret is encrypted, what isn't is given in clear.

The client file is written and read again before the example is written, and the ``.env`` goes last and
only when asked: whenever it is interrupted, every value is in one of the two.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from launchready.aws.values import same
from launchready.client_file import environment_model, load
from launchready.client_file.files import write_atomically
from launchready.client_file.secret_shapes import public_prefix, secret_reason
from launchready.client_file.secrets import EnvironmentSecrets, PassphraseKey
from launchready.errors import ClientFileError, InputError, LaunchreadyError, Where
from launchready.variables import dotenv_file, edit
from launchready.variables.dotenv_file import Assignment, DotEnv

Becomes = Literal["secret", "plain", "unchanged", "left out"]
MINIMUM_HIDDEN = 4
"""Characters from which on a value is looked for in comments."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a variable becomes, and why, in words without its value."""

    name: str
    becomes: Becomes
    why: str
    scope: Literal["server", "browser"] = "server"
    value: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the user said: names that are secret, names that are plain, may values be replaced?"""

    secret: frozenset[str] = frozenset()
    plain: frozenset[str] = frozenset()
    replace: bool = False


def decide(dotenv: DotEnv, existing: Mapping[str, str | None], choice: Choice) -> list[Decision]:
    """A decision for each variable. ``existing``: the client file's own, None for what can't be compared.

    Raises ClientFileError: a name that the user gave and the file doesn't have, a secret under a public
    prefix, another value where there is one already (unless it may be replaced).
    """
    problems: list[LaunchreadyError] = [
        InputError(f"{name} is not in this file", where=Where(dotenv.path))
        for name in sorted((choice.secret | choice.plain) - dotenv.values.keys())
    ]
    problems += [
        InputError(f"{name} can't be both", where=Where(dotenv.path), fix="name it with --secret or --plain")
        for name in sorted(choice.secret & choice.plain)
    ]
    decisions = []
    for assignment in dotenv.assignments:
        decision = _decision(assignment, choice)
        decisions.append(_beside(decision, assignment, existing, choice, dotenv.path, problems))
    if problems:
        raise ClientFileError(problems)
    return decisions


def _decision(assignment: Assignment, choice: Choice) -> Decision:
    name, value = assignment.name, assignment.value
    prefix = public_prefix(name)
    scope: Literal["server", "browser"] = "browser" if prefix else "server"
    if not value:
        return Decision(name, "left out", "it is empty")
    if name in choice.secret:
        return Decision(name, "secret", "you said so", scope, value)
    if name in choice.plain:
        return Decision(name, "plain", "you said so", scope, value)
    reason = secret_reason(name, value, browser=prefix is not None)
    if reason is not None:
        return Decision(name, "secret", reason, scope, value)
    why = f"{prefix}* is given to browsers" if prefix else "it doesn't look like a secret"
    return Decision(name, "plain", why, scope, value)


def _beside(
    decision: Decision,
    assignment: Assignment,
    existing: Mapping[str, str | None],
    choice: Choice,
    path: Path,
    problems: list[LaunchreadyError],
) -> Decision:
    """The decision beside what the client file has already."""
    name, where = decision.name, Where(path, assignment.lines[-1], decision.name)
    if decision.becomes == "secret" and decision.scope == "browser":
        problems.append(
            InputError(
                f"{name} looks like a secret ({decision.why}), and its name gives it to browsers",
                where=where,
                fix="rotate it and give it a name without the prefix; if it is public, --plain " + name,
            )
        )
    if decision.becomes == "left out" or name not in existing:
        return decision
    there = existing[name]
    if there is not None and same(there, decision.value):
        return Decision(name, "unchanged", "the client file has this value already")
    if not choice.replace:
        problems.append(
            InputError(
                f"{name} has another value in the client file", where=where, fix="--replace takes this one"
            )
        )
    return decision


def existing(path: Path, environ: Mapping[str, str]) -> dict[str, str | None]:
    """The client file's variables with their values. Raises InputError when a secret can't be decrypted."""
    environment = environment_model.of(load(path, secrets=EnvironmentSecrets(environ)))
    if environment is None:
        return {}
    return {
        name: variable.secret.reveal() if variable.secret is not None else variable.value
        for name, variable in environment.variables.items()
    }


def entries(decisions: Collection[Decision], key: PassphraseKey) -> dict[str, dict[str, Any]]:
    """What the client file gets."""
    made: dict[str, dict[str, Any]] = {}
    for decision in decisions:
        if decision.becomes == "secret":
            made[decision.name] = {"secret": {"secure": key.encrypt(decision.value)}}
        elif decision.becomes == "plain":
            made[decision.name] = {"value": decision.value}
            if decision.scope == "browser":
                made[decision.name]["scope"] = "browser"
    return made


def take_over(
    path: Path, decisions: Collection[Decision], key: PassphraseKey, environ: Mapping[str, str]
) -> None:
    """Write the decisions into the client file, and prove that it gives every value back."""
    wanted = entries(decisions, key)
    if not wanted:
        return
    edit.save(path, wanted, key)
    now = existing(path, environ)
    lost = [d.name for d in decisions if d.name in wanted and now.get(d.name) != d.value]
    if lost:
        raise InputError(
            f"the client file doesn't give {', '.join(lost)} back",
            where=Where(path),
            fix="keep the .env file",
        )


def write_example(dotenv: DotEnv, decisions: Collection[Decision]) -> tuple[Path, bool]:
    """Write ``<file>.example`` beside the file; and whether it was written anew.

    One that exists is kept as it is, and gets the names that it lacks.
    """
    path = dotenv.path.with_name(f"{dotenv.path.name}.example")
    secret = [d.value for d in decisions if d.becomes in ("secret", "unchanged") and d.value]
    every = [*secret, *(a.value for a in dotenv.assignments if a.name not in _plain_names(decisions))]

    def hides(comment: str) -> bool:
        known = any(len(value) >= MINIMUM_HIDDEN and value in comment for value in every)
        return known or any(secret_reason("", word) is not None for word in comment.split())

    if not path.exists():
        write_atomically(path, dotenv_file.example(dotenv, hides), replace=False)
        return path, True
    there = {assignment.name for assignment in dotenv_file.read(path, interpolate=False).assignments}
    missing = [a.name for a in dotenv.assignments if a.name not in there]
    if missing:
        text = path.read_text(encoding="utf-8")
        end = "" if text.endswith("\n") or not text else "\n"
        write_atomically(path, text + end + "".join(f"{name}=\n" for name in missing))
    return path, False


def _plain_names(decisions: Collection[Decision]) -> set[str]:
    return {decision.name for decision in decisions if decision.becomes == "plain"}
