"""The engine's state after a death: what was under way, and the state with what came of it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from launchready.engine.operations import OperationResult
from launchready.engine.state_file import SIGNATURE, pending_in_file
from launchready.lost_creates import search_for
from launchready.recovery.pending import noted, settled, under_way
from launchready.rehearse.provision import said

RECORD = "cloudflare:index/dnsRecord:DnsRecord"
STACK = "urn:pulumi:acme::launchready::pulumi:pulumi:Stack::launchready-acme"
PROVIDER = "urn:pulumi:acme::launchready::pulumi:providers:cloudflare::default"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:…"}


def urn(name: str) -> str:
    return f"urn:pulumi:acme::launchready::{RECORD}::{name}"


def record(name: str, **more: Any) -> dict[str, Any]:
    return {
        "urn": urn(name), "custom": True, "type": RECORD, "parent": STACK, "provider": f"{PROVIDER}::1",
        "inputs": {"name": name, "type": "A", "content": "192.0.2.1"},
        "dependencies": [urn("zone"), urn("lost")],
        "propertyDependencies": {"zoneId": [urn("zone"), urn("lost")]},
        **more,
    }  # fmt: skip


def deployment(*pending: tuple[str, dict[str, Any]], resources: tuple[dict[str, Any], ...] = ()) -> Any:
    base = [
        {"urn": STACK, "type": "pulumi:pulumi:Stack"},
        {"urn": PROVIDER, "id": "1", "type": "pulumi:providers:cloudflare", "custom": True},
        {"urn": urn("zone"), "id": "z", "type": "zone", "custom": True},
        *resources,
    ]
    return {
        "manifest": {}, "resources": base,
        "pending_operations": [{"type": kind, "resource": one} for kind, one in pending],
    }  # fmt: skip


def test_creates_are_looked_up_and_the_rest_is_read_anew() -> None:
    failed = [
        {"op": "update", "urn": urn("d")},
        {"op": "create", "urn": urn("e"), "type": RECORD, "new": {"type": RECORD, "inputs": {"name": "e"}}},
        {"op": "create", "urn": urn("a"), "type": RECORD, "new": {"type": RECORD, "inputs": {"name": "no"}}},
    ]
    found = under_way(
        deployment(("creating", record("a")), ("updating", record("b")), ("deleting", record("c"))), failed
    )
    assert [making.urn for making in found.makings] == [urn("a"), urn("e")]
    assert found.makings[0].inputs["name"] == "a", "the state knows more than the events"
    assert found.stale == (urn("b"), urn("c"), urn("d"))


def test_a_secret_input_is_not_looked_for() -> None:
    inputs = {"name": "a", "content": SECRET, "data": {"deep": [SECRET]}, "comment": "[secret]"}
    found = under_way(deployment(("creating", record("a", inputs=inputs))), ())
    assert found.makings[0].inputs == {"name": "a"}


def test_what_was_found_comes_in_and_what_never_happened_goes() -> None:
    before = deployment(("creating", record("a")), ("creating", record("b")), ("updating", record("c")))
    kept = copy.deepcopy(before)
    after, adopted = settled(before, {urn("a"): "id-a"})
    assert before == kept, "the state that was given stays as it is"
    assert adopted == [urn("a")]
    assert "pending_operations" not in after
    (made,) = [one for one in after["resources"] if one["urn"] == urn("a")]
    assert (made["id"], made["outputs"]) == ("id-a", made["inputs"])
    assert made["dependencies"] == [urn("zone")], "only what the state has"
    assert made["propertyDependencies"] == {"zoneId": [urn("zone")]}
    assert [one["urn"] for one in after["resources"]].count(urn("b")) == 0


def test_a_replacement_that_was_made_leaves_the_old_one_to_be_deleted() -> None:
    before = deployment(("creating", record("a")), resources=(record("a", id="old"),))
    after, _ = settled(before, {urn("a"): "new"})
    mine = [one for one in after["resources"] if one["urn"] == urn("a")]
    assert [(one["id"], one.get("delete", False)) for one in mine] == [("old", True), ("new", False)]


def test_a_replacement_whose_old_one_went_first_takes_its_place() -> None:
    before = deployment(
        ("creating", record("a")), resources=(record("a", id="old", pendingReplacement=True),)
    )
    after, _ = settled(before, {urn("a"): "new"})
    assert [one["id"] for one in after["resources"] if one["urn"] == urn("a")] == ["new"]


@pytest.mark.parametrize("lacking", [{"parent": "urn:none"}, {"provider": "urn:none::1"}])
def test_what_hangs_on_nothing_is_left_out(lacking: dict[str, str]) -> None:
    after, adopted = settled(deployment(("creating", record("a", **lacking))), {urn("a"): "id-a"})
    assert adopted == []
    assert all(one["urn"] != urn("a") for one in after["resources"])


def test_a_create_that_failed_is_taken_in_like_one_that_never_ended() -> None:
    new = {
        "type": RECORD, "custom": True, "parent": STACK, "provider": f"{PROVIDER}::1", "id": "",
        "inputs": {"name": "a", "content": "[secret]"}, "outputs": {},
    }  # fmt: skip
    failed = [{"op": "create", "urn": urn("a"), "type": RECORD, "new": new}]
    found = under_way(deployment(), failed)
    after, adopted = settled(noted(deployment(), found.makings), {urn("a"): "id-a"})
    assert adopted == [urn("a")]
    (made,) = [one for one in after["resources"] if one["urn"] == urn("a")]
    assert (made["inputs"], made["provider"]) == ({"name": "a"}, f"{PROVIDER}::1")


@pytest.mark.parametrize(
    ("text", "pending"),
    [
        ('{"pending_operations": [{"resource": {}}]}', True),
        ('{"pending_operations": []}', False),
        ('{"resources": [{"content": "a \\"pending_operations\\": [1"}]}', False),
        ("{}", False),
    ],
)
def test_the_state_file_tells_whether_something_is_pending(tmp_path: Any, text: str, pending: bool) -> None:
    place = tmp_path / ".pulumi" / "stacks" / "launchready"
    place.mkdir(parents=True)
    (place / "acme.json").write_text(text)
    assert pending_in_file(f"file://{tmp_path}", "acme") is pending
    assert pending_in_file(f"file://{tmp_path}", "other") is False
    assert pending_in_file("s3://bucket", "acme") is None


def test_a_name_in_another_spelling_is_the_same_zone() -> None:
    search = search_for("/zones", {"name": "Bücher.Example.", "account": {"id": "a"}})
    assert search is not None
    assert search.path == "/zones?name=xn--bcher-kva.example&account.id=a"
    assert search.pick([{"id": "1", "name": "other.example"}, {"id": "2", "name": "xn--bcher-kva.example"}])
    assert search.pick([{"id": "2", "name": "xn--bcher-kva.example"}], taken={"2"}) is None
    assert search_for("/zones/z/purge_cache", {"purge_everything": True}) is None
    assert search_for("/zones", None) is None


def test_an_error_of_a_dynamic_provider_is_told_without_its_stack() -> None:
    trace = (
        "Preview failed: Traceback (most recent call last):\n"
        '  File "/x/pulumi/dynamic/__main__.py", line 84, in wrapper\n'
        "    return fn(self, request, context)\n"
        "           ^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "launchready.errors.ApiError: reading /launchready/acme/X: IncompleteReadError\n"
        "  fix: check AWS_ENDPOINT_URL"
    )
    told = said(
        OperationResult(code=1, errors=[trace, "expected resource operations for a but none were seen"])
    )
    assert told == (
        "Preview failed:\nreading /launchready/acme/X: IncompleteReadError\n  fix: check AWS_ENDPOINT_URL"
    )
    assert "signal 9" in said(OperationResult(code=-9))
