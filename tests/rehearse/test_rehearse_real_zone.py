"""Real input: a zone of 2,193 records that lives on Cloudflare, adopted, rehearsed, compared RR by RR."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import pytest

from launchready.client_file import load
from launchready.declared import declare
from launchready.engine import engine_or_reason
from tests.rehearse.test_rehearse_example import edges_of, launch, until

pytestmark = [
    pytest.mark.engine,
    pytest.mark.oracle,
    pytest.mark.soak,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]


@pytest.mark.timeout(900)
def test_a_real_zone_is_adopted_and_served_record_by_record(tmp_path: Path, root: Path, shared: Path) -> None:
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    manifest = (root / "Pulumi.yaml").read_text()
    (project / "Pulumi.yaml").write_text(manifest.replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    shutil.copy2(root / "__main__.py", project / "__main__.py")
    data = shared / "data"
    adopted = launch(
        project, "adopt", "isadev", "--zone-file", str(data / "is-a.dev-sample.zone"), "--redirects",
        str(data / "is-a.dev-sample.redirects.tsv"), "--domain", "is-a.dev", "--plan", "enterprise",
    )  # fmt: skip
    assert adopted.returncode == 0, adopted.stderr

    rehearsed = launch(project, "rehearse", "isadev", "--keep", "--json", timeout=600)
    edge = json.loads(rehearsed.stdout)["edge"]
    directory = str(Path(edge["ca"]).parent)
    try:
        served = [f for f in json.loads(rehearsed.stdout)["findings"] if f["check"] == "dns.record.served"]
        assert len(served) > 1000
        assert {f["status"] for f in served} == {"pass"}
        assert compared(project, edge) > 500
        second = launch(project, "up", "isadev", "--edge", directory, "--yes", timeout=400)
        assert second.returncode == 0, second.stderr
        assert "create" not in second.stdout
        assert "update" not in second.stdout
        preview = launch(
            project, "preview", "isadev", "--edge", directory, "--refresh", "--expect-no-changes", timeout=400
        )
        assert preview.returncode == 0, preview.stdout[-2000:]
    finally:
        launch(project, "edge", "stop", "--dir", directory)
        until(lambda: edges_of(project) == [])


def compared(project: Path, edge: dict[str, str]) -> int:
    """Ask for each TXT and MX set that the file declares; returns how many equalled it to the byte."""
    host, port = edge["dns"].split(":")
    declared = declare(load(project / "stacks" / "Pulumi.isadev.yaml"))
    wanted: dict[tuple[str, str], set[str]] = {}
    for record in declared.records:
        if record.type in ("TXT", "MX"):
            text = record.content if record.type == "TXT" else f"{record.priority} {record.content}."
            wanted.setdefault((record.name, record.type), set()).add(text)
    for (name, rdtype), expected in wanted.items():
        question = dns.message.make_query(name, rdtype, use_edns=True, payload=4096)
        answer, _ = dns.query.udp_with_fallback(question, host, port=int(port), timeout=5)
        rrsets = [r for r in answer.answer if r.rdtype == dns.rdatatype.from_text(rdtype)]
        assert rrsets, f"{name} {rdtype} is not served"
        assert {rdata.to_text() for rdata in rrsets[0]} == expected, (name, rdtype)
        assert rrsets[0].ttl == 300
    return len(wanted)
