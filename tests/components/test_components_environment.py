"""The application's variables under the SDK's mock monitor: registered, sealed, and what comes out."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import mocks as sdk_mocks
from pulumi.runtime import set_all_config

from components.client_launch import ClientLaunchArgs
from launchready.client_file import read_engine
from launchready.client_file.base import Secret
from launchready.client_file.sealed import PREFIX, Sealer, opened
from launchready.client_file.secrets import PassphraseKey
from launchready.declared import declare
from tests.components import test_components_launch as kit
from tests.components.test_components_launch import HOSTS, launch

PLAIN = "sk_live_canary_4242"
DYNAMIC = "pulumi-python:dynamic/launchready"
ACCOUNT = "123456789012"


class Aws(kit.Provider):
    """Answers as the dynamic provider would after it asked AWS."""

    def new_resource(self, args: sdk_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        id_, outputs = super().new_resource(args)
        if self.preview or not args.typ.startswith(DYNAMIC):
            return id_, outputs
        name = outputs.get("name")
        arns = {
            "Key": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k-1",
            "Parameter": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter{name}",
            "StoredSecret": f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:{name}-AbCdEf",
        }
        kind = args.typ.rpartition(":")[2]
        found = (
            {"arn": arns[kind], "key_arn": arns["Key"] if outputs.get("key_id") else None}
            if kind in arns
            else {}
        )
        return id_, {**outputs, **found}


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "Provider", Aws)


def variables(**more: Any) -> dict[str, Any]:
    secret = Secret("v1:AAAA:BBBB", partial(str, PLAIN))
    return {
        "variables": {
            "STRIPE": {"secret": secret},
            "API_URL": {"value": "https://x.example", "scope": "browser"},
        },
        **more,
    }


def test_variables_are_kept_under_the_clients_own_key_with_a_policy_for_its_own_path() -> None:
    found = launch(hosts=HOSTS, environment=variables())
    key = found.inputs(f"{DYNAMIC}:Key", "environment key")
    assert (key["alias"], key["tags"]) == ("alias/launchready/acme", {"launchready:client": "acme"})
    stripe = found.inputs(f"{DYNAMIC}:Parameter", "variable STRIPE")
    assert (stripe["name"], stripe["key_id"]) == (
        "/launchready/acme/STRIPE",
        f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k-1",
    )
    assert found.inputs(f"{DYNAMIC}:Parameter", "variable API_URL").get("key_id") is None
    assert found.outputs["environment_arns"] == {
        "STRIPE": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/launchready/acme/STRIPE",
        "API_URL": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/launchready/acme/API_URL",
    }
    policy = json.loads(found.outputs["environment_policy"])
    path = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/launchready/acme"
    assert [s["Resource"] for s in policy["Statement"]] == [
        [path, f"{path}/*"], [f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k-1"],
    ]  # fmt: skip


def test_secrets_manager_keeps_secrets_and_plain_values_stay_parameters() -> None:
    found = launch(hosts=HOSTS, environment=variables(target="secretsmanager", kms="aws"))
    assert found.names(f"{DYNAMIC}:StoredSecret") == ["variable STRIPE"]
    assert found.names(f"{DYNAMIC}:Parameter") == ["variable API_URL"]
    assert found.names(f"{DYNAMIC}:Key") == []
    stripe = found.inputs(f"{DYNAMIC}:StoredSecret", "variable STRIPE")
    assert stripe["key_id"] == "alias/aws/secretsmanager"


def test_without_a_secret_no_key_is_made() -> None:
    environment = {"variables": {"A": {"value": "x"}}}
    found = launch(hosts=HOSTS, environment=environment)
    assert found.names(f"{DYNAMIC}:Key") == []
    assert len(json.loads(found.outputs["environment_policy"])["Statement"]) == 1
    for nothing in ("none", {"variables": {}}):
        assert "environment_arns" not in launch(hosts=HOSTS, environment=nothing).outputs


def test_a_secret_is_an_engine_secret_and_crosses_as_ciphertext(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = PassphraseKey.create("word")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "word")
    path = tmp_path / "Pulumi.acme.yaml"
    path.write_text(
        "config:\n  launchready:domain: acme.example\n  launchready:environment:\n    variables:\n"
        f"      STRIPE: {{secret: {{secure: '{key.encrypt(PLAIN)}'}}}}\n"
        f"encryptionsalt: {key.encryptionsalt}\n"
    )
    values = {"domain": "acme.example", "environment": {"variables": {"STRIPE": {"secret": PLAIN}}}}
    client = read_engine(values, path).client
    args = ClientLaunchArgs(declare(client), kit.ACCOUNT, sealer=Sealer(path))
    found = launch(args=args)
    every = "".join(str(request) for request in found.requests.values())
    assert PLAIN not in every
    request = found.requests[f"{DYNAMIC}:Parameter", "variable STRIPE"]
    sent = request.object["value"]
    assert sent["4dabf18193072939515e22adb298388d"] == "1b47061264138c4ac30d75fd1eb44270", (
        "a secret of the engine's"
    )
    assert sent["value"].startswith(PREFIX)
    assert opened(sent["value"]) == PLAIN


def test_without_a_passphrase_in_the_environment_the_engines_own_secret_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    secret = Secret("v1:AAAA:BBBB", partial(str, PLAIN))
    assert Sealer(tmp_path / "nothing.yaml")(secret) == PLAIN
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "word")
    assert Sealer(tmp_path / "nothing.yaml")(secret) == PLAIN, "no file, no salt"


def test_the_dynamic_provider_gets_no_configuration_of_the_clients() -> None:
    set_all_config({"launchready:environment": PLAIN, "cloudflare:baseUrl": "http://127.0.0.1:1"})
    try:
        found = launch(hosts=HOSTS)
    finally:
        set_all_config({})
    given = found.inputs("pulumi:providers:pulumi-python", "dynamic")
    assert given == {"cloudflare:baseUrl": "http://127.0.0.1:1"}
    memory = found.requests[f"{DYNAMIC}:SettingsMemory", "settings"]
    assert "dynamic" in memory.provider
