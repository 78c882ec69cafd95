"""Which snapshot a rollback goes back to, what it puts back that no launch owns, which secrets it keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from launchready.client_file import read
from launchready.client_file.secrets import EnvironmentSecrets, PassphraseKey
from launchready.errors import InputError
from launchready.snapshot.choose import choose
from launchready.snapshot.foreign import difference
from launchready.snapshot.local import local_evidence
from launchready.snapshot.manifest import Kind, Manifest
from launchready.snapshot.project import make_project
from launchready.snapshot.seal import Sealer
from launchready.snapshot.store import DirectoryStore
from tests.snapshot.snapshot_kit import CLIENT_FILE, PASSPHRASE, key, put, record, state, world

RECORD = "cloudflare:index/dnsRecord:DnsRecord"


def manifest(number: int, kind: Kind, **changes: Any) -> Manifest:
    values: dict[str, Any] = {
        "id": f"2026112{number}T120000Z-0000000{number}", "kind": kind, "client": "six", "reason": "up",
        "domain": "six.example", "world": "live", "taken": f"2026-11-2{number}T12:00:00+00:00", "zone": None,
        "records": 6, "resources": 9, "world_digest": f"w{number}", "plan": "", "client_file": "launched",
        "client_sha256": "", "salt": "", "files": (),
    }  # fmt: skip
    return Manifest(**{**values, **changes})


B, L = Kind.BEFORE, Kind.LAUNCH
NOTHING = manifest(0, B, client_file="none", world_digest="")
FIRST = manifest(1, L, before=NOTHING.id)
FOUND = manifest(2, B, world_digest="w1")
SECOND = manifest(3, L, before=FOUND.id)
LAUNCHED = [NOTHING, FIRST, FOUND, SECOND]
BACK_BEFORE = manifest(4, B, reason="rollback", to=FOUND.id, world_digest="w3")
BACK = manifest(5, L, reason="rollback", to=FOUND.id, before=BACK_BEFORE.id, world_digest="w1")
FAILED = manifest(4, B, world_digest="w3")
FAILED_AGAIN = manifest(5, B, world_digest="half")
DESTROYED = manifest(4, B, reason="destroy", world_digest="w3")


@pytest.mark.parametrize(
    ("found", "digest", "target", "step"),
    [
        (LAUNCHED, "w3", FOUND, True),
        (LAUNCHED, "changed by hand", SECOND, False),
        ([*LAUNCHED, BACK_BEFORE, BACK], "w1", BACK, False),
        ([*LAUNCHED, BACK_BEFORE, BACK], "changed by hand", BACK, False),
        ([*LAUNCHED, BACK_BEFORE], "half", FOUND, False),
        ([*LAUNCHED, FAILED, FAILED_AGAIN], "half", FAILED, True),
        ([*LAUNCHED, DESTROYED], None, DESTROYED, True),
        ([NOTHING, FIRST], "changed by hand", FIRST, False),
        ([NOTHING, FIRST, manifest(2, L, world="edge:1")], "changed by hand", FIRST, False),
    ],
)
def test_the_last_change_is_undone_and_the_same_command_twice_does_it_once(
    found: list[Manifest], digest: str | None, target: Manifest, step: bool
) -> None:
    chosen = choose(found, "live", digest, None)
    assert (chosen.manifest.id, chosen.step) == (target.id, step)


def test_a_snapshot_is_named_by_how_its_id_begins() -> None:
    assert choose(LAUNCHED, "live", "w3", "20261121").manifest is FIRST
    for wrong in ("2026112", "20270101", NOTHING.id):
        with pytest.raises(InputError):
            choose(LAUNCHED, "live", "w3", wrong)
    with pytest.raises(InputError, match="another world"):
        choose(LAUNCHED, "edge:1", "w3", FIRST.id)


@pytest.mark.parametrize("found", [[], [NOTHING], [NOTHING, FIRST]])
def test_without_an_earlier_launch_there_is_nothing_to_go_back_to(found: list[Manifest]) -> None:
    with pytest.raises(InputError):
        choose(found, "live", "w1", None)


def owned(*ids: str) -> Any:
    return state(*({"urn": f"urn:{one}", "type": RECORD, "id": one, "custom": True} for one in ids))


def test_what_no_launch_owns_is_put_back_as_it_was() -> None:
    ours, theirs = record("six.example", "203.0.113.10"), record("_v.six.example", '"theirs"', "TXT")
    added, challenge = (
        record("x.six.example", "203.0.113.9"),
        record("_acme-challenge.six.example", '"c"', "TXT"),
    )
    managed = record("m.six.example", "203.0.113.8", meta={"managed_by_apps": True})
    then = world(ours, theirs)
    rules = {
        "phase": "http_request_firewall_custom",
        "rules": [{"id": "1", "expression": "true", "action": "log"}],
    }
    now = world(ours | {"content": "changed by hand"}, added, challenge, managed,
                settings={"ssl": "off", "rocket_loader": "on"}, rulesets=(rules,))  # fmt: skip
    setting = {"urn": "urn:s", "type": "cloudflare:index/zoneSetting:ZoneSetting", "id": "s",
               "inputs": {"settingId": "ssl"}}  # fmt: skip
    mine = state({"urn": "urn:a", "type": RECORD, "id": ours["id"], "custom": True}, setting)

    found = difference(now, mine, then, mine)

    assert [one["name"] for one in found.remove] == ["x.six.example"]
    assert [one["name"] for one in found.add] == ["_v.six.example"]
    assert "id" not in found.add[0]
    assert (dict(found.settings), dict(found.rulesets)) == ({"rocket_loader": "off"}, {rules["phase"]: []})
    assert difference(then, mine, then, mine).empty
    assert [one["name"] for one in difference(None, state(), then, mine).add] == ["_v.six.example"]


def test_two_zones_are_the_same_when_they_serve_the_same() -> None:
    one = record("six.example", "203.0.113.10", modified_on="2026-11-24T12:00:00Z")
    again = one | {"id": "another", "modified_on": "2026-11-25T12:00:00Z", "comment": None, "tags": []}
    empty = {"phase": "http_request_firewall_custom", "rules": []}
    assert world(one).digest == world(again, rulesets=(empty,), dnssec={"status": "pending"}).digest
    for other in (
        world(one | {"proxied": True}),
        world(one | {"ttl": 60}),
        world(one, one | {"id": "twice"}),
        world(one, settings={"ssl": "off"}),
        world(one, dnssec={"status": "disabled"}),
        world(one, rulesets=({**empty, "rules": [{"expression": "true", "action": "log"}]},)),
        world(one, routes=({"pattern": "x/*", "script": "y"},)),
    ):
        assert world(one).digest != other.digest


def test_a_record_made_again_by_hand_is_taken_away_for_the_launch_to_make_it() -> None:
    ours = record("six.example", "203.0.113.10")
    again = ours | {"id": "another"}
    found = difference(world(again), owned(ours["id"]), world(ours), owned(ours["id"]))
    assert ([one["id"] for one in found.remove], found.add) == (["another"], ())


def sealed_file(under: PassphraseKey, **secrets: str) -> bytes:
    lines = [
        "config:", "  launchready:domain: six.example",
        '  launchready:account: "0a1b2c3d4e5f60718293a4b5c6d7e8f9"',
        '  launchready:hosts: {"@": {address: 203.0.113.10}}',
        "  launchready:environment:", "    variables:",
    ]  # fmt: skip
    lines += [
        f"      {name}: {{secret: {{secure: {under.encrypt(value)}}}}}" for name, value in secrets.items()
    ]
    return "\n".join([*lines, f"encryptionsalt: {under.encryptionsalt}", ""]).encode()


@pytest.mark.parametrize("other_salt", [False, True])
def test_rotated_secrets_keep_todays_value_unless_the_old_ones_are_wanted(
    root: Path, tmp_path: Path, other_salt: bool
) -> None:
    then = sealed_file(key(), KEY="old", GONE="gone")
    now = sealed_file(PassphraseKey.create(PASSPHRASE) if other_salt else key(), KEY="new", ADDED="added")
    sealer = Sealer({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})
    values = {}
    for old in (False, True):
        project = make_project(root, "six", then, now, tmp_path / f"p{old}", sealer, old_secrets=old)
        assert project.rotated == ("launchready:environment.variables.KEY.secret",)
        opened = EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE})
        client = read(project.client_path, secrets=opened).client
        assert client.environment is not None
        assert not isinstance(client.environment, str)
        secrets = {name: one.secret for name, one in client.environment.variables.items()}
        values[old] = {name: one.reveal() for name, one in secrets.items() if one is not None}
        assert sorted(path.name for path in project.directory.iterdir()) == [
            "Pulumi.yaml",
            "__main__.py",
            "stacks",
        ]
    assert values == {False: {"KEY": "new", "GONE": "gone"}, True: {"KEY": "old", "GONE": "gone"}}
    assert make_project(root, "six", then, None, tmp_path / "alone", sealer).rotated == ()


def test_what_this_machine_can_tell_the_verifier(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "six")
    path = tmp_path / "Pulumi.six.yaml"
    path.write_bytes(CLIENT_FILE)
    client = read(path).client
    assert local_evidence(store, client, "live", named=False) is None
    named = local_evidence(store, client, "live", named=True)
    assert named is not None
    assert (named["launch"], named["rehearsed"]) == (None, None)
    made = put(store)
    proof = {"at": "2026-11-24T12:00:00+00:00", "world": "edge:1", "verdict": "ready", "zone_equal": True}
    put(store, reason="rollback", world_name="edge:1", proof=proof)
    known = local_evidence(store, client, "live", named=False)
    assert known is not None
    assert (known["launch"]["id"], known["launch"]["damage"], known["launch"]["same"]) == (made.id, [], True)
    assert known["rehearsed"]["zone_equal"] is True
    path.write_bytes(CLIENT_FILE + b"  launchready:plan: pro\n")
    (tmp_path / "six" / made.id / "zone.bind").unlink()
    known = local_evidence(store, read(path).client, "live", named=False)
    assert known is not None
    assert (known["launch"]["same"], known["launch"]["damage"]) == (False, ["zone.bind is missing"])
