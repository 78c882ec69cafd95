"""ClientLaunch: one client file's launch, composed of the deliverables."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pulumi

from components.base import Component
from components.dns import Dns, DnsArgs
from components.edge_security import EdgeSecurity, EdgeSecurityArgs
from components.email import Email, EmailArgs
from components.records import KINDS, owner
from components.redirects import Redirects, RedirectsArgs
from components.tls import Tls, TlsArgs
from components.zone import Zone, ZoneArgs
from launchready.client_file.model import ClientFile
from launchready.declared import Declared, declare


@dataclass(frozen=True, slots=True)
class ClientLaunchArgs:
    """``declared`` is everything; ``account`` and ``destroyable`` are the zone's (see ZoneArgs)."""

    declared: Declared
    account: str | None
    destroyable: bool = False

    @classmethod
    def of(cls, client: ClientFile) -> ClientLaunchArgs:
        """The arguments that a client file gives. Against a local edge the account is the edge's own.

        ``launch edge env`` exports the variable; it is not Cloudflare's own CLOUDFLARE_ACCOUNT_ID, which
        may be set for a live launch and must not move a zone to another account.
        """
        account = os.environ.get("LAUNCHREADY_EDGE_ACCOUNT") or client.account
        return cls(declare(client), account, client.guard.destroy)


class ClientLaunch(Component):
    """Outputs: ``zone_id``, ``status``, ``nameservers``, ``ds_record``, ``urls``."""

    def __init__(self, name: str, args: ClientLaunchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        declared, child = args.declared, pulumi.ResourceOptions(parent=self)
        zone = Zone(name, ZoneArgs(declared.domain, args.account, declared.zone_id, args.destroyable), child)
        records = {
            kind: tuple(record for record in declared.records if owner(record) == kind) for kind in KINDS
        }
        Dns(name, DnsArgs(zone.zone_id, records["Dns"]), child)
        Redirects(name, RedirectsArgs(zone.zone_id, declared.redirects), child)
        EdgeSecurity(name, EdgeSecurityArgs(zone.zone_id, declared.rulesets), child)
        tls = Tls(
            name,
            TlsArgs(zone.zone_id, declared.settings, declared.dnssec, declared.universal_ssl, records["Tls"]),
            child,
        )
        Email(name, EmailArgs(zone.zone_id, records["Email"]), child)
        self.outputs: dict[str, pulumi.Input[object]] = {
            "zone_id": zone.zone_id,
            "status": zone.status,
            "nameservers": zone.nameservers,
            "ds_record": tls.ds_record,
            "urls": [f"https://{host}/" for host in declared.hosts],
        }
        self.register_outputs(self.outputs)
