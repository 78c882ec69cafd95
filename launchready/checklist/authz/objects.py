"""Objects belong to someone: reading, writing, listing and naming them, as everyone else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

from launchready.checklist.played import judged_by, missing, place, scenario
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
)
from launchready.client_file.portal_model import Portal, Resource
from launchready.evidence.types import Cause, PortalResult, Step

TENANTS = "tenants"
KEY = "launchready:portal.resources"
BOLA = "OWASP API1:2023 Broken Object Level Authorization"
BOPLA = "OWASP API3:2023 Broken Object Property Level Authorization"
BFLA = "OWASP API5:2023 Broken Function Level Authorization"
FIX = Fix(KEY, "bind every query to the session's tenant and user, in the service layer")
READS = ("GET", "HEAD")
DENIED = frozenset({401, 403, 404, 405})
"""Answers that refuse. 405: the way around the method was not taken."""
Picked = Iterator[tuple[Resource, str, str, str]]
"""(resource, method, id, the rest of the step's label)."""


def _tries(portal: Portal, *, writes: bool) -> Picked:
    for number, resource in enumerate(portal.resources):
        for method in resource.methods:
            if (method not in READS) is writes:
                for key in resource.ids:
                    yield resource, method, key, f"{method} {number} {key}"


def _subject(portal: Portal, resource: Resource, method: str, key: str) -> str:
    return f"{method} {place(portal, resource.path.replace('{id}', key))}"


def _answered(step: Step | None) -> bool:
    return step is not None and step.cause is None and step.status is not None and step.status < 500


def _control(portal: Portal, seen: PortalResult, resource: Resource, key: str, number: str) -> bool:
    """Could the owner read the object? Without that, a refusal proves nothing."""
    label = f"owner GET {number} {key}"
    step = seen.step(label)
    return "GET" not in resource.methods or (step is not None and bool(step.matched))


def _denied(part: str, *, writes: bool, skip: Callable[[Resource], bool] = lambda _: False) -> Callable[
    [Subject, Portal, PortalResult], Iterator[Outcome]
]:  # fmt: skip
    def judge(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
        found = False
        for resource, method, key, tail in _tries(portal, writes=writes):
            if skip(resource):
                continue
            if part == "peer" and seen.cause is None and seen.step(f"{part} {tail}") is None:
                continue  # nobody else of that tenant is declared
            found = True
            yield _one(portal, seen, resource, method, key, f"{part} {tail}")
        if not found:
            yield not_applicable(place(portal), "no declared resource, or nobody to try it as")

    return judge


def _one(
    portal: Portal, seen: PortalResult, resource: Resource, method: str, key: str, label: str
) -> Outcome:
    subject = _subject(portal, resource, method, key)
    step = seen.step(label)
    if step is None or not _answered(step):
        return missing(portal, seen, label, resource.path)
    if not _control(portal, seen, resource, key, label.split(" ")[2]):
        why = "its owner could not read it either, so a refusal proves nothing"
        return inconclusive(subject, Cause.NOT_PROBED, why)
    expected = f"{resource.denied}, as declared, or another refusal"
    if step.status in DENIED or (step.status or 0) in (400, 409, 422, 429):
        return passed(subject, f"answered {step.status}", expected=expected)
    return failed(subject, f"answered {step.status}", expected=expected)


def _by_the_owner(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """An object's owner can read it: the control for every refusal."""
    for resource, method, key, tail in _tries(portal, writes=False):
        step = seen.step(f"owner {tail}")
        if step is None or step.cause is not None:
            yield missing(portal, seen, f"owner {tail}", resource.path)
        elif step.matched:
            yield passed(_subject(portal, resource, method, key), f"answered {step.status}")
        else:
            yield failed(_subject(portal, resource, method, key), f"answered {step.status}", expected="2xx")


check(
    "authz.owner.allowed",
    severity=Severity.HIGH,
    needs=[scenario(TENANTS)],
    reference=BOLA,
    defect="an owner can't read what is declared to be his",
    fix=Fix(KEY, "name the identity that owns the object, and an id that exists"),
    public=False,
)(judged_by(TENANTS)(_by_the_owner))


def _named(doc: str, judge: Callable[[Subject, Portal, PortalResult], Iterator[Outcome]]) -> Callable[
    [Subject, Portal, PortalResult], Iterator[Outcome]
]:  # fmt: skip
    judge.__doc__ = doc
    return judge


PARTS: tuple[tuple[str, Severity, str, bool, str, str], ...] = (
    ("authz.tenant.read", Severity.CRITICAL, "stranger", False, "another tenant reads an object by its id",
     "Another tenant's user is refused an object's content."),
    ("authz.tenant.write", Severity.CRITICAL, "stranger", True, "another tenant changes an object by its id",
     "Another tenant's user can't change an object."),
    ("authz.anonymous.denied", Severity.CRITICAL, "nobody", False, "objects can be read without a session",
     "Without a session every object is refused."),
    ("authz.anonymous.write", Severity.CRITICAL, "nobody", True, "objects can be changed without a session",
     "Without a session no object can be changed."),
    ("authz.expired.denied", Severity.CRITICAL, "ended", False, "an ended session still reads objects",
     "A session that was ended reads nothing any more."),
)  # fmt: skip

for _id, _severity, _part, _writes, _defect, _doc in PARTS:
    check(
        _id,
        severity=_severity,
        needs=[scenario(TENANTS)],
        reference=BOLA,
        defect=_defect,
        fix=FIX,
        public=False,
    )(judged_by(TENANTS)(_named(_doc, _denied(_part, writes=_writes))))

check(
    "authz.peer.read",
    severity=Severity.HIGH,
    needs=[scenario(TENANTS)],
    reference=BOLA,
    defect="a private object of someone else in the same tenant can be read",
    fix=Fix(KEY, "check the owner too, or declare the resource shared"),
    public=False,
)(
    judged_by(TENANTS)(
        _named(
            "Someone else of the same tenant is refused a private object.",
            _denied("peer", writes=False, skip=lambda resource: resource.shared),
        )
    )
)


@check(
    "authz.method.override",
    severity=Severity.CRITICAL,
    needs=[scenario(TENANTS)],
    reference=f"{BOLA}; OWASP ASVS 5.0 §4.1.4 (methods)",
    defect="X-HTTP-Method-Override gets around the tenant check",
    fix=Fix(KEY, "ignore method-overriding headers, or check after them"),
    public=False,
)
@judged_by(TENANTS)
def a_method_override_changes_nothing(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A header that names another method does not get around the check."""
    found = False
    for resource, method, key, tail in _tries(portal, writes=True):
        found = True
        yield _one(portal, seen, resource, method, key, f"override {tail}")
    if not found:
        yield not_applicable(place(portal), "no declared resource is written")


@check(
    "authz.denial.policy",
    severity=Severity.MEDIUM,
    needs=[scenario(TENANTS)],
    reference=f"{BOLA}; RFC 9110 §15.5.4, §15.5.5 (403 and 404)",
    defect="a refusal tells whether another tenant's object exists, or is not the declared one",
    fix=Fix(KEY, "answer foreign and absent objects alike, with the declared status"),
    public=False,
)
@judged_by(TENANTS)
def refusals_follow_the_declared_policy(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """Another tenant's object is refused with the declared status; if that is 404, as an absent one is."""
    for resource, method, key, tail in _tries(portal, writes=False):
        foreign, absent = seen.step(f"stranger {tail}"), seen.step(f"absent {tail}")
        subject = _subject(portal, resource, method, key)
        if foreign is None or absent is None or not (_answered(foreign) and _answered(absent)):
            yield missing(portal, seen, f"stranger {tail}", resource.path)
        elif foreign.matched:
            yield not_applicable(subject, "not refused at all")
        elif foreign.status != resource.denied:
            yield failed(subject, f"answered {foreign.status}", expected=f"{resource.denied}, as declared")
        elif resource.denied == 404 and (foreign.status, foreign.body) != (absent.status, absent.body):
            yield failed(
                subject, f"absent objects get {absent.status}", expected="the same answer as an absent object"
            )
        else:
            yield passed(subject, f"answered {foreign.status}")


@check(
    "authz.list.own",
    severity=Severity.CRITICAL,
    needs=[scenario(TENANTS)],
    reference=BOLA,
    defect="a list shows other tenants' objects",
    fix=FIX,
    public=False,
)
@judged_by(TENANTS)
def lists_show_ones_own(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """A list shows its reader's objects and nobody else's."""
    listed = [(number, one) for number, one in enumerate(portal.resources) if one.list_ is not None]
    if not listed:
        yield not_applicable(place(portal), "no resource declares a list")
    for number, resource in listed:
        subject = f"GET {place(portal, resource.list_ or '')}"
        owner, stranger = seen.step(f"owner list {number}"), seen.step(f"stranger list {number}")
        if owner is None or stranger is None or not (_answered(owner) and _answered(stranger)):
            yield missing(portal, seen, f"stranger list {number}", resource.list_ or "")
            continue
        mine = [key for key in resource.ids if json.dumps(key).encode() in owner.body]
        theirs = [key for key in resource.ids if json.dumps(key).encode() in stranger.body]
        if theirs:
            yield failed(subject, f"shows {', '.join(theirs)} to another tenant", expected="only one's own")
        elif not mine:
            why = "the owner's own list does not show the declared ids"
            yield inconclusive(subject, Cause.NOT_PROBED, why)
        else:
            yield passed(subject, "only one's own")


@check(
    "authz.property.assignment",
    severity=Severity.HIGH,
    needs=[scenario(TENANTS)],
    reference=BOPLA,
    defect="fields that nobody may set are taken from the body",
    fix=Fix(KEY, "take known fields only: name them, and refuse the rest"),
    public=False,
)
@judged_by(TENANTS)
def protected_fields_are_not_assigned(_: Subject, portal: Portal, seen: PortalResult) -> Iterator[Outcome]:
    """Protected fields in a body are refused or ignored, and do not show afterwards."""
    found = False
    for resource, method, key, tail in _tries(portal, writes=True):
        if not resource.protected or method not in ("PUT", "PATCH"):
            continue
        found = True
        tried, after = seen.step(f"assign {tail}"), seen.step(f"assigned {tail}")
        subject = _subject(portal, resource, method, key)
        if tried is None or not _answered(tried):
            yield missing(portal, seen, f"assign {tail}", resource.path)
            continue
        shown = [*_values(tried), *(_values(after) if after is not None else ())]
        taken = [key for key, value in resource.protected.items() if (key, json.dumps(value)) in shown]
        if taken and tried.matched:
            yield failed(subject, f"{', '.join(taken)} was taken", expected="refused or ignored")
        else:
            yield passed(subject, f"answered {tried.status}; not taken")
    if not found:
        yield not_applicable(place(portal), "no resource names protected fields")


def _values(step: Step) -> Iterable[tuple[str, str]]:
    """Every (key, value as JSON) in a step's body, at any depth."""
    try:
        todo = [json.loads(step.body)]
    except (ValueError, RecursionError):
        return []
    pairs = []
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            pairs += [(str(key), json.dumps(inner)) for key, inner in value.items()]
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return pairs


@check(
    "authz.function.admin",
    severity=Severity.CRITICAL,
    needs=[scenario(TENANTS)],
    reference=BFLA,
    defect="someone who is no administrator can invite",
    fix=Fix("launchready:portal.invite", "check the role on the server, for every function"),
    public=False,
)
@judged_by(TENANTS)
def administrators_functions_are_theirs(_: Subject, portal: Portal, seen: PortalResult) -> Outcome:
    """What an administrator does is refused to an ordinary user."""
    if portal.invite is None or portal.invite.identity is None:
        return not_applicable(place(portal), "portal.invite names no administrator")
    step = seen.step("invite as a user")
    if step is None or not _answered(step):
        return missing(portal, seen, "invite as a user", portal.invite.path)
    subject = f"{portal.invite.method} {place(portal, portal.invite.path)}"
    if step.matched:
        return failed(subject, f"answered {step.status} to a user", expected="403")
    return passed(subject, f"answered {step.status}")
