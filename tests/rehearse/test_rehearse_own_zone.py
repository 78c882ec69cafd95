"""A zone of ours with explicit TTLs, launched by the real engine and compared with DNS byte for byte."""

from __future__ import annotations

import json
import shutil
import sys
from collections import defaultdict
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from launchready.client_file import load
from launchready.declared import declare
from launchready.engine import engine_or_reason
from tests.rehearse.test_rehearse_example import edges_of, launch, until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
DATA = Path(__file__).parent / "data"


def test_every_record_is_served_to_the_byte_with_its_own_ttl(tmp_path: Path, root: Path) -> None:
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    manifest = (root / "Pulumi.yaml").read_text()
    (project / "Pulumi.yaml").write_text(manifest.replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    shutil.copy2(root / "__main__.py", project)
    shutil.copy2(DATA / "Pulumi.own.yaml", project / "stacks")

    done = launch(project, "rehearse", "own", "--keep", "--json")
    document = json.loads(done.stdout or "{}")
    assert "edge" in document, done.stderr
    directory = str(Path(document["edge"]["ca"]).parent)
    try:
        served = [f for f in document["findings"] if f["check"] == "dns.record.served"]
        assert {f["status"] for f in served} == {"pass"}
        assert len(declared(project)) == 17
        for server in document["edge"]["nameservers"]:
            assert served_by(server, declared(project)) == declared(project)
        again = launch(project, "up", "own", "--edge", directory, "--yes")
        assert again.returncode == 0, again.stderr
        assert not {"create", "update", "delete"} & set(again.stdout.split())
        preview = launch(project, "preview", "own", "--edge", directory, "--refresh", "--expect-no-changes")
        assert preview.returncode == 0, preview.stdout
    finally:
        launch(project, "edge", "stop", "--dir", directory)
        until(lambda: edges_of(project) == [])


Sets = dict[tuple[str, str], tuple[int, frozenset[bytes]]]


def declared(project: Path) -> Sets:
    """(name, type) → TTL and the wire form of each rdata, read from the client file by dnspython."""
    found: dict[tuple[str, str], tuple[int, set[bytes]]] = defaultdict(lambda: (0, set()))
    for record in declare(load(project / "stacks" / "Pulumi.own.yaml")).records:
        rdata = dns.rdata.from_text(
            dns.rdataclass.IN, dns.rdatatype.from_text(record.type), record.presentation, origin=None
        )
        _, wires = found[record.name, record.type]
        found[record.name, record.type] = (record.ttl, wires | {wire(rdata)})
    return {key: (ttl, frozenset(wires)) for key, (ttl, wires) in found.items()}


def served_by(server: str, wanted: Sets) -> Sets:
    """What this name server answers to each of these questions; a delegation's NS stand in authority."""
    host, port = server.split(":")
    found: Sets = {}
    for name, rdtype in wanted:
        query = dns.message.make_query(name, rdtype)
        answer, _ = dns.query.udp_with_fallback(query, host, port=int(port), timeout=5)
        section = answer.authority if rdtype == "NS" else answer.answer
        rrset = next(r for r in section if r.rdtype == dns.rdatatype.from_text(rdtype))
        found[name, rdtype] = (rrset.ttl, frozenset(wire(rdata) for rdata in rrset))
    return found


def wire(rdata: dns.rdata.Rdata) -> bytes:
    """Rdata in canonical wire form (RFC 4034 §6.2)."""
    return rdata.to_digestable(dns.name.root)
