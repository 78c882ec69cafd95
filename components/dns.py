"""Hosts and explicit records. Derived mail and CAA records are in Email and Tls."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.base import Component
from components.records import make_records
from launchready.declared import Record


@dataclass(frozen=True, slots=True)
class DnsArgs:
    """``records``: those of ``hosts`` and ``records``."""

    zone_id: pulumi.Input[str]
    records: tuple[Record, ...]


class Dns(Component):
    """Output: ``records``, how many are declared."""

    def __init__(self, name: str, args: DnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.records = make_records(self, args.zone_id, args.records)
        self.register_outputs({"records": len(self.records)})
