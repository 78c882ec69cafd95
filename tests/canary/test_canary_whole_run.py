"""A canary in every secret field, a whole run at the highest verbosity, and none of them anywhere in clear.

The schema is walked for secret fields, so that a new one is planted by itself; where the configuration
below has no place for it, the test says so.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from launchready.client_file.secrets import EnvironmentSecrets, PassphraseKey
from launchready.engine import engine_or_reason
from launchready.report import FORMATS
from tests.bad_twins.portals import PORTAL
from tests.canary.canary_kit import Planted, search, secret_fields, watched_processes

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(engine_or_reason()[0] is None, reason="no engine yet: make setup"),
]

WORD = "rehearsal"
VERBOSE = ("-v=9", "--logtostderr", "--logflow")
OPERATIONS = ("preview", "up", "refresh")
BASE: dict[str, Any] = {
    "domain": "acme.example",
    "hosts": {"@": {"address": "203.0.113.10"}, "portal": {"cname": "acme-portal.host.example"}},
    "email": {
        "senders": [{"name": "own", "spf": ["ip4:198.51.100.7"]}],
        "dkim": {"lr1": {"generate": "rsa"}, "lr2": {"generate": "ed25519"}},
    },
    "guard": {"destroy": True},
    "environment": {"variables": {"STRIPE_SECRET_KEY": {"value": ""}, "SESSION_SECRET": {"value": ""}}},
    "monitors": {
        "notify": {"email": ["oncall@acme.example"]},
        "errors": {"namespace": "AWS/ApplicationELB", "metric": "HTTPCode_Target_5XX_Count", "threshold": 10},
    },
    "portal": PORTAL,
}
"""A place for every secret field: what has no default is here, the secrets themselves are planted."""


def planted() -> Planted:
    """BASE with a canary in every secret field of the schema."""
    made = Planted(json.loads(json.dumps(BASE)), PassphraseKey.create(WORD))
    for path in secret_fields():
        assert made.plant(path), f"{'.'.join(path)} is a new secret field: give it a place in BASE"
    assert made.canaries
    return made


@dataclass
class Run:
    """A project, its edge, and everything that they write, below one directory."""

    root: Path
    made: Planted
    edge: dict[str, Any] = field(default_factory=dict)
    count: int = 0

    @property
    def project(self) -> Path:
        return self.root / "project"

    def environment(self, **changes: str) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "CLOUDFLARE_", "AWS_"))}
        own = {
            "TMPDIR": str(self.root / "tmp"),
            "HOME": str(self.root / "home"),
            "LAUNCHREADY_CACHE": str(Path.home() / ".cache" / "launchready"),
            "PULUMI_HOME": str(self.root / "pulumi-home"),
            "PULUMI_DEBUG_COMMANDS": "true",
            "PULUMI_DEBUG_GRPC": str(self.root / "tmp" / "grpc.json"),
        }
        if self.edge:
            from launchready.edge.document import environment

            own |= environment(self.edge)
        return {**clean, **own, **changes}

    def launch(self, *arguments: str, ok: bool = True, **changes: str) -> int:
        """`launch …`; what it says goes to files below the root."""
        self.count += 1
        name = f"{self.count:02}-{arguments[0]}"
        out, err = (self.root / "said" / f"{name}.{kind}" for kind in ("out", "err"))
        with out.open("wb") as stdout, err.open("wb") as stderr:
            done = subprocess.run(
                [sys.executable, "-m", "launchready.cli", *arguments],
                cwd=self.project, env=self.environment(**changes), stdout=stdout, stderr=stderr,
                stdin=subprocess.DEVNULL, timeout=280, check=False,
            )  # fmt: skip
        tail = err.read_text(errors="replace")[-1500:] + out.read_text(errors="replace")[-1500:]
        assert not ok or done.returncode == 0, f"{arguments}: {done.returncode}\n{tail}"
        return done.returncode

    def pulumi(self, *arguments: str, ok: bool = True, **changes: str) -> int:
        debug = ("--debug",) if arguments[0] in OPERATIONS else ()
        return self.launch("pulumi", "--", *arguments, "-s", "acme", *VERBOSE, *debug, ok=ok, **changes)

    def write(self) -> None:
        config = {f"launchready:{key}": value for key, value in self.made.config.items()}
        document = {"config": config, "encryptionsalt": self.made.key.encryptionsalt}
        (self.project / "stacks" / "Pulumi.acme.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def start(run: Run) -> subprocess.Popen[str]:
    log = (run.root / "said" / "edge.err").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "launchready.cli", "edge", "--json", "--dir", str(run.root / "edge")],
        cwd=run.project, env=run.environment(), stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    log.close()
    assert process.stdout is not None
    run.edge = json.loads(process.stdout.readline())
    return process


@pytest.fixture
def run(tmp_path: Path, root: Path) -> Iterator[Run]:
    made = Run(tmp_path / "run", planted())
    for name in ("project/stacks", "said", "tmp", "home", "pulumi-home"):
        (made.root / name).mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy2(root / name, made.project / name)
    manifest = made.project / "Pulumi.yaml"
    manifest.write_text(manifest.read_text().replace("virtualenv: .venv", f"virtualenv: {sys.prefix}"))
    made.write()
    process = start(made)
    yield made
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def client(run: Run, service: str) -> Any:
    return boto3.client(
        service, endpoint_url=run.edge["aws"], region_name="us-east-1",
        aws_access_key_id="edge", aws_secret_access_key="edge",
    )  # fmt: skip


def stored(run: Run) -> dict[str, str]:
    """Every secret that the edge's AWS holds, by name: generated ones too. Of a PEM its longest line."""
    ssm = client(run, "ssm")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path="/", Recursive=True, WithDecryption=True
    )
    return {
        entry["Name"]: max(entry["Value"].splitlines(), key=len)
        for page in pages
        for entry in page["Parameters"]
        if entry["Type"] == "SecureString"
    }


def whole_run(run: Run) -> None:
    """Everything that people do with a launch, and a failure."""
    edge = ("--edge", str(run.root / "edge" / "edge.json"))
    run.launch("pulumi", "--", "stack", "select", "--create", "acme")
    run.pulumi("preview", "--diff", "--show-config")
    run.pulumi("up", "--yes", "--skip-preview")
    run.pulumi("up", "--yes", "--diff", "--show-config", "--event-log", str(run.root / "tmp" / "events"))
    run.launch("pulumi", "--", "up", "--yes", "--skip-preview", "-s", "acme", "-v=9", "--logflow")
    run.pulumi("refresh", "--yes")
    run.pulumi("preview", "--refresh", "--json")
    run.pulumi("stack", "export")
    run.pulumi("stack", "output", "--json")
    run.pulumi("config", "--json")
    run.launch("up", "acme", *edge, "--yes")
    run.launch("env", "diff", "acme", *edge)
    run.launch("env", "diff", "acme", *edge, "--json")
    run.launch("env", "audit", "acme", *edge, "--path", str(run.project / "stacks"))
    run.launch("env", "audit", "acme", *edge, "--json", ok=False)
    evidence = str(run.root / "tmp" / "evidence.json")
    formats = [option for name in FORMATS for option in ("--format", name)]
    reports = ("--output", str(run.root / "reports"), "--save-evidence", evidence)
    run.launch("verify", "acme", *edge, *formats, *reports, ok=False)
    assert len(list((run.root / "reports").iterdir())) == len(FORMATS)
    run.launch("env", "rotate", "acme", "SESSION_SECRET", "--generate", "48", *edge)


def failures(run: Run) -> None:
    """An AWS that refuses, while there is something to write and something to read."""
    for name, variable in run.made.config["environment"]["variables"].items():
        run.made.canaries[f"{name} again"] = new = f"lrc-again-{name}-{os.urandom(8).hex()}"
        variable["secret"] = {"secure": run.made.key.encrypt(new)}
    run.write()
    deaf = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}
    assert run.pulumi("up", "--yes", "--skip-preview", ok=False, **deaf) != 0
    assert run.pulumi("refresh", "--yes", ok=False, **deaf) != 0
    key = client(run, "kms").describe_key(KeyId="alias/launchready/acme")["KeyMetadata"]["KeyId"]
    client(run, "kms").disable_key(KeyId=key)
    assert run.pulumi("up", "--yes", "--skip-preview", ok=False) != 0
    assert run.pulumi("up", "--yes", ok=False, PULUMI_CONFIG_PASSPHRASE="wrong") != 0
    client(run, "kms").enable_key(KeyId=key)


def test_no_secret_is_in_clear_anywhere(run: Run) -> None:
    with watched_processes() as command_lines:
        whole_run(run)
        secrets = stored(run)
        failures(run)
        assert run.launch("edge", "stop", "--dir", str(run.root / "edge")) == 0
    canaries = {**run.made.canaries, **{f"stored {name}": value for name, value in secrets.items()}}
    for name in run.made.config["environment"]["variables"]:
        assert secrets[f"/launchready/acme/{name}"], "the run was a real one"
    assert {f"/launchready/acme/dkim/{selector}" for selector in BASE["email"]["dkim"]} <= set(secrets)
    assert secrets["/launchready/acme/STRIPE_SECRET_KEY"] in run.made.canaries.values()
    assert search(run.root, canaries) == []
    argv = run.root / "said" / "command-lines"
    argv.write_bytes(b"\n".join(command_lines))
    assert any(b"launchready" in line for line in command_lines)
    assert search(argv.parent, canaries) == [], "in a command line"
    _the_search_would_find_them(run, canaries)


def _the_search_would_find_them(run: Run, canaries: dict[str, str]) -> None:
    """The control: the same search over a file in which each of them stands."""
    control = run.root / "control"
    control.mkdir()
    (control / "log").write_text("\n".join(json.dumps({"value": value}) for value in canaries.values()))
    assert {hit.split(" in log:")[0] for hit in search(control, canaries)} == set(canaries)


def test_a_rehearsals_stand_ins_are_in_clear_nowhere_either(tmp_path: Path, root: Path) -> None:
    """`launch rehearse --keep` with secrets of its own making: read back from the kept copy."""
    made = Run(tmp_path / "run", planted())
    for name in ("project/stacks", "said", "tmp", "home", "pulumi-home"):
        (made.root / name).mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy2(root / name, made.project / name)
    made.write()
    made.launch("rehearse", "acme", "--keep", "--json", ok=False)
    document = json.loads((made.root / "said" / "01-rehearse.out").read_text())
    kept = Path(document["edge"]["ca"]).parent
    try:
        assert made.root in kept.parents
        (copy,) = kept.parent.rglob("stacks/Pulumi.acme.yaml")
        canaries = {**made.made.canaries, **_revealed(copy)}
        assert len(canaries) == 2 * len(made.made.canaries)
        made.edge = document["edge"]
        assert stored(made).items(), "the rehearsal stored them"
    finally:
        made.edge = {}
        made.launch("edge", "stop", "--dir", str(kept), ok=False)
    assert search(made.root, canaries) == []


def _revealed(path: Path) -> dict[str, str]:
    """The secrets of a stack file, by key path."""
    from launchready.client_file.secrets import is_secure
    from launchready.client_file.source import read_source
    from launchready.errors import Where

    source = read_source(path)
    reader = EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": WORD})
    found: dict[str, str] = {}

    def walk(value: Any, at: tuple[str, ...]) -> None:
        if is_secure(value):
            plain = reader.reveal(source.encryptionsalt, value["secure"], Where(path))
            found["kept " + ".".join(at)] = plain
        elif isinstance(value, dict):
            for key, one in value.items():
                walk(one, (*at, str(key)))
        elif isinstance(value, list):
            for number, one in enumerate(value):
                walk(one, (*at, str(number)))

    walk(source.values, ())
    return found
