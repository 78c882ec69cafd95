"""What `launch env` shows a person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from launchready.client_file.model import ClientFile
    from launchready.declared.environment import Environment, Parameter
    from launchready.variables.audit import Audit, Audited
    from launchready.variables.difference import Difference
    from launchready.variables.dotenv_file import DotEnv
    from launchready.variables.importer import Decision

MARKS = {"same": "  ", "changed": "~ ", "missing": "+ ", "unmanaged": "? ", "stand_in": "= "}


def difference(found: Difference, *, values: bool = False) -> str:
    """One line for each variable: mark, name, what differs, version and age."""
    width = max((len(line.name) for line in found.lines), default=0)
    lines = []
    for line in found.lines:
        kept = f"version {line.version}, {age(line.age)}" if line.version else ""
        said = ": ".join(part for part in (line.kind.replace("_", "-"), line.why) if part)
        lines.append(f"{MARKS[line.kind]}{line.name:<{width}}  {said}{f'  ({kept})' if kept else ''}")
        if values and line.declared != line.live:
            lines += [f"    {who}: {value!r}" for who, value in _both(line.declared, line.live)]
    count = sum(line.differs for line in found.lines)
    summary = (
        f"{count} of {len(found.lines)} differ" if count else f"{len(found.lines)} variables, no difference"
    )
    return "\n".join([*lines, f"{found.path}: {summary}"])


def _both(declared: str | None, live: str | None) -> list[tuple[str, str]]:
    given = (("client file", declared), ("live", live))
    return [(who, value) for who, value in given if value is not None]


def age(seconds: int | None) -> str:
    """Such as ``12 days old``."""
    if seconds is None:
        return "age unknown"
    for size, word in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or size == 1:
            count = seconds // size
            return f"{count} {word}{'' if count == 1 else 's'} old"
    return ""


def restart(loaded: ClientFile, environment: Environment, changed: Sequence[Parameter]) -> str:
    """What has to be restarted or built anew after variables got new values."""
    if not changed:
        return "nothing has to be restarted: browsers get these at the next build"
    names = ", ".join(parameter.name for parameter in changed)
    hosts = [loaded.fqdn(name) for name, host in loaded.hosts.items() if host.redirect is None]
    where = f" (they serve {', '.join(hosts)})" if hosts else ""
    return (
        f"restart the processes that read {names} from {environment.path}{where}: until then they hold the "
        "version before. Revoke the old value at its issuer once nothing uses it."
    )


def audit(found: Audit) -> str:
    """A paragraph for each variable, then what else was found."""
    lines: list[str] = []
    for variable in found.variables:
        lines += _audited(variable)
    lines += [f"unmanaged: {name}" for name in found.unmanaged]
    lines += [f"problem: {problem}" for problem in found.problems]
    if found.readers_unknown:
        lines.append(f"who may read them is not known: {found.readers_unknown}")
    for root, one in found.scans:
        lines.append(f"looked at {one.files} files in {root}: {len(one.found)} secrets found")
        lines += [
            f"  {hit.name} stands in {hit.path}{f':{hit.line}' if hit.line else ''} ({hit.form})"
            for hit in one.found
        ]
        lines += [f"  could not be read: {path}" for path in one.unread]
        if one.too_short:
            lines.append(f"  too short to look for: {', '.join(one.too_short)}")
    lines.append(f"{found.path}: {'clean' if found.clean else 'not clean'}")
    return "\n".join(lines)


def _audited(variable: Audited) -> list[str]:
    kind = "secret" if variable.secret else "plain"
    lines = [f"{variable.name} ({kind}, {variable.scope})", f"  lives: {variable.lives}"]
    if variable.version is not None:
        lines.append(f"  version: {variable.version} of {variable.versions} kept, {age(variable.age)}")
    if variable.encrypted_with:
        lines.append(f"  encrypted with: {variable.encrypted_with}")
    if variable.rotation_due is not None:
        lines.append(f"  rotation due: {variable.rotation_due.date()}")
    if variable.readers is not None:
        who = [f"{r.who}{' (on a condition)' if r.conditional else ''}" for r in variable.readers]
        lines.append(f"  readers: {', '.join(who) or 'nobody by an identity policy'}")
    return [*lines, *(f"  problem: {problem}" for problem in variable.problems)]


def decisions(parsed: DotEnv, found: Collection[Decision]) -> str:
    """One line for each name: what it becomes and why."""
    width = max((len(decision.name) for decision in found), default=0)
    lines = [f"{d.name:<{width}}  {d.becomes}: {d.why}" for d in found]
    lines += [f"{name:<{width}}  left out: it has no value" for name in parsed.without_value]
    lines += [
        f"note: {a.name} is given on lines {', '.join(map(str, a.lines))}; the last one counts"
        for a in parsed.assignments
        if len(a.lines) > 1
    ]
    return "\n".join(lines)
