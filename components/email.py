"""Mail: SPF, DKIM, DMARC, MX, MTA-STS, TLS reporting and BIMI records, and what is made for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from components.aws.mail import DkimKey, SesIdentity
from components.base import Component
from components.cloudflare import DnsRecord
from components.records import make_records
from components.worker import make_worker
from launchready.declared import Pending, Record
from launchready.declared.created import DKIM_OUTPUT, SES_OUTPUT, DkimKeyPlan, SesPlan, WorkerPlan


@dataclass(frozen=True, slots=True)
class EmailArgs:
    """``records``: those that ``email`` derives; ``pending``: those that wait for what is made here.

    ``salt``: the stack's, to seal private keys with. ``owner``: the client, for tags.
    """

    zone_id: pulumi.Input[str]
    records: tuple[Record, ...]
    pending: tuple[Pending, ...] = ()
    dkim_keys: tuple[DkimKeyPlan, ...] = ()
    ses: SesPlan | None = None
    workers: tuple[WorkerPlan, ...] = ()
    account: str = ""
    salt: str | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """``private_keys``: selector → the private key, a secret (sealed, or PEM); ``public``: the output."""

    private_keys: Mapping[str, pulumi.Output[str]]
    public: Mapping[str, Mapping[str, pulumi.Input[str]]]


class Email(Component):
    """Outputs: ``records``, how many are known beforehand; ``dkim_keys``; ``ses_dkim_tokens``."""

    def __init__(self, name: str, args: EmailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        child = pulumi.ResourceOptions(parent=self)
        keys = {plan.selector: DkimKey(plan, args.salt, child) for plan in args.dkim_keys}
        self.dkim = Dkim(
            {selector: key.private_key for selector, key in keys.items()},
            {plan.selector: _public(plan, keys[plan.selector]) for plan in args.dkim_keys},
        )
        own = [pending for pending in args.pending if pending.source.output == DKIM_OUTPUT]
        values = {
            p.record.resource: keys[str(p.source.path[0])].record.apply(_filler(p))
            for p in own
            if p.source.path[0] in keys
        }
        records = make_records(self, args.zone_id, (p.record for p in own), values)
        self.tokens = self._ses(args, keys, records.values())
        self.records = {**records, **make_records(self, args.zone_id, args.records)}
        for plan in args.workers:
            make_worker(self, args.zone_id, args.account, plan)
        self.outputs: dict[str, pulumi.Input[object]] = {}
        if keys:
            self.outputs[DKIM_OUTPUT] = self.dkim.public
        if self.tokens is not None:
            self.outputs[SES_OUTPUT] = self.tokens
        self.register_outputs({"records": len(self.records), **self.outputs})

    def _ses(
        self, args: EmailArgs, keys: Mapping[str, DkimKey], served: Iterable[DnsRecord]
    ) -> pulumi.Output[list[str]] | None:
        """The identity, after the key that it signs with is in DNS, and the CNAMEs of its tokens."""
        plan = args.ses
        if plan is None:
            return None
        signing = keys.get(plan.byodkim or "")
        private = signing.private_key if signing is not None else None
        options = pulumi.ResourceOptions(parent=self, depends_on=list(served) if private is not None else [])
        identity = SesIdentity(plan, args.owner, private, options)
        waiting = [pending for pending in args.pending if pending.source.output == SES_OUTPUT]
        values = {p.record.resource: identity.tokens.apply(_token_filler(p)) for p in waiting}
        make_records(self, args.zone_id, (p.record for p in waiting), values)
        return identity.tokens


def _public(plan: DkimKeyPlan, key: DkimKey) -> dict[str, pulumi.Input[str]]:
    """What anybody may know of a key."""
    return {
        "record": key.record,
        "created": key.created,
        "algorithm": plan.algorithm,
        "sender": plan.sender,
        "active": "yes" if plan.active else "no",
    }


def _filler(pending: Pending) -> Any:
    return lambda text: {"content": pending.content(text)}


def _token_filler(pending: Pending) -> Any:
    def fill(tokens: list[str]) -> dict[str, str]:
        token = pending.source.find({SES_OUTPUT: tokens})
        if token is None:
            raise pulumi.RunError(
                "SES shows no Easy DKIM tokens for this identity: it signs with a key of its owner's"
            )
        return {"name": pending.name(token), "content": pending.content(token)}

    return fill
