"""A launch of a zone that was there before it: what is left after `launch destroy` is what was found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from launchready.engine import engine_or_reason
from tests.rehearse.test_rehearse_example import environment, launch, project

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]
__all__ = ["project"]

UNUSUAL: dict[str, Any] = {
    "ssl": "full",
    "min_tls_version": "1.1",
    "tls_1_3": "off",
    "always_use_https": "off",
    "automatic_https_rewrites": "off",
    "browser_cache_ttl": 3600,
    "security_header": {
        "strict_transport_security": {
            "enabled": True, "max_age": 300, "include_subdomains": False, "preload": False, "nosniff": False,
        }
    },
}  # fmt: skip
"""Settings that a launch changes, at values that neither Cloudflare nor the example has."""


@pytest.fixture
def edge(project: Path) -> Iterator[dict[str, Any]]:
    directory = project.parent / "edge"
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "edge", "--json", "--dir", str(directory)],
        cwd=project, env=environment(project), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    document: dict[str, Any] = json.loads(process.stdout.readline())
    yield document | {"file": str(directory / "edge.json")}
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0


def existing_zone(api: httpx.Client, account: str) -> str:
    """A zone with settings and a record of its own, signed, with universal SSL off."""
    zone = api.post("/zones", json={"name": "acme.example", "account": {"id": account}, "type": "full"})
    zone_id = str(zone.json()["result"]["id"])
    for setting, value in UNUSUAL.items():
        api.patch(f"/zones/{zone_id}/settings/{setting}", json={"value": value}).raise_for_status()
    api.patch(f"/zones/{zone_id}/ssl/universal/settings", json={"enabled": False}).raise_for_status()
    record = {"type": "TXT", "name": "kept.acme.example", "content": '"was here before"', "ttl": 3600}
    api.post(f"/zones/{zone_id}/dns_records", json=record).raise_for_status()
    return zone_id


def whole(api: httpx.Client, zone_id: str) -> dict[str, Any]:
    """Everything of a zone that a launch may touch, times of changes aside."""
    found = {}
    for path in (
        "settings", "dnssec", "ssl/universal/settings", "dns_records", "rulesets", "healthchecks",
        "cache/tiered_cache_smart_topology_enable",
    ):  # fmt: skip
        answer = api.get(f"/zones/{zone_id}/{path}", params={"per_page": 500} if "records" in path else {})
        assert answer.status_code == 200, (path, answer.text)
        found[path] = _timeless(answer.json()["result"])
    return found


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _timeless(v) for k, v in value.items() if k not in ("modified_on", "time_remaining")}
    return [_timeless(one) for one in value] if isinstance(value, list) else value


def test_destroy_leaves_an_adopted_zone_as_it_was_found(project: Path, edge: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {edge['token']}"}
    with httpx.Client(base_url=str(edge["api"]), headers=headers, timeout=10) as api:
        zone_id = existing_zone(api, str(edge["account"]))
        config = project / "stacks" / "Pulumi.example.yaml"
        lines = config.read_text().replace(
            '# launchready:zone: {id: "…"}', f'launchready:zone: {{id: "{zone_id}"}}  #'
        )
        config.write_text(lines)
        assert yaml.safe_load(lines)["config"]["launchready:zone"] == {"id": zone_id}
        before = whole(api, zone_id)

        up = launch(project, "up", "example", "--edge", edge["file"], "--yes")

        assert up.returncode == 0, up.stdout + up.stderr
        during = whole(api, zone_id)
        assert all(during[path] != before[path] for path in ("settings", "dns_records", "rulesets"))
        settings = {one["id"]: one["value"] for one in during["settings"]}
        assert (settings["ssl"], settings["min_tls_version"]) == ("strict", "1.2")

        refused = launch(project, "destroy", "example", "--edge", edge["file"], "--yes")
        assert refused.returncode == 3
        assert "--allow-loss acme.example" in refused.stderr
        assert whole(api, zone_id) == during
        named = ("--yes", "--allow-loss", "acme.example")
        down = launch(project, "destroy", "example", "--edge", edge["file"], *named)

        assert down.returncode == 0, down.stdout + down.stderr
        assert "the zone acme.example stays" in down.stdout
        assert whole(api, zone_id) == before
        again = launch(project, "destroy", "example", "--edge", edge["file"], "--yes")
        assert again.returncode == 0, again.stderr
        assert "taken down: nothing" in again.stdout
        assert whole(api, zone_id) == before
