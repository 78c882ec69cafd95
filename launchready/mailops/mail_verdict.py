"""What a judged mail is made of: single judgements, the verdict over them, the document."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from launchready.checklist.registry import Severity, Status
from launchready.client_file.model import ClientFile
from launchready.evidence.types import Cause
from launchready.mailauth.dkim_verify import Signature

SCHEMA = "launchready.mail-test/1"
Verdict = Literal["pass", "fail", "unproven"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One judgement. ``cause``: why nothing could be found out."""

    id: str
    severity: Severity
    reference: str
    status: Status
    observed: str
    expected: str = ""
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the receiver saw, and the message itself does not say. None: read it from the message.

    ``bulk``: judge it as a mailing even when nothing in it says that it is one.
    """

    address: str | None = None
    return_path: str | None = None
    helo: str | None = None
    bulk: bool = False


@dataclass(frozen=True, slots=True)
class MailTest:
    """A whole judgement. ``told``: the Authentication-Results, not believed."""

    client: ClientFile
    target: Literal["live", "edge"]
    author: str
    judged: tuple[Judged, ...]
    signatures: tuple[Signature, ...]
    told: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        serious = [one for one in self.judged if one.severity is not Severity.LOW]
        if any(one.status is Status.FAIL for one in serious):
            return "fail"
        blocking = (Severity.CRITICAL, Severity.HIGH)
        unclear = [one for one in serious if one.status is Status.INCONCLUSIVE and one.severity in blocking]
        return "unproven" if unclear else "pass"

    @property
    def exit_code(self) -> int:
        return {"pass": 0, "fail": 1, "unproven": 3}[self.verdict]

    def document(self) -> dict[str, Any]:
        """The ``launchready.mail-test/1`` document."""
        return {
            "schema": SCHEMA,
            "client": self.client.client,
            "domain": self.client.domain,
            "target": self.target,
            "from": self.author,
            "verdict": self.verdict,
            "judged": [
                {
                    "id": one.id, "status": one.status.value, "severity": one.severity.value,
                    "expected": one.expected, "observed": one.observed,
                    "cause": None if one.cause is None else one.cause.value, "reference": one.reference,
                }
                for one in self.judged
            ],
            "signatures": [
                {
                    "domain": one.domain, "selector": one.selector, "algorithm": one.algorithm,
                    "result": one.result, "detail": one.detail, "bits": one.bits,
                }
                for one in self.signatures
            ],
            "authentication_results": list(self.told),
        }  # fmt: skip
