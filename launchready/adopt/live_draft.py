"""A client file in the making, out of a live zone: only what declares exactly what is there stays in it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pydantic import ValidationError

from launchready.adopt.adoption import TO_HOSTS, WEB, host_entry, says_the_same
from launchready.adopt.candidates import Candidate
from launchready.adopt.conflicts import settle
from launchready.adopt.live_read import Found
from launchready.adopt.live_records import LEFT, LiveJudge, take_records
from launchready.adopt.live_rules import (
    CACHE,
    HEADERS,
    REDIRECTS,
    Redirects,
    same_redirects,
    same_rules,
    take_redirects,
    trimmed,
)
from launchready.adopt.live_settings import IDS, tls_of
from launchready.adopt.result import Refusal
from launchready.client_file.lint import Level, Problem, lint
from launchready.client_file.model import ClientFile, Plan
from launchready.client_file.names import relative
from launchready.client_file.plans import LIMITS
from launchready.declared import Declared, declare
from launchready.drift.canonical import Rec, api_record, declared_record, declared_redirect, short
from launchready.errors import ClientFileError, InputError

PARKED = ("AAAA", "100::")
"""The record of a redirect-only host."""
CACHE_SETTINGS = ("cache.",)


@dataclass
class LiveDraft:
    """What is in, and what is left. ``defaults``: keys with launchready's own (``cache``, ``headers``)."""

    found: Found
    judge: LiveJudge
    records: list[Candidate]
    redirects: Redirects
    tls: dict[str, Any]
    kept: dict[str, str]
    refused: list[Refusal] = field(default_factory=list)
    defaults: set[str] = field(default_factory=set)

    @property
    def hosts(self) -> dict[str, list[Candidate]]:
        """Names that become hosts, with their records: as a zone file's, and those that only redirect."""
        out: dict[str, list[Candidate]] = {}
        for name in dict.fromkeys((*TO_HOSTS, *self._short(self.redirects.hosts))):
            web = [one for one in self.records if one.entry["name"] == name and one.entry["type"] in WEB]
            if web and says_the_same(web) and (name in TO_HOSTS or self._redirect(name)):
                out[name] = web
        return out

    def _short(self, names: Mapping[str, str]) -> list[str]:
        return [relative(name, self.found.domain) for name in names]

    def _redirect(self, name: str) -> str | None:
        full = self.found.domain if name == "@" else f"{name}.{self.found.domain}"
        target = self.redirects.hosts.get(full)
        return None if target is None else relative(target, self.found.domain)

    def plain(self) -> list[Candidate]:
        taken = {id(one) for group in self.hosts.values() for one in group}
        return [one for one in self.records if id(one) not in taken]

    def values(self) -> dict[str, Any]:
        """The client file as data, keys in the file's order."""
        hosts = {}
        for name, group in self.hosts.items():
            to = self._redirect(name)
            hosts[name] = host_entry(group) if to is None else {"redirect": to}
        none = {key: "none" for key in ("headers", "cache", "rate_limits") if key not in self.defaults}
        tls = {key: value for key, value in self.tls.items() if key not in self.kept}
        return {
            "domain": self.found.domain,
            **({"account": self.found.account} if self.found.account else {}),
            "plan": self.judge_plan.value,
            "zone": {"id": self.found.id},
            "hosts": hosts,
            "records": [one.entry for one in self.plain()],
            "redirects": self.redirects.entries,
            "tls": {**tls, **({"keep": sorted(self.kept)} if self.kept else {})},
            "email": "none",
            **none,
            "portal": "none",
            "monitors": "none",
            "guard": {"max_delete": 0, "destroy": False},
        }

    @property
    def judge_plan(self) -> Plan:
        return Plan(self.found.plan)

    def model(self) -> ClientFile:
        try:
            return ClientFile.model_validate(self.values())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"]))
            raise InputError(f"{self.found.domain} can't be adopted: {place}: {first['msg']}") from None

    # ---- leaving ------------------------------------------------------------------------------

    def leave(self, what: str, name: str, kind: str, value: Any, reason: str, text: str) -> None:
        self.refused.append(Refusal(what, "", 1, name, kind, short(value), reason, text, LEFT))

    def leave_record(self, candidate: Candidate, reason: str, text: str) -> None:
        self.records = [one for one in self.records if one is not candidate]
        self.refused.append(self.judge.refuse(candidate.source, reason, text, LEFT))

    def leave_redirects(self, reason: str, why: str) -> None:
        """Leave the whole phase, every rule with its own reason where it has one."""
        ruleset = self.found.rulesets.get(REDIRECTS) or {}
        own = {id(rule): text for rule, text in self.redirects.left}
        for rule in ruleset.get("rules") or ():
            text = own.get(id(rule)) or f"a phase is taken over whole or not at all, and {why}"
            self.leave(
                "redirect", str(rule.get("ref", "")), REDIRECTS, rule.get("expression", ""), reason, text
            )
        self.redirects = Redirects()

    def keep_setting(self, key: str, why: str) -> None:
        self.kept[key] = why


def draft_of(found: Found, today: date | None) -> LiveDraft:
    """The client file of a zone. Raises InputError, or ClientFileError for what no leaving mends."""
    try:
        limits = LIMITS[Plan(found.plan)]
    except ValueError:
        raise InputError(f"the zone is on a plan {found.plan!r} that is not known") from None
    judge = LiveJudge("", found.domain, limits, tuple(str(raw.get("id")) for raw in found.records))
    candidates, refused = take_records(found.records, judge)
    records, clashing = settle(candidates, judge)
    tls, kept = tls_of(found)
    parked = _parked(records)
    redirects = take_redirects(found.rulesets.get(REDIRECTS), found.domain, parked)
    draft = LiveDraft(found, judge, records, redirects, tls, kept, [*refused, *clashing])
    if redirects.left:
        draft.leave_redirects("expression", "another rule of it can't be said by redirects")
    _certificate(draft)
    _settle(draft, today)
    _defaults(draft, today)
    for key, why in draft.kept.items():
        draft.leave("setting", IDS[key], "setting", found.settings.get(IDS[key]), "setting", why)
    _others(draft)
    return draft


def _parked(records: list[Candidate]) -> frozenset[str]:
    alone = Counter(one.source.name for one in records if one.entry["type"] in WEB)
    return frozenset(
        one.source.name
        for one in records
        if (one.entry["type"], one.entry["content"]) == PARKED
        and alone[one.source.name] == 1
        and one.entry.get("proxied")
        and says_the_same([one])
    )


def _settle(draft: LiveDraft, today: date | None) -> None:
    """Leave what a lint refuses, and what would not be declared as it is, until nothing is left to leave."""
    while True:
        model = draft.model()
        errors = [problem for problem in lint(model, today=today) if problem.level is Level.ERROR]
        if errors:
            if not _take_out(draft, errors):
                raise ClientFileError([problem.error() for problem in errors])
            continue
        declared = declare(model)
        if not _leave_different(draft, declared):
            return


_SUBJECT = re.compile(r"(records|redirects)\[(\d+)\]|hosts\.([^.\[]+)|tls\.([a-z0-9_]+)")


def _take_out(draft: LiveDraft, errors: list[Problem]) -> bool:
    """Leave what errors are about; False when none is about anything that can be left."""
    plain, hosts, done = draft.plain(), draft.hosts, False
    left: set[int] = set()
    for problem in errors:
        match = _SUBJECT.match(problem.key)
        if match is None:
            continue
        reason, text = problem.lint.removeprefix("client_file."), f"{problem.what} [{problem.reference}]"
        if match[1] == "redirects" or (match[3] and draft._redirect(match[3])):
            if draft.redirects.entries or draft.redirects.hosts:
                draft.leave_redirects(reason, text)
                done = True
        elif match[4]:
            if match[4] in IDS and match[4] not in draft.kept:
                draft.keep_setting(match[4], text)
                done = True
        else:
            group = [plain[int(match[2])]] if match[1] else hosts.get(match[3].strip('"'), [])
            for one in group:
                if id(one) not in left:
                    left.add(id(one))
                    draft.leave_record(one, reason, text)
                    done = True
    return done


def _leave_different(draft: LiveDraft, declared: Declared) -> bool:
    """Leave what the file would declare otherwise than it is."""
    live = {record_key(api_record(raw)) for raw in draft.found.records}
    wanted = {record_key(declared_record(record)): record for record in declared.records}
    extra = [record for key, record in wanted.items() if key not in live]
    changed = False
    for one in list(draft.records):
        if record_key(api_record(draft.found.records[one.source.line - 1])) not in wanted:
            draft.leave_record(one, "value", "the client file would declare it otherwise than it is")
            changed = True
    if extra and not changed:
        names = ", ".join(f"{record.type} {record.name}" for record in extra)
        raise InputError(f"the client file would add {names}", fix="report it: adopting must add nothing")
    if draft.redirects.entries or draft.redirects.hosts:
        changed = _compare_redirects(draft, declared) or changed
    return changed


def record_key(rec: Rec) -> tuple[Any, ...]:
    """What must be the same of a record: everything but how a TXT is cut into strings."""
    return (rec.name, rec.type, rec.value, rec.priority, rec.ttl, rec.proxied, rec.comment, rec.tags)


def _compare_redirects(draft: LiveDraft, declared: Declared) -> bool:
    if not same_redirects(declared, draft.found.rulesets.get(REDIRECTS)):
        draft.leave_redirects("differs", "the client file would say a rule otherwise than it is")
        return True
    plain = [
        {key: value for key, value in entry.items() if key != "rule"} for entry in draft.redirects.entries
    ]
    if all("rule" not in entry for entry in draft.redirects.entries):
        return False
    own = declare(ClientFile.model_validate({**draft.values(), "redirects": plain})).redirects
    draft.redirects.entries = [
        trimmed(entry, declared_redirect(rule)) if "rule" in entry else entry
        for entry, rule in zip(draft.redirects.entries, own, strict=False)
    ]
    if not same_redirects(declare(draft.model()), draft.found.rulesets.get(REDIRECTS)):
        draft.leave_redirects("differs", "the client file would say a rule otherwise than it is")
        return True
    return False


# ---- certificates, launchready's own defaults, and the rest -------------------------------------


def _certificate(draft: LiveDraft) -> None:
    """``advanced`` where the zone has just the pack that it would order; others are told of."""
    packs = [
        pack for pack in draft.found.extra.get("certificate packs") or () if pack.get("type") == "advanced"
    ]
    if packs:
        draft.tls["certificates"] = "advanced"
        plan = declare(draft.model()).certificate
        match = [pack for pack in packs if plan is not None and same_pack(pack, plan)]
        if not match:
            del draft.tls["certificates"]
        packs = [pack for pack in packs if pack not in match[:1]]
    for pack in packs:
        hosts = ", ".join(pack.get("hosts") or ())
        text = "launchready would order another certificate"
        draft.leave("certificate", str(pack.get("id", "")), "advanced", hosts, "certificate", text)


def same_pack(pack: Mapping[str, Any], plan: Any) -> bool:
    """Is a pack what a plan orders?"""
    return (
        sorted(pack.get("hosts") or ()) == sorted(plan.hosts)
        and pack.get("certificate_authority") == plan.authority
        and pack.get("validation_method") == plan.validation
        and int(pack.get("validity_days") or 0) == plan.days
    )


def _defaults(draft: LiveDraft, today: date | None) -> None:
    """Leave ``cache`` and ``headers`` to launchready's defaults where these are what the zone has."""
    for key, phase in (("cache", CACHE), ("headers", HEADERS)):
        ruleset = draft.found.rulesets.get(phase)
        if not (ruleset or {}).get("rules"):
            continue
        draft.defaults.add(key)
        try:
            model = draft.model()
            declared = declare(model)
        except InputError:
            draft.defaults.discard(key)
            continue
        clean = all(problem.level is not Level.ERROR for problem in lint(model, today=today))
        same = same_rules(declared, phase, ruleset) and (key != "cache" or _same_cache(draft.found, declared))
        if not (clean and same):
            draft.defaults.discard(key)


def _same_cache(found: Found, declared: Declared) -> bool:
    settings = {one.id: one.value for one in declared.settings if one.key.startswith(CACHE_SETTINGS)}
    wanted = "on" if declared.tiered_cache else "off"
    tiered = [found.extra.get(what) for what in ("tiered cache", "tiered cache topology")]
    return all(found.settings.get(id_) == value for id_, value in settings.items()) and all(
        isinstance(one, Mapping) and one.get("value") == wanted for one in tiered
    )


def _others(draft: LiveDraft) -> None:
    """What the client file has no words for here, each named."""
    found, own = draft.found, {"cache": CACHE, "headers": HEADERS}
    ours = {REDIRECTS, *(own[key] for key in draft.defaults)}
    for phase, ruleset in sorted(found.rulesets.items()):
        for rule in () if phase in ours else ruleset.get("rules") or ():
            text = "its phase is left alone: the client file does not say this rule"
            draft.leave("rule", str(rule.get("ref", "")), phase, rule.get("expression", ""), "phase", text)
    for what, name, kind in (
        ("page rules", "page_rule", "page rule"),
        ("health checks", "health_check", "health check"),
        ("routes of Workers", "route", "Workers route"),
    ):
        for one in found.extra.get(what) or ():
            value = one.get("pattern") or one.get("address") or json.dumps(one.get("targets", ""))
            where = kind.replace(" ", "_").lower()
            draft.leave(name, str(one.get("name") or one.get("id", "")), kind, value, where,
                        f"a {kind} that exists can't be declared as it is")  # fmt: skip
    for what, error in found.unread.items():
        draft.leave("unread", what, "", "", "unread", f"{error.what}: whether there is any is not known")
