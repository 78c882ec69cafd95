"""Snapshots in a directory and in a bucket: whole or not at all, checked, encrypted, let go of."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest
from moto.server import ThreadedMotoServer

from launchready.errors import InputError
from launchready.snapshot.manifest import NAME, Kind, Manifest, sha256
from launchready.snapshot.retention import expired, prune
from launchready.snapshot.seal import Sealer
from launchready.snapshot.store import DirectoryStore, Store, StoreError, open_store
from launchready.snapshot.take import damage, listed, load, manifest_of
from tests.snapshot.snapshot_kit import CLIENT_FILE, NOW, PASSPHRASE, SECRET, put, record, world

SEALER = Sealer({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["directory", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "directory":
        return open_store(None, tmp_path, "six")
    for name, value in {
        "AWS_ENDPOINT_URL": request.getfixturevalue("aws"), "AWS_ACCESS_KEY_ID": "k",
        "AWS_REGION": "us-east-1", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    bucket = f"b{abs(hash(tmp_path)) % 10**9}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return open_store(f"s3://{bucket}/some/prefix/", tmp_path, "six")


def test_what_was_stored_comes_back_and_secrets_are_encrypted(store: Store, root: Path) -> None:
    zone = world(record("six.example", "203.0.113.10"), record("_x.six.example", '"a"', "TXT"))
    manifest = put(store, world=zone)
    found = load(store, manifest.id, SEALER)
    assert (found.world, found.client_file) == (zone, CLIENT_FILE)
    assert found.state.urns == {"urn:a"}
    assert SECRET in found.state.content.decode()
    stored = {file.name: store.read(manifest.id, file.name) or b"" for file in manifest.files}
    assert {"state.json.sealed", "rulesets.json.sealed", "zone.bind", "client.yaml"} <= set(stored)
    assert not any(SECRET.encode() in content for content in stored.values())
    assert all(sha256(stored[file.name]) == file.sha256 for file in manifest.files)
    assert manifest.id.startswith("20261124T120000Z-")
    schema = json.loads((root / "launchready/snapshot/snapshot.schema.json").read_text())
    jsonschema.validate(json.loads(store.read(manifest.id, NAME) or b""), schema)


def test_a_damaged_snapshot_is_refused_as_bad_input(store: Store) -> None:
    manifest = put(store)
    whole = {file.name: store.read(manifest.id, file.name) or b"" for file in manifest.files}
    whole[NAME] = store.read(manifest.id, NAME) or b""
    for name, broken in (
        ("zone.bind", b"other"),
        ("client.yaml", b"config: {}\n"),
        ("state.json.sealed", b""),
    ):
        store.delete(manifest.id)
        store.write(manifest.id, whole | {name: broken})
        assert damage(store, manifest_of(store, manifest.id)) != ()
        with pytest.raises(InputError, match=f"damaged: {name}"):
            load(store, manifest.id, SEALER)
    store.delete(manifest.id)
    store.write(manifest.id, {name: one for name, one in whole.items() if name != "records.json"})
    with pytest.raises(InputError, match=r"records\.json is missing"):
        load(store, manifest.id, SEALER)


@pytest.mark.parametrize("change", [
    lambda text: text[: len(text) // 2],
    lambda text: text.replace("launchready.snapshot/1", "launchready.snapshot/9"),
    lambda text: text.replace('"name": "zone.bind"', '"name": "../../etc/passwd"'),
    lambda text: text.replace('"kind": "launch"', '"kind": "lunch"'),
    lambda text: "[]",
    lambda text: "",
])  # fmt: skip
def test_a_damaged_manifest_is_refused_and_listed_as_such(tmp_path: Path, change: Any) -> None:
    store = DirectoryStore(tmp_path / "six")
    manifest = put(store)
    path = tmp_path / "six" / manifest.id / NAME
    path.write_text(change(path.read_text()))
    with pytest.raises(InputError):
        load(store, manifest.id, SEALER)
    found, broken = listed(store)
    assert (found, set(broken)) == ([], {manifest.id})


def test_another_passphrase_is_refused(store: Store) -> None:
    manifest = put(store)
    with pytest.raises(InputError, match="passphrase"):
        load(store, manifest.id, Sealer({"PULUMI_CONFIG_PASSPHRASE": "another"}))


def test_ids_sort_as_they_were_made_even_when_the_clock_goes_back(store: Store) -> None:
    made = [put(store, at=at).id for at in (NOW, NOW, NOW - timedelta(days=2))]
    assert store.ids() == made


def test_a_bucket_that_is_not_there_is_no_traceback(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    with pytest.raises(StoreError, match="NoSuchBucket"):
        open_store("s3://no-such-bucket", Path(), "six").ids()
    for wrong in ("s3://", "s3://UPPER/x", "gs://bucket/x"):
        with pytest.raises(InputError):
            open_store(wrong, Path(), "six")


def test_only_the_owner_may_read_a_directory(tmp_path: Path) -> None:
    manifest = put(DirectoryStore(tmp_path / "six"))
    place = tmp_path / "six" / manifest.id
    assert place.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in place.iterdir())


def test_a_process_that_is_killed_while_it_writes_leaves_no_snapshot(tmp_path: Path) -> None:
    """SIGKILL between two files; the next snapshot takes away what was left."""
    directory = tmp_path / "six"
    program = (
        "import sys, time; from pathlib import Path; from launchready.snapshot import store\n"
        "real = store._write\n"
        "def slow(path, content):\n"
        "    real(path, content); print('wrote', flush=True); time.sleep(60)\n"
        "store._write = slow\n"
        f"kept = store.DirectoryStore(Path({str(directory)!r}))\n"
        "kept.write('20261124T120000Z-0a1b2c3d', {'a': b'1', 'b': b'2'})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"wrote\n"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    store = DirectoryStore(directory)
    assert store.ids() == []
    assert [path.name for path in directory.iterdir()] != []
    manifest = put(store)
    assert [path.name for path in directory.iterdir()] == [manifest.id]


def test_ctrl_c_while_it_writes_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from launchready.snapshot import store as module

    def interrupted(directory: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_sync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(DirectoryStore(tmp_path / "six"))
    assert list((tmp_path / "six").iterdir()) == []


def test_retention_keeps_the_last_ones_one_a_day_and_the_newest_good_launch(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "six")
    old = put(store, at=NOW - timedelta(days=90))
    days = [put(store, Kind.BEFORE, NOW - timedelta(days=20, hours=n)).id for n in (3, 2, 1)]
    last = [put(store, Kind.BEFORE, NOW - timedelta(minutes=5 - n)).id for n in range(3)]
    other = put(store, Kind.BEFORE, NOW - timedelta(days=80), world_name="edge:1").id

    gone = prune(store, NOW, keep=2, days=30)

    # the only good launch stays, however old; of a day long gone the last, of other worlds the newest
    assert set(gone) == {*days[:2], last[0]} - {days[2]}
    assert set(store.ids()) == {old.id, days[2], *last[1:], other}
    assert prune(store, NOW, keep=2, days=30) == ()


def test_the_newest_good_launch_stays_when_a_newer_one_is_damaged(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "six")
    before = put(store, Kind.BEFORE, NOW - timedelta(days=61))
    good = put(store, at=NOW - timedelta(days=60), before=before.id)
    bad = put(store, at=NOW - timedelta(days=50))
    (tmp_path / "six" / bad.id / "zone.bind").write_text("damaged")
    newer = [put(store, Kind.BEFORE, NOW - timedelta(minutes=n)).id for n in (2, 1)]
    assert set(prune(store, NOW, keep=1, days=0)) == {bad.id, newer[0]}
    assert good.id in store.ids()


def test_retention_is_pure(tmp_path: Path) -> None:
    found: list[Manifest] = [
        put(DirectoryStore(tmp_path / "six"), at=NOW + timedelta(minutes=n)) for n in range(4)
    ]
    assert expired(found, [one.id for one in found], NOW, keep=4, days=0) == ()
    assert expired(found, [], NOW, keep=1, days=0) == tuple(one.id for one in found[:3])
