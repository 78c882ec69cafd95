"""Where the private DKIM keys are kept for their senders: one secret parameter for each selector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.aws.stored import Parameter, StoredArgs, StoredSecret
from components.base import Component
from launchready.declared.created import KeyStore


@dataclass(frozen=True, slots=True)
class DkimStoreArgs:
    """``private_keys``: selector → sealed or PEM, a secret. ``after``: what must be known before a key of
    the client's own can encrypt."""

    store: KeyStore
    private_keys: Mapping[str, pulumi.Output[str]]
    after: pulumi.Input[object] | None = None


class DkimStore(Component):
    """Output: ``dkim_arns``, selector → ARN."""

    def __init__(self, name: str, args: DkimStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        store = args.store
        key = pulumi.Output.from_input(args.after).apply(lambda _: store.key_id)
        kind = StoredSecret if store.target == "secretsmanager" else Parameter
        self.arns: dict[str, pulumi.Output[str]] = {}
        for selector, private_key in args.private_keys.items():
            stored = StoredArgs(
                name=store.path_of(selector),
                value=private_key,
                secret=True,
                key_id=key,
                description=f"DKIM private key of selector {selector} (launchready)",
                region=store.region,
                tags=dict(store.tags),
                tier="auto" if kind is Parameter else None,
            )
            made = kind(f"dkim/{selector} private", stored, pulumi.ResourceOptions(parent=self))
            self.arns[selector] = made.arn
        self.register_outputs({"dkim_arns": self.arns})
