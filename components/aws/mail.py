"""What mail needs made: DKIM key pairs and SES identities. The logic is in ``launchready.aws``."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi.dynamic import Resource

from components.aws.shell import Shell
from launchready.declared.created import DkimKeyPlan, SesPlan

PRIVATE = "private_key"


class DkimKey(Resource, module="launchready", name="DkimKey"):
    """A key pair; ``private_key`` is a secret, sealed where the stack has a passphrase.

    Outputs: ``record`` (the TXT's text), ``created``, ``private_key``.
    """

    record: pulumi.Output[str]
    created: pulumi.Output[str]
    private_key: pulumi.Output[str]

    def __init__(self, plan: DkimKeyPlan, salt: str | None, opts: pulumi.ResourceOptions) -> None:
        given = {"selector": plan.selector, "algorithm": plan.algorithm, "salt": salt}
        found = dict.fromkeys(("record", "created", PRIVATE))
        secret = pulumi.ResourceOptions(additional_secret_outputs=[PRIVATE])
        options = pulumi.ResourceOptions.merge(opts, secret)
        super().__init__(
            Shell("launchready.aws.dkim_key"), f"dkim/{plan.selector}", {**given, **found}, options
        )


class SesIdentity(Resource, module="launchready", name="SesIdentity"):
    """An SES identity. ``private_key``: the own key to sign with, for ``plan.byodkim``.

    Output: ``tokens`` of Easy DKIM.
    """

    tokens: pulumi.Output[list[str]]

    def __init__(
        self,
        plan: SesPlan,
        owner: str,
        private_key: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions,
    ) -> None:
        given: dict[str, Any] = {
            "domain": plan.domain,
            "region": plan.region,
            "mail_from": plan.mail_from,
            "selector": plan.byodkim,
            PRIVATE: None if private_key is None else pulumi.Output.secret(private_key),
            "owner": owner,
        }
        found = dict.fromkeys(("tokens", "adopted"))
        secret = pulumi.ResourceOptions(additional_secret_outputs=[PRIVATE])
        super().__init__(
            Shell("launchready.aws.ses_identity"),
            "ses",
            {**given, **found},
            pulumi.ResourceOptions.merge(opts, secret),
        )
