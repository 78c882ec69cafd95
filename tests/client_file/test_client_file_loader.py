"""Loading: every problem at once, named with key and line; one model from the file and from the engine."""

from __future__ import annotations

import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file import find, from_engine, load, read
from launchready.client_file.model import ClientFile, Plan
from launchready.errors import ClientFileError, InputError
from tests.client_file.lint_twins import ID, client_file

FULL = client_file(
    f"""
account: "{ID}"
plan: pro
hosts:
    "@": {{address: 203.0.113.10, proxied: true}}
    WWW: {{redirect: "@"}}
    app: {{cname: acme-app.host.example, ttl: auto}}
records:
  - {{name: Acme.Example., type: mx, content: 10 MX.Host.Example.}}
  - {{name: bücher, type: A, content: 192.0.2.1, ttl: 1h}}
redirects: [{{from: "@/old/*", to: "https://acme.example/new/${{1}}", status: 301}}]
tls: {{min_version: 1.2, hsts: {{max_age: 1y}}, caa: letsencrypt.org}}
email: {{senders: [google], dmarc: {{rua: "mailto:d@acme.example"}}}}
waivers: [{{check: a.b, reason: later, until: 2027-01-31}}]
guard: {{max_delete: 5, destroy: true}}
portal: none
"""
)


def write(directory: Path, text: str, name: str = "acme") -> Path:
    path = directory / f"Pulumi.{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refused(directory: Path, text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        load(write(directory, text))
    assert caught.value.exit_code == 2
    return caught.value


def test_values_arrive_typed_and_names_in_one_form(tmp_path: Path) -> None:
    client = load(write(tmp_path, FULL))
    assert (client.client, client.domain, client.plan, client.account) == (
        "acme",
        "acme.example",
        Plan.PRO,
        ID,
    )
    assert list(client.hosts) == ["@", "www", "app"]
    assert client.hosts["@"].address == ("203.0.113.10",)
    assert client.hosts["app"].ttl == 1
    mx, host = client.records
    assert (mx.name, mx.type, mx.content, mx.priority) == ("@", "MX", "mx.host.example", 10)
    assert (host.name, host.ttl) == ("xn--bcher-kva", 3600)
    assert client.redirects[0].source == "acme.example/old/*"
    assert (client.redirects[0].host, client.redirects[0].pattern) == ("acme.example", "/old/*")
    assert (client.tls.min_version, client.tls.caa) == ("1.2", ("letsencrypt.org",))
    assert client.email.dmarc.rua == ("mailto:d@acme.example",)
    assert client.waivers[0].until == date(2027, 1, 31)
    assert client.portal == "none"


def test_every_problem_is_named_with_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    text = client_file(
        """
plan: fre
hots: {}
hosts:
    www: {redirct: "@"}
    app: {address: {a: b}, proxied: yes}
records: [{name: x, type: A, content: 1.2.3.4, ttl: 5x}, {type: TXT}]
tls: {mode: stric, hsts: {max_age: 1y, includ: 1}}
email: {senders: [google, {name: x, spff: y}]}
waivers: [{check: a, reason: "", until: 2027-02-31}]
client: x
domain: twice.example
"""
    )
    error = refused(tmp_path, text + "launchready:plan: free\nencryptionsal: x\n")
    assert isinstance(error, ClientFileError)
    found = {
        (e.where.line, (e.where.key or "").removeprefix("launchready:")): e for e in error.problems if e.where
    }
    expected = {
        (3, "plan"): "did you mean `free`?",
        (4, "hots"): "did you mean `hosts`?",
        (6, "hosts.www.redirct"): "did you mean `redirect`?",
        (7, "hosts.app.address"): "not a mapping",
        (7, "hosts.app.proxied"): "neither true nor false",
        (8, "records[0].ttl"): "is no duration",
        (8, "records[1].name"): "lacks the key",
        (9, "tls.mode"): "did you mean `strict`?",
        (9, "tls.hsts.includ"): "did you mean `include_subdomains`?",
        (10, "email.senders[1].spff"): "did you mean `spf`?",
        (11, "waivers[0].reason"): "must not be empty",
        (11, "waivers[0].until"): "is no date",
        (12, "client"): "unknown key",
        (13, "domain"): "given twice",
        (14, "plan"): "outside `config:`",
        (15, "encryptionsal"): "did you mean `encryptionsalt`?",
    }
    for place, words in expected.items():
        assert words in str(found[place]), place
        assert str(tmp_path) in str(found[place])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("# nothing\n", "is empty"),
        ("- a\n", "is a list, not a mapping"),
        ("hello\n", "is a string, not a mapping"),
        ("encryptionsalt: x\n", "has no `config:`"),
        ("config:\n", "is empty, not a mapping"),
        ("config: {}\n", "lacks the key 'domain'"),
        ("config: {launchready:domain: 7}\n", "lint"),
        ("config: {launchready:domain: }\n", "must be a string, not empty"),
        ('config: {launchready:domain: "a b"}\n', "is no DNS label"),
        ("config: {launchready:domain: {secure: v1:a:b}}\n", "can't be a secret here"),
    ],
)
def test_a_file_that_says_nothing_is_bad_input(tmp_path: Path, text: str, words: str) -> None:
    if words == "lint":  # a number is a text; that it is no domain is a lint's business
        assert load(write(tmp_path, text)).domain == "7"
        return
    assert words in str(refused(tmp_path, text))


def test_keys_of_other_namespaces_are_pulumis_business(tmp_path: Path) -> None:
    text = client_file("") + "  aws:region: eu-central-1\n  cloudflare:apiToken: {secure: v1:x:y}\n"
    assert load(write(tmp_path, text)).domain == "acme.example"


def test_keys_without_the_namespace_are_taken_too_but_not_twice(tmp_path: Path) -> None:
    assert load(write(tmp_path, "config:\n  domain: acme.example\n")).domain == "acme.example"
    error = refused(tmp_path, "config:\n  domain: a.example\n  launchready:domain: b.example\n")
    assert "twice" in str(error)


def test_positions_survive_normalisation(tmp_path: Path) -> None:
    positions = read(write(tmp_path, FULL)).positions
    assert positions.line("hosts.www.redirect") == 7
    assert positions.line("records[1].content") == 11
    assert positions.line("redirects[0].source") == 12
    assert positions.line("tls.hsts.preload") == 13  # not given: the nearest key above
    assert positions.line("headers") is None
    assert not positions.given("tls.hsts.preload")
    assert not positions.unquoted("account")
    assert positions.unquoted("plan")


def test_twenty_thousand_records_load_in_seconds(tmp_path: Path) -> None:
    rows = (f'  - {{name: h{n}, type: A, content: "192.0.2.1", proxied: true}}' for n in range(20_000))
    path = write(tmp_path, client_file("plan: enterprise\nrecords:\n" + "\n".join(rows)))
    started = time.process_time()
    assert len(load(path).records) == 20_000
    assert time.process_time() - started < 15  # 0.8 s on the machine that it was written on


# --- the engine ---------------------------------------------------------------------------------


def engine_values(text: str, plain: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the engine makes of a file: YAML 1.1 numbers and dates, JSON objects, strings for scalars."""
    import yaml

    config = yaml.safe_load(text)["config"]
    values: dict[str, Any] = {}
    for key, value in config.items():
        decoded = json.loads(json.dumps(value, default=lambda d: f"{d} 00:00:00 +0000 UTC"))
        values[key] = decoded if isinstance(decoded, dict | list) else str(decoded)
    return {**values, **(plain or {})}


def test_the_file_and_the_engine_give_one_model(tmp_path: Path) -> None:
    path = write(tmp_path, FULL)
    values = engine_values(FULL)
    assert values["launchready:waivers"][0]["until"] == "2027-01-31 00:00:00 +0000 UTC"
    assert from_engine(values, path) == load(path)


def test_the_example_is_one_model_both_ways(root: Path) -> None:
    path = root / "stacks" / "Pulumi.example.yaml"
    assert from_engine(engine_values(path.read_text(encoding="utf-8")), path) == load(path)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("launchready:plan", "business", "launchready:plan"),
        ("launchready:guard", {"max_delete": 5, "destroy": False}, "launchready:guard.destroy"),
        ("launchready:guard", {"max_delete": 5}, "launchready:guard"),
        ("launchready:cache", {"static": "1y"}, "launchready:cache"),
        ("launchready:records", [], "launchready:records"),
    ],
)
def test_a_value_that_differs_from_the_file_stops_with_its_name(
    tmp_path: Path, key: str, value: object, named: str
) -> None:
    path = write(tmp_path, FULL)
    with pytest.raises(InputError) as caught:
        from_engine({**engine_values(FULL), key: value}, path)
    assert caught.value.exit_code == 2
    assert named in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_key_that_the_engine_lacks_stops_with_its_name(tmp_path: Path) -> None:
    values = engine_values(FULL)
    del values["launchready:tls"]
    with pytest.raises(InputError, match="launchready:tls"):
        from_engine(values, write(tmp_path, FULL))


def test_secret_leaves_are_the_engines_and_are_not_compared(tmp_path: Path) -> None:
    text = client_file("environment: {variables: {KEY: {secret: {secure: v1:abc:def}}}}")
    path = write(tmp_path, text)
    values = engine_values(text)
    values["launchready:environment"]["variables"]["KEY"]["secret"] = "sk_live_4242"
    client = from_engine(values, path)
    assert client == load(path)
    secret = client.environment.variables["KEY"].secret  # type: ignore[union-attr]
    assert secret is not None
    assert secret.reveal() == "sk_live_4242"
    shown = f"{client!r} {client} {secret} {client.model_dump()} {client.model_dump_json()}"
    assert "sk_live_4242" not in shown
    assert "****" in shown


# --- finding ------------------------------------------------------------------------------------


def test_a_client_is_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    path = write(tmp_path / "stacks", FULL)
    assert find("acme", tmp_path) == path


@pytest.mark.parametrize("name", ["acm", "../acme", "", "acme/../acme", ".", "..", "a\x00b"])
def test_a_client_that_is_not_there_is_bad_input_with_what_exists(tmp_path: Path, name: str) -> None:
    (tmp_path / "stacks").mkdir()
    write(tmp_path / "stacks", FULL)
    with pytest.raises(InputError, match="there is no client") as caught:
        find(name, tmp_path)
    assert "acme" in (caught.value.fix or "")


def test_models_are_immutable(tmp_path: Path) -> None:
    client = load(write(tmp_path, FULL))
    with pytest.raises(Exception, match="frozen"):
        client.domain = "other.example"  # type: ignore[misc]
    assert isinstance(client, ClientFile)
