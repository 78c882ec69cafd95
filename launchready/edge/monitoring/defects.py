"""What the monitoring can do wrong on purpose: the kinds ``monitor.*`` of ``state.defects``."""

from __future__ import annotations

from typing import Final

KINDS: Final[dict[str, str]] = {
    "monitor.unconfirmed": "mail address: its owner never confirms a subscription, nor ever has",
    "monitor.silent": "alarm name: it changes its state and tells nobody",
    "monitor.blind": "host, or health check id: every probe succeeds, whatever is served",
    "monitor.lost": "mail, sms or slack: messages of that kind get lost on the way",
}
