"""Recorded requests replayed in order, with ids mapped, are accepted; a recording of our own first."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from edge_api_kit import ACCOUNT, Answer, Client

OWN = Path(__file__).parent / "plugin_requests.jsonl"
SHARED = Path(__file__).parents[3] / "shared" / "data" / "official-plugin-wire.jsonl"


def load(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines() if line]


async def replay(api: Client, calls: list[dict[str, Any]]) -> AsyncIterator[tuple[dict[str, Any], Answer]]:
    """Sends each recorded request with the ids that this edge gave; yields what it answered."""
    ids = {"a" * 32: ACCOUNT}
    for call in calls:
        text = json.dumps({"path": call["path"], "body": call["request"]})
        for recorded, own in ids.items():
            text = text.replace(recorded, own)
        sent = json.loads(text)
        answer = await api.call(call["method"], sent["path"], sent["body"])
        result = call["result"]
        if call["method"] == "POST" and isinstance(result, dict) and "id" in result and answer.status < 300:
            ids[result["id"]] = answer.document["result"]["id"]
        yield call, answer


async def test_every_recorded_request_is_accepted_and_reads_echo_what_was_sent(pro: Client) -> None:
    sent: dict[str, Any] = {}
    seen = 0
    async for call, answer in replay(pro, load(OWN)):
        assert answer.status < 300, (call["method"], call["path"], answer.text)
        seen += 1
        if call["step"] == "create" and call["method"] == "POST":
            sent[call["result"]["id"]] = call["request"]
        recorded_id = call["path"].rsplit("/", 1)[1]
        if call["step"] == "read" and recorded_id in sent and "dns_records" in call["path"]:
            for key, value in sent[recorded_id].items():
                assert answer.result[key] == value, (key, call["path"])
    assert seen == len(load(OWN))
    assert pro.state.zones == {}, "the recording ends with everything deleted"


@pytest.mark.oracle
@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
async def test_the_official_plugins_recording_is_accepted(pro: Client) -> None:
    count = 0
    async for call, answer in replay(pro, load(SHARED)):
        assert answer.status < 300, (call["method"], call["path"], answer.text)
        count += 1
    assert count == 72
