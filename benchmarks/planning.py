"""How many records a second are planned: launchready's ``declare``, and octoDNS where it is installed.

    .venv/bin/python benchmarks/planning.py [--records N] [--octodns PYTHON]

``declare`` starts from a loaded client file and ends with canonical records that have their resource
names. octoDNS starts from parsed data and ends with the plan of a zone that is empty at the target; it
runs in its own environment (``python -m venv …; pip install octodns``), whose interpreter is PYTHON.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time

OCTODNS = """
import json, sys, time
from octodns.record import Record
from octodns.zone import Zone
records = json.load(sys.stdin)
began = time.perf_counter()
zone = Zone("acme.example.", [])
for record in records:
    kind, content = record["type"], record["content"]
    if kind == "MX":
        data = {"type": kind, "ttl": 300, "value": {"preference": 10, "exchange": content + "."}}
    else:
        data = {"type": kind, "ttl": 300, "value": content + "." if kind == "CNAME" else content}
    zone.add_record(Record.new(zone, record["name"], data))
class Target:
    SUPPORTS_GEO = SUPPORTS_DYNAMIC = False
    supports = staticmethod(lambda record: True)
    id = "target"
changes = Zone("acme.example.", []).changes(zone, Target)
assert len(changes) == len(records), len(changes)
print(len(records) / (time.perf_counter() - began))
"""


def sample(count: int) -> list[dict[str, object]]:
    """A zone of A, CNAME, TXT and MX records in equal parts, each at a name of its own."""
    kinds = (
        lambda i: {"type": "A", "content": f"192.0.2.{i % 250}", "proxied": True},
        lambda i: {"type": "CNAME", "content": f"target-{i}.host.example"},
        lambda i: {"type": "TXT", "content": f"site-verification={i:064x}"},
        lambda i: {"type": "MX", "content": f"mx{i}.host.example", "priority": 10},
    )
    return [{"name": f"host-{i}", **kinds[i % 4](i)} for i in range(count)]


def launchready_rate(records: list[dict[str, object]]) -> float:
    """Records a second, the best of three."""
    from launchready.client_file.model import ClientFile
    from launchready.declared import declare

    client = ClientFile.model_validate(
        {
            "domain": "acme.example",
            "plan": "enterprise",
            "email": "none",
            "tls": {"caa": "none"},
            "records": records,
        }
    )
    best = 0.0
    for _ in range(3):
        began = time.perf_counter()
        found = len(declare(client).records)
        best = max(best, found / (time.perf_counter() - began))
    return best


def octodns_rate(python: str, records: list[dict[str, object]]) -> float:
    """Records a second of octoDNS in another interpreter, the best of three."""
    runs = (
        subprocess.run(
            [python, "-c", OCTODNS], input=json.dumps(records), capture_output=True, text=True, check=True
        )
        for _ in range(3)
    )
    return max(float(run.stdout) for run in runs)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--octodns", metavar="PYTHON", help="an interpreter that has octodns")
    options = parser.parse_args()
    records = sample(options.records)
    result = {"records": options.records, "python": sys.version.split()[0]}
    result["launchready_records_per_second"] = round(launchready_rate(records))
    if options.octodns:
        result["octodns_records_per_second"] = round(octodns_rate(options.octodns, records))
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
