"""The whole thing: the committed example, the real CLI, a real edge, the real verifier."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from launchready.engine import engine_or_reason

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]


@pytest.fixture
def project(tmp_path: Path, root: Path) -> Path:
    """A copy of the project's program and example, with temporary files of its own."""
    project = tmp_path / "project"
    (project / "stacks").mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy2(root / name, project / name)
    manifest = project / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    shutil.copy2(root / "stacks" / "Pulumi.example.yaml", project / "stacks")
    return project


def environment(project: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
    tmp = project.parent / "tmp"
    return {**clean, "TMPDIR": str(tmp), "PULUMI_HOME": str(tmp / "pulumi-home")}


def launch(project: Path, *arguments: str, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "launchready.cli", *arguments],
        cwd=project, env=environment(project), capture_output=True, text=True, timeout=timeout, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def left_behind(project: Path) -> list[str]:
    return sorted(p.name for p in (project.parent / "tmp").iterdir() if p.name.startswith("launchready-"))


def edges_of(project: Path) -> list[int]:
    """Edge processes whose directory lies in this test's own temporary directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(project.parent) in command and " edge " in command:
            found.append(int(entry.parent.name))
    return found


def until(condition, seconds: float = 60.0) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_the_example_rehearses_ready_and_leaves_nothing(project: Path) -> None:
    before = (project / "stacks" / "Pulumi.example.yaml").read_bytes()
    done = launch(project, "rehearse", "example", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "launchready.verification/1"
    assert (document["verdict"], document["target"]) == ("ready", "edge")
    statuses = {row["row"]: row["status"] for row in document["rows"]}
    assert set(statuses.values()) <= {"pass", "not_applicable"}
    assert {"email_auth", "tls", "dns", "redirects"} <= {row for row in statuses if statuses[row] == "pass"}
    assert left_behind(project) == []
    assert edges_of(project) == []
    assert (project / "stacks" / "Pulumi.example.yaml").read_bytes() == before


@pytest.fixture
def kept(project: Path) -> Iterator[dict[str, object]]:
    done = launch(project, "rehearse", "example", "--keep", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    edge = json.loads(done.stdout)["edge"]
    yield edge
    directory = Path(str(edge["ca"])).parent
    launch(project, "edge", "stop", "--dir", str(directory))
    until(lambda: edges_of(project) == [])


def test_breaking_what_is_served_turns_the_verdict(project: Path, kept: dict[str, object]) -> None:
    """Delete a record, lower the TLS minimum, add a second SPF: each is named by its own check."""
    edge_file = Path(str(kept["ca"])).parent / "edge.json"
    client = httpx.Client(
        base_url=str(kept["api"]), headers={"Authorization": f"Bearer {kept['token']}"}, timeout=10
    )
    zone = client.get("/zones").json()["result"][0]["id"]
    records = client.get(f"/zones/{zone}/dns_records", params={"per_page": 500}).json()["result"]
    doomed = next(r for r in records if r["name"] == "_atproto.acme.example")
    client.delete(f"/zones/{zone}/dns_records/{doomed['id']}").raise_for_status()
    client.patch(f"/zones/{zone}/settings/min_tls_version", json={"value": "1.0"}).raise_for_status()
    second = {"type": "TXT", "name": "acme.example", "content": '"v=spf1 -all"', "ttl": 1}
    client.post(f"/zones/{zone}/dns_records", json=second).raise_for_status()

    done = launch(project, "verify", "example", "--edge", str(edge_file), "--json")

    assert done.returncode == 1, done.stderr
    failures = {f["check"]: f for f in json.loads(done.stdout)["findings"] if f["status"] == "fail"}
    assert {"dns.record.served", "tls.version.minimum", "email_auth.spf.single"} <= set(failures)
    assert "_atproto.acme.example" in failures["dns.record.served"]["subject"]
    assert failures["tls.version.minimum"]["fix"]["key"] == "launchready:tls.min_version"
    assert failures["email_auth.spf.single"]["reference"].startswith("RFC 7208")


def test_a_launch_by_hand_is_stable_and_comes_down_again(project: Path) -> None:
    """`up`, a second `up`, `preview --refresh`, `refresh` and `destroy` against `launch edge`."""
    config = project / "stacks" / "Pulumi.example.yaml"
    config.write_text(config.read_text().replace("{max_delete: 3}", "{max_delete: 3, destroy: true}"))
    directory = project.parent / "edge"
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "edge", "--json", "--dir", str(directory)],
        cwd=project, env=environment(project), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        edge = ("--edge", str(directory / "edge.json"))
        first = launch(project, "up", "example", *edge, "--yes")
        assert first.returncode == 0, first.stdout + first.stderr
        verified = launch(project, "verify", "example", *edge)
        assert verified.returncode == 0, verified.stdout
        second = launch(project, "up", "example", *edge, "--yes")
        assert second.returncode == 0, second.stderr
        assert "create" not in second.stdout
        assert "update" not in second.stdout
        preview = launch(project, "preview", "example", *edge, "--refresh", "--expect-no-changes")
        assert preview.returncode == 0, preview.stdout + preview.stderr
        down = launch(project, "destroy", "example", *edge, "--yes")
        assert down.returncode == 0, down.stdout + down.stderr
        gone = launch(project, "verify", "example", *edge)
        assert gone.returncode in (1, 3), "nothing is served any more"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not (directory / "edge.json").exists()


def test_ctrl_c_during_up_ends_everything(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "rehearse", "example"],
        cwd=project, env=environment(project), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: list((project.parent / "tmp").glob("launchready-example-*/pulumi-home/*")))
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=90)
    assert process.returncode == 3
    assert "interrupted" in said
    assert "Traceback" not in said
    until(lambda: edges_of(project) == [])
    assert left_behind(project) == []


def test_an_edge_that_dies_half_way_is_an_error_and_leaves_nothing(project: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "rehearse", "example"],
        cwd=project,
        env={**environment(project), "LAUNCHREADY_PLUGIN_RETRY": "attempts=2,first=0.01,longest=0.1,total=2"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: list((project.parent / "tmp").glob("launchready-example-*/pulumi-home/*")))
    until(lambda: edges_of(project) != [])
    for pid in edges_of(project):
        os.kill(pid, signal.SIGKILL)
    _, said = process.communicate(timeout=200)
    assert process.returncode == 3, said
    assert "edge" in said
    assert "Traceback" not in said
    assert left_behind(project) == []


def test_a_taken_port_is_named(project: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = launch(project, "edge", "--dir", str(project.parent / "edge"), "--api-port", port)
    assert done.returncode in (2, 3)
    assert port in done.stderr
    assert not (project.parent / "edge" / "edge.json").exists()
