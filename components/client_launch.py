"""ClientLaunch: one client file's launch, composed of the deliverables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

import pulumi

from components.base import Component
from components.caching import Caching, CachingArgs
from components.dkim_store import DkimStore, DkimStoreArgs
from components.dns import Dns, DnsArgs
from components.dynamic_provider import PACKAGE, dynamic_provider
from components.edge_security import EdgeSecurity, EdgeSecurityArgs
from components.email import Email, EmailArgs
from components.environment import Environment, EnvironmentArgs
from components.monitors import Monitors, MonitorsArgs
from components.records import KINDS, owner
from components.redirects import Redirects, RedirectsArgs
from components.tls import Tls, TlsArgs
from components.zone import Zone, ZoneArgs
from launchready.client_file.model import ClientFile
from launchready.client_file.sealed import Sealer
from launchready.declared import Declared, Record, declare


@dataclass(frozen=True, slots=True)
class ClientLaunchArgs:
    """``declared`` is everything; ``account`` and ``destroyable`` are the zone's (see ZoneArgs)."""

    declared: Declared
    account: str | None
    destroyable: bool = False
    sealer: Sealer = field(default_factory=lambda: Sealer(None))
    """Makes the inputs that stand for the client file's secrets."""

    @classmethod
    def of(cls, client: ClientFile) -> ClientLaunchArgs:
        """The arguments that a client file gives. Against a local edge the account is the edge's own.

        ``launch edge env`` exports the variable; it is not Cloudflare's own CLOUDFLARE_ACCOUNT_ID, which
        may be set for a live launch and must not move a zone to another account.
        """
        account = os.environ.get("LAUNCHREADY_EDGE_ACCOUNT") or client.account
        return cls(declare(client), account, client.guard.destroy, Sealer(client.path))


class ClientLaunch(Component):
    """Outputs: ``zone_id``, ``status``, ``nameservers``, ``ds_record``, ``urls``; with ``environment``
    ``environment_arns`` and ``environment_policy``."""

    def __init__(self, name: str, args: ClientLaunchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        providers = pulumi.ResourceOptions(providers={PACKAGE: dynamic_provider()})
        super().__init__(name, pulumi.ResourceOptions.merge(opts, providers))
        declared, child = args.declared, pulumi.ResourceOptions(parent=self)
        zone = Zone(name, ZoneArgs(declared.domain, args.account, declared.zone_id, args.destroyable), child)
        records = {
            kind: tuple(record for record in declared.records if owner(record) == kind) for kind in KINDS
        }
        Dns(name, DnsArgs(zone.zone_id, records["Dns"]), child)
        Redirects(name, RedirectsArgs(zone.zone_id, declared.redirects), child)
        Caching(name, CachingArgs.of(zone.zone_id, declared), child)
        EdgeSecurity(name, EdgeSecurityArgs(zone.zone_id, declared.rulesets), child)
        tls = Tls(
            name,
            TlsArgs(
                zone.zone_id,
                tuple(setting for setting in declared.settings if setting.key.startswith("tls.")),
                declared.dnssec,
                declared.universal_ssl,
                records["Tls"],
                declared.certificate,
            ),
            child,
        )
        email = Email(name, self._mail(name, args, zone.zone_id, records["Email"]), child)
        environment = self._environment(name, args, child)
        self.outputs: dict[str, pulumi.Input[object]] = {
            "zone_id": zone.zone_id,
            "status": zone.status,
            "nameservers": zone.nameservers,
            "ds_record": tls.ds_record,
            "urls": [f"https://{host}/" for host in declared.hosts],
            **email.outputs,
            **environment,
            **self._private_keys(name, args, email, environment.get("environment_policy"), child),
            **self._monitors(name, args, zone.zone_id, child),
        }
        self.register_outputs(self.outputs)

    def _mail(
        self, name: str, args: ClientLaunchArgs, zone_id: pulumi.Input[str], records: tuple[Record, ...]
    ) -> EmailArgs:
        declared = args.declared
        return EmailArgs(
            zone_id,
            records,
            declared.pending,
            declared.dkim_keys,
            declared.ses,
            declared.workers,
            args.account or "",
            args.sealer.salt,
            name,
        )

    def _private_keys(
        self,
        name: str,
        args: ClientLaunchArgs,
        email: Email,
        after: pulumi.Input[object] | None,
        child: pulumi.ResourceOptions,
    ) -> dict[str, pulumi.Input[object]]:
        """Where the private DKIM keys are kept; ``after``: something known once the environment's key is."""
        store = args.declared.key_store
        if store is None:
            return {}
        made = DkimStore(name, DkimStoreArgs(store, email.dkim.private_keys, after), child)
        return {"dkim_arns": made.arns}

    def _environment(
        self, name: str, args: ClientLaunchArgs, child: pulumi.ResourceOptions
    ) -> dict[str, pulumi.Input[object]]:
        """Outputs of the application's variables; none without any."""
        declared = args.declared.environment
        if declared is None:
            return {}
        made = Environment(name, EnvironmentArgs(declared, args.sealer), child)
        return {"environment_arns": made.arns, "environment_policy": made.policy}

    def _monitors(
        self, name: str, args: ClientLaunchArgs, zone_id: pulumi.Input[str], child: pulumi.ResourceOptions
    ) -> dict[str, pulumi.Input[object]]:
        """Outputs of what watches the launch; none without any."""
        declared = args.declared.monitoring
        if declared is None:
            return {}
        made = Monitors(name, MonitorsArgs(zone_id, args.account, declared, args.sealer), child)
        return {"monitors": made.monitors, "alert_topics": made.topics, "alert_owners": made.owners}
