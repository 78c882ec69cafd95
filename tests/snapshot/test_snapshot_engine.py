"""Guard, snapshots and rollback with the real engine, the real command line and a real edge.

One launch of six records for the whole file: each test leaves it as it found it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest

from launchready.client_file import read
from launchready.engine import engine_or_reason
from launchready.errors import LaunchreadyError
from launchready.gateway import Gateway
from launchready.guard import Loss
from launchready.guard.judge import WorldChangedError
from launchready.rehearse.provision import Stack
from launchready.snapshot.change import Launch, Wish, carry_out
from launchready.snapshot.seal import Sealer
from launchready.snapshot.take import damage, listed
from tests.rehearse.test_rehearse_example import environment, launch
from tests.snapshot.snapshot_six import Six, launched_six

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
ROOT = Path(__file__).resolve().parents[2]
FOREIGN = {"type": "TXT", "name": "_other.six.example", "content": '"made by other hands"', "ttl": 3600}


@pytest.fixture(scope="module")
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Six]:
    with launched_six(tmp_path_factory.mktemp("six")) as launched:
        yield launched


def test_the_guard_refuses_and_nothing_is_changed(six: Six) -> None:
    """Four of six records, the MX among them: neither --yes nor one name lets that pass."""
    text, before, snapshots = six.file.read_text(), six.served(), six.store.ids()
    six.edit(
        ("    app: {address: 203.0.113.11, proxied: false}\n", ""),
        ("    shop: {address: 203.0.113.12, proxied: false}\n", ""),
        ("    docs: {address: 203.0.113.13, proxied: false}\n", ""),
        ('    - {name: "@", type: MX, content: mx.host.example, priority: 10}\n', ""),
    )
    try:
        refused = six.run("up", "--yes")
        assert refused.returncode == 3, refused.stderr
        assert "Deletes 4:" in refused.stderr
        assert "4 resources would be deleted or replaced, and the client file allows 3" in refused.stderr
        assert "--allow-loss 'six.example MX'" in refused.stderr
        named = six.run("up", "--yes", "--allow-loss", "six.example MX")
        assert named.returncode == 3, named.stderr
        assert "max_delete: 4" in named.stderr
        assert (six.served(), six.store.ids()) == (before, snapshots)
        down = six.run("destroy", "--yes")
        assert down.returncode == 3
        assert (six.served(), six.store.ids()) == (before, snapshots)
    finally:
        six.file.write_text(text)


def test_what_a_bad_change_did_is_undone_to_the_byte_and_only_once(six: Six) -> None:
    text = six.file.read_text()
    six.call("POST", "/dns_records", FOREIGN)
    six.call("PATCH", "/settings/rocket_loader", {"value": "on"})
    before = six.served()
    six.edit(
        ("203.0.113.10, proxied: true", "203.0.113.99, proxied: false"),
        ("    app: {address: 203.0.113.11", "    new: {address: 203.0.113.14"),
        ("content: mx.host.example, priority: 10", 'content: ".", priority: 0'),
        ('content: "hello", ttl: 1h', 'content: "hullo", ttl: 2h'),
    )
    bad = six.run("up", "--yes", "--allow-loss", "MX six.example")
    assert bad.returncode == 0, bad.stderr
    kept = six.file.read_text()
    assert six.served() != before

    back = six.run("rollback", "--yes", "--json")

    document = json.loads(back.stdout)
    assert six.served() == before, document
    assert (document["zone_equal"], document["changed"], document["working_file_differs"]) == (
        True,
        True,
        True,
    )
    schemas = ROOT / "launchready" / "cli" / "schemas"
    jsonschema.validate(document, json.loads((schemas / "rollback.schema.json").read_text()))
    assert back.returncode == {"ready": 0, "not_ready": 1, "unproven": 3}[document["verification"]["verdict"]]
    assert six.file.read_text() == kept
    # the same command twice
    ids = six.store.ids()
    again = json.loads(six.run("rollback", "--yes", "--json").stdout)
    assert (again["changed"], again["to"], again["zone_equal"]) == (False, document["after"], True)
    assert (six.served(), six.store.ids()) == (before, ids)
    # and other hands, since
    six.call("PATCH", "/settings/rocket_loader", {"value": "off"})
    records = {one["name"]: one for one in six.call("GET", "/dns_records?per_page=500")}
    six.call("DELETE", f"/dns_records/{records['_other.six.example']['id']}")
    six.call("DELETE", f"/dns_records/{records['docs.six.example']['id']}")
    six.call("PATCH", f"/dns_records/{records['shop.six.example']['id']}", {"content": "203.0.113.66"})
    six.call("POST", "/dns_records", FOREIGN | {"name": "_stray.six.example"})
    mended = json.loads(six.run("rollback", "--yes", "--json").stdout)
    assert (six.served(), mended["zone_equal"]) == (before, True)
    assert len(mended["not_owned"]) == 3

    listing = json.loads(launch(six.project, "snapshots", "six", "--json").stdout)
    jsonschema.validate(listing, json.loads((schemas / "snapshots.schema.json").read_text()))
    assert all(one["intact"] for one in listing["snapshots"])
    assert [one["kind"] for one in listing["snapshots"]].count("launch") >= 3
    six.file.write_text(text)
    seen = json.loads(six.run("verify", "--only", "deployment", "--json").stdout)
    findings = {one["check"]: one["status"] for one in seen["findings"]}
    assert findings["deployment.snapshot.exists"] == "pass"
    assert findings["deployment.rollback.rehearsed"] == "pass"


def test_a_damaged_snapshot_is_refused_and_nothing_is_changed(six: Six) -> None:
    before, wanted = six.served(), listed(six.store)[0][-1]
    path = six.store.directory / wanted.id / "zone.bind"
    content = path.read_bytes()
    path.write_bytes(content.replace(b"203.0.113.12", b"203.0.113.66"))
    try:
        refused = six.run("rollback", "--yes", "--to", wanted.id)
        assert refused.returncode == 2, refused.stderr
        assert "zone.bind is not what was stored" in refused.stderr
        assert launch(six.project, "snapshots", "verify", "six", wanted.id).returncode == 2
        assert launch(six.project, "snapshots", "six").returncode == 0
        assert six.served() == before
    finally:
        path.write_bytes(content)
    assert launch(six.project, "snapshots", "verify", "six").returncode == 0


@dataclass
class Meddler:
    """A person who says yes, after other hands have changed the zone."""

    six: Six
    shown: list[str] = field(default_factory=list)

    def show(self, text: str) -> None:
        self.shown.append(text)

    def progress(self, phase: str, operation: str, name: str) -> None:
        pass

    def ask(self) -> bool:
        self.six.call("PATCH", "/settings/rocket_loader", {"value": "off"})
        return True

    def named(self, loss: Loss) -> bool:
        return False


def stack_environment(six: Six, base_url: str) -> Mapping[str, str]:
    from launchready.edge.document import environment as of_edge

    env = {**environment(six.project), **of_edge(six.document), "CLOUDFLARE_BASE_URL": base_url}
    return env | {"PULUMI_EXPERIMENTAL": "true"}


async def test_a_world_that_changes_after_the_plan_was_shown_stops_the_run(six: Six) -> None:
    text, snapshots = six.file.read_text(), six.store.ids()
    six.call("PATCH", "/settings/rocket_loader", {"value": "on"})
    six.edit(("203.0.113.13", "203.0.113.33"))
    engine, meddler = engine_or_reason()[0], Meddler(six)
    assert engine is not None
    try:
        async with Gateway(six.document["api"], six.document["token"]) as gateway:
            env = stack_environment(six, gateway.base_url)
            stack = Stack(engine, six.project, "six", env)
            client = read(six.file).client
            work = Launch(stack, client, six.file, ROOT, "edge:x", six.store, Sealer(env), meddler)
            with pytest.raises(WorldChangedError, match=r"the zone .* changed"):
                await carry_out(work, Wish("up", "up"))
    finally:
        six.file.write_text(text)
    assert WorldChangedError("x").exit_code == LaunchreadyError("x").exit_code == 3
    assert any("203.0.113.33" in one for one in meddler.shown)
    assert "203.0.113.33" not in six.served()["export"]
    assert six.store.ids() == snapshots


def test_ctrl_c_in_the_middle_leaves_whole_snapshots_and_a_way_back(six: Six) -> None:
    text, before, snapshots = six.file.read_text(), six.served(), six.store.ids()
    six.edit(("203.0.113.13", "203.0.113.34"), ("203.0.113.12", "203.0.113.35"))
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "up", "six", *six.edge, "--yes"],
        cwd=six.project, env=environment(six.project), stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while six.store.ids() == snapshots and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.wait(90) == 3
    six.file.write_text(text)
    found, broken = listed(six.store)
    assert broken == {}
    assert [damage(six.store, one) for one in found] == [()] * len(found)
    assert sorted(path.name for path in six.store.directory.iterdir()) == six.store.ids()

    back = six.run("rollback", "--yes", "--json")

    assert json.loads(back.stdout)["zone_equal"] is True, back.stderr
    assert six.served() == before
