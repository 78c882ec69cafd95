"""The application's variables in AWS are those that the client file declares. No value is ever read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from launchready.checklist.registry import (
    Fix,
    Outcome,
    Severity,
    Subject,
    check,
    failed,
    inconclusive,
    not_applicable,
    passed,
    undecided,
)
from launchready.client_file.environment_model import Target
from launchready.declared.dkim import key_store
from launchready.declared.environment import AWS_KEYS, Environment, Parameter
from launchready.evidence.types import AwsProbe, AwsResult, Cause, Probe

NOTHING = "no environment is declared"
UP = "run `launch up` (or `launch env push`): it stores what the client file declares"
SECURE = "SecureString"


class Unknown(Exception):  # noqa: N818 - not an error of ours: AWS did not say
    """A read that a check depends on brought nothing."""

    def __init__(self, result: AwsResult) -> None:
        super().__init__(result.detail)
        self.result = result


@dataclass(frozen=True, slots=True)
class Kept:
    """One entry as its service describes it. ``key``: what it is encrypted with, as the service says."""

    path: str
    encrypted: bool
    key: str | None
    modified: str | None


def parameters_probe(declared: Environment) -> AwsProbe:
    criterion = {"Key": "Path", "Option": "Recursive", "Values": [declared.path.rstrip("/")]}
    return AwsProbe.of("ssm", "describe_parameters", declared.region, ParameterFilters=[criterion])


def secrets_probe(declared: Environment) -> AwsProbe:
    criterion = {"Key": "name", "Values": [declared.path]}
    return AwsProbe.of("secretsmanager", "list_secrets", declared.region, Filters=[criterion])


def versions_probe(declared: Environment, path: str) -> AwsProbe:
    return AwsProbe.of("secretsmanager", "list_secret_version_ids", declared.region, SecretId=path)


def key_probe(declared: Environment, key: str) -> AwsProbe:
    return AwsProbe.of("kms", "describe_key", declared.region, KeyId=key)


def basics(subject: Subject) -> Iterator[Probe]:
    """Planner: what most checks here read."""
    declared = subject.declared.environment
    if declared is None:
        return
    yield parameters_probe(declared)
    if "secretsmanager" in declared.stores:
        yield secrets_probe(declared)
    if declared.kms is not None:
        yield key_probe(declared, declared.kms)


def judged(subject: Subject, judge: Callable[[Environment], Iterable[Outcome]]) -> Iterator[Outcome]:
    """The outcomes over what AWS has; without an environment there are none, without an answer unknown."""
    declared = subject.declared.environment
    if declared is None:
        yield not_applicable(subject.declared.domain, NOTHING)
        return
    try:
        yield from judge(declared)
    except Unknown as unknown:
        yield undecided(declared.path, unknown.result)


def _answer(subject: Subject, probe: AwsProbe) -> AwsResult:
    result = subject.evidence.aws_probe(probe)
    if result.cause is not None:
        raise Unknown(result)
    return result


def kept(subject: Subject, declared: Environment) -> dict[tuple[Target, str], Kept]:
    """(service, full name) → what lies below the client's path."""
    found: dict[tuple[Target, str], Kept] = {}
    for entry in _answer(subject, parameters_probe(declared)).data.get("Parameters", []):
        secure = entry["Type"] == SECURE
        key = str(entry.get("KeyId") or AWS_KEYS["ssm"]) if secure else None
        found["ssm", entry["Name"]] = Kept(entry["Name"], secure, key, entry.get("LastModifiedDate"))
    if "secretsmanager" in declared.stores:
        for entry in _answer(subject, secrets_probe(declared)).data.get("SecretList", []):
            if entry["Name"].startswith(declared.path) and not entry.get("DeletedDate"):
                key = str(entry.get("KmsKeyId") or AWS_KEYS["secretsmanager"])
                found["secretsmanager", entry["Name"]] = Kept(
                    entry["Name"], True, key, entry.get("LastChangedDate")
                )
    return found


def key_arn(subject: Subject, declared: Environment, key: str) -> str:
    """A key's ARN, whatever names it; the name itself where there is no such key."""
    if key.startswith("arn:") and ":key/" in key:
        return key
    found = _answer(subject, key_probe(declared, key))
    return key if found.missing else str(found.data["KeyMetadata"]["Arn"])


def each(
    subject: Subject, judge: Callable[[Environment, Parameter, Kept], Outcome], *, secrets: bool
) -> Iterator[Outcome]:
    """One outcome for every declared variable (or secret) that is there."""

    def over(declared: Environment) -> Iterator[Outcome]:
        there = kept(subject, declared)
        for parameter in declared.secrets if secrets else declared.parameters:
            found = there.get((parameter.store, parameter.path))
            if found is None:
                yield not_applicable(parameter.name, "it isn't there")
            else:
                yield judge(declared, parameter, found)

    return judged(subject, over)


@check(
    "secrets.environment.stored",
    severity=Severity.HIGH,
    needs=[basics],
    reference="checklist, row secrets: server-only environment variables",
    defect="a declared variable isn't where the application reads it",
    fix=Fix("launchready:environment", UP),
    public=False,
)
def every_variable_is_stored(subject: Subject) -> Iterable[Outcome]:
    """Every declared variable is at the client's path, in the service that is declared."""

    def judge(declared: Environment) -> Iterator[Outcome]:
        there = kept(subject, declared)
        for parameter in declared.parameters:
            if (parameter.store, parameter.path) in there:
                yield passed(parameter.name, f"{parameter.store}:{parameter.path}")
            else:
                where = f"{parameter.store}:{parameter.path}"
                yield failed(parameter.name, "it isn't there", expected=where)

    return judged(subject, judge)


@check(
    "secrets.environment.plain",
    severity=Severity.CRITICAL,
    needs=[basics],
    reference="docs.aws.amazon.com/systems-manager (SecureString parameters)",
    defect="a secret lies in AWS as plain text",
    fix=Fix("launchready:environment", f"{UP}; then rotate it: it was readable"),
    public=False,
)
def no_secret_is_kept_as_plain_text(subject: Subject) -> Iterable[Outcome]:
    """Every declared secret is kept encrypted."""

    def judge(_: Environment, parameter: Parameter, found: Kept) -> Outcome:
        if found.encrypted:
            return passed(parameter.name, SECURE)
        return failed(parameter.name, "a String parameter", expected=SECURE)

    return each(subject, judge, secrets=True)


@check(
    "secrets.environment.key",
    severity=Severity.HIGH,
    needs=[basics],
    reference="docs.aws.amazon.com/kms (key policies): who may use a key may read what it encrypts",
    defect="a secret is encrypted with another key than is declared, so others may read it",
    fix=Fix("launchready:environment.kms", UP),
    public=False,
)
def secrets_are_encrypted_with_the_declared_key(subject: Subject) -> Iterable[Outcome]:
    """Every declared secret is encrypted with the key that the client file declares."""

    def judge(declared: Environment, parameter: Parameter, found: Kept) -> Outcome:
        if found.key is None or declared.kms is None:
            return not_applicable(parameter.name, "it is not encrypted at all")
        if key_arn(subject, declared, found.key) == key_arn(subject, declared, declared.kms):
            return passed(parameter.name, declared.kms)
        return failed(parameter.name, found.key, expected=declared.kms)

    return each(subject, judge, secrets=True)


@check(
    "secrets.environment.age",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="NIST SP 800-57 Part 1 Rev. 5 §5.3 (cryptoperiods); OWASP Secrets Management Cheat Sheet",
    defect="a secret is older than it may become",
    fix=Fix(
        "launchready:environment.rotate_after", "launch env rotate CLIENT NAME, and revoke the old value"
    ),
    public=False,
)
def no_secret_is_too_old(subject: Subject) -> Iterable[Outcome]:
    """Every value is younger than its ``rotate_after``."""

    def judge(declared: Environment, parameter: Parameter, found: Kept) -> Outcome:
        if parameter.rotate_after is None:
            return not_applicable(parameter.name, "it may become as old as it likes")
        since = _since(subject, declared, parameter, found)
        if since is None:
            return inconclusive(parameter.name, Cause.MALFORMED, "AWS doesn't say when it was written")
        due = since + timedelta(seconds=parameter.rotate_after)
        said = f"written {since.date()}, due {due.date()}"
        if subject.evidence.now >= due:
            return failed(parameter.name, said, expected="rotated by then")
        return passed(parameter.name, said)

    return each(subject, judge, secrets=False)


def _since(subject: Subject, declared: Environment, parameter: Parameter, found: Kept) -> datetime | None:
    """When the value in force was written; a secret's own date moves with its description too."""
    text = found.modified
    if parameter.store == "secretsmanager":
        answer = _answer(subject, versions_probe(declared, parameter.path)).data.get("Versions", [])
        current = (one for one in answer if "AWSCURRENT" in (one.get("VersionStages") or ()))
        text = next((one.get("CreatedDate") for one in current), None)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None


@check(
    "secrets.environment.unmanaged",
    severity=Severity.MEDIUM,
    needs=[basics],
    reference="checklist: someone can say where each secret lives",
    defect="something lies at the client's path that nobody declared, and the application may read it",
    fix=Fix("launchready:environment.variables", "declare it (`launch env import`), or delete it in AWS"),
    public=False,
)
def nothing_undeclared_lies_at_the_clients_path(subject: Subject) -> Iterable[Outcome]:
    """Nothing lies at the client's path but what the client file declares."""

    def judge(declared: Environment) -> Iterator[Outcome]:
        known = {(parameter.store, parameter.path) for parameter in declared.parameters}
        known |= _dkim(subject)
        foreign = sorted(entry.path for key, entry in kept(subject, declared).items() if key not in known)
        for path in foreign:
            yield failed(path, "it is not declared", expected="declared, or gone")
        if not foreign:
            yield passed(declared.path, f"{len(declared.parameters)} variables, all declared")

    return judged(subject, judge)


def _dkim(subject: Subject) -> set[tuple[Target, str]]:
    """Private DKIM keys, which the launch itself keeps there."""
    store = key_store(subject.client)
    if store is None:
        return set()
    return {(store.target, store.path_of(key.selector)) for key in subject.declared.dkim_keys}
