"""`launch verify` beside the tools that each do a part of it, on the same local edge in the same run.

    .venv/bin/python benchmarks/bench_verify.py [--runs 3] [--edge EDGE_JSON] [--no-install]

The client is rehearsed first (the real Pulumi program on a local edge), unless a kept edge is given. Then
each tool runs from its process's start to its end: checkdmarc (mail), the MDN observatory's npm package (the
headers of one host) and sslyze (TLS of one host). The last two live in environments of their own below the
cache, and are installed there when their registry is reached; what can't be had is left out, with the reason.
The best of the runs counts. Memory is the sum over a process and its children, looked at every 10 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launchready.engine.cache import cache_directory

ROOT = Path(__file__).resolve().parents[1]
LAUNCH = (sys.executable, "-m", "launchready.cli")
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "rehearsal"}
"""The example's, which is public."""
INSTALL_SECONDS, RUN_SECONDS = 600.0, 300.0
PACKAGE = "@mdn/mdn-http-observatory"
AIM_SECONDS, AIM_MB = 2.0, 150.0

CHECKDMARC = """
import json, sys
import checkdmarc, dns.resolver
host, port, domain = sys.argv[1:]
resolver = dns.resolver.Resolver(configure=False)
resolver.nameservers, resolver.port = [host], int(port)
found = checkdmarc.check_domains([domain], skip_tls=True, resolver=resolver)
print(json.dumps(found, default=str)[:200])
"""
ROUTES = """
// Every name is on this machine, at the port where the edge has it.
const net = require("net"), dns = require("dns");
const map = JSON.parse(process.env.LAUNCHREADY_CONNECT);
const lookup = (host, options, callback) => {
  const done = typeof options === "function" ? options : callback;
  process.nextTick(() => options && options.all
    ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4));
};
dns.lookup = lookup;
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const first = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (first && typeof first === "object" && first.port) {
    const place = map[`${first.host}:${first.port}`];
    if (!place) throw new Error(`the edge has no ${first.host}:${first.port}`);
    first.port = Number(place.split(":").pop());
    first.lookup = lookup;
  }
  return connect.apply(this, given);
};
"""


@dataclass(frozen=True)
class Measured:
    """``seconds`` from start to exit, ``mb`` at the highest, children included."""

    seconds: float
    mb: float
    status: int
    output: str


@dataclass(frozen=True)
class Tool:
    """A command, or the reason why there is none. ``covers``: what it looks at."""

    name: str
    covers: str
    command: Sequence[str] = ()
    environment: Mapping[str, str] | None = None
    missing: str = ""
    good: tuple[int, ...] = (0,)


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def measured(command: Sequence[str], environment: Mapping[str, str], cwd: Path = ROOT) -> Measured:
    """One run. Raises subprocess.TimeoutExpired."""
    began = time.monotonic()
    with subprocess.Popen(
        command, cwd=cwd, env={**compiled(), **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        highest, output = 0.0, ""
        while True:
            try:
                output, _ = process.communicate(timeout=0.01)
                break
            except subprocess.TimeoutExpired:
                highest = max(highest, memory(process.pid))
                if time.monotonic() - began > RUN_SECONDS:
                    process.kill()
                    raise
    return Measured(time.monotonic() - began, highest, process.returncode, output)


def compiled() -> dict[str, str]:
    """This environment, and bytecode that is kept, as installed programs have it: ours beside the cache."""
    kept = {"PYTHONPYCACHEPREFIX": str(cache_directory() / "bench" / "bytecode")}
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}, **kept}


def memory(pid: int) -> float:
    """Resident MB of a process and all below it, shared pages counted once for each."""
    kilobytes = 0
    for one in tree(pid):
        try:
            status = Path(f"/proc/{one}/status").read_text()
        except OSError:
            continue
        kilobytes += next((int(line.split()[1]) for line in status.splitlines() if line[:6] == "VmRSS:"), 0)
    return kilobytes / 1024


def tree(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    try:
        children = [Path(f"/proc/{pid}/task/{task}/children") for task in os.listdir(f"/proc/{pid}/task")]
        below = " ".join(path.read_text() for path in children)
    except OSError:
        return
    for child in below.split():
        yield from tree(int(child))


@contextmanager
def rehearsed(client: str, edge: Path | None) -> Iterator[dict[str, Any]]:
    """The edge document of a launch: of a kept edge, or of a rehearsal that ends with the benchmark."""
    if edge is not None:
        yield json.loads(edge.read_text())
        return
    say(f"rehearsing {client}")
    command = [*LAUNCH, "rehearse", client, "--keep", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **PASSPHRASE}, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1, 3) or not done.stdout:
        raise SystemExit(f"the rehearsal failed:\n{done.stderr[-2000:]}")
    document = json.loads(done.stdout)["edge"]
    try:
        yield document
    finally:
        directory = Path(document["ca"]).parent
        subprocess.run(
            [*LAUNCH, "edge", "stop", "--dir", str(directory)], cwd=ROOT, check=False, capture_output=True
        )
        shutil.rmtree(directory.parent, ignore_errors=True)  # the rehearsal's own, kept for us alone


# --- the peers -----------------------------------------------------------------------------------


def checkdmarc(document: Mapping[str, Any], domain: str) -> Tool:
    host, _, port = str(document["resolver"]).rpartition(":")
    command = (sys.executable, "-c", CHECKDMARC, host, port, domain)
    return Tool("checkdmarc", "mail records of the domain", command)


def observatory(document: Mapping[str, Any], domain: str, *, install: bool) -> Tool:
    name, covers = "MDN HTTP Observatory", f"headers of {domain}"
    place = cache_directory() / "bench" / "observatory"
    package = place / "node_modules" / Path(PACKAGE)
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return Tool(name, covers, missing="there is no Node here")
    if not (package / "src" / "scan.js").exists():
        # its own script would fetch lists from elsewhere
        reason = installed(
            ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", PACKAGE], place
        ) if install else "not installed (--no-install)"  # fmt: skip
        if reason:
            return Tool(name, covers, missing=reason)
    (package / "conf").mkdir(exist_ok=True)
    for listed in ("hsts-preload.json", "tld-list.json"):  # the client is on none of them
        if not (package / "conf" / listed).exists():
            (package / "conf" / listed).write_text("{}")
    routes = place / "routes.cjs"
    routes.write_text(ROUTES)
    environment = {
        "NODE_EXTRA_CA_CERTS": str(document["ca"]), "LAUNCHREADY_CONNECT": json.dumps(document["connect"]),
    }  # fmt: skip
    return Tool(name, covers, (node, "--require", str(routes), "src/scan.js", domain), environment)


def sslyze(document: Mapping[str, Any], domain: str, *, install: bool) -> Tool:
    name, covers = "sslyze", f"TLS of {domain}"
    place = cache_directory() / "bench" / "sslyze"
    python = place / "bin" / "python"
    if not (place / "bin" / "sslyze").exists():
        reason = "not installed (--no-install)"
        if install:
            place.mkdir(parents=True, exist_ok=True)
            reason = installed([sys.executable, "-m", "venv", str(place)], place) or installed(
                [str(python), "-m", "pip", "install", "-q", "sslyze"], place
            )
        if reason:
            return Tool(name, covers, missing=reason)
    host, _, port = str(document["https"]).rpartition(":")
    ca = ("--certinfo_ca_file", str(document["ca"]))
    command = (str(python), "-m", "sslyze", "--mozilla_config", "disable", *ca, f"{domain}:{port}{{{host}}}")
    return Tool(name, covers, command)


def installed(command: Sequence[str], place: Path) -> str:
    """ "", or why it could not be."""
    place.mkdir(parents=True, exist_ok=True)
    say(f"installing: {' '.join(command[:4])} …")
    try:
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"could not be installed in {INSTALL_SECONDS:g} s"
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no reason given"]
        return f"could not be installed: {last[0][:120]}"
    return ""


# --- the comparison ------------------------------------------------------------------------------


def best(tool: Tool, runs: int) -> Measured | str:
    """The quickest run, or what went wrong."""
    if tool.missing:
        return tool.missing
    found: list[Measured] = []
    cwd = ROOT
    if tool.name == "MDN HTTP Observatory":
        cwd = cache_directory() / "bench" / "observatory" / "node_modules" / Path(PACKAGE)
    for _ in range(runs + 1):  # the first one writes bytecode and fills the file system's cache
        try:
            one = measured(tool.command, {**PASSPHRASE, **(tool.environment or {})}, cwd)
        except subprocess.TimeoutExpired:
            return f"took longer than {RUN_SECONDS:g} s"
        if one.status not in tool.good or not one.output.strip():
            return f"exit status {one.status}: {one.output[:160]}"
        found.append(one)
    return Measured(
        min(one.seconds for one in found), max(one.mb for one in found), found[0].status, found[0].output
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--client", default="example")
    parser.add_argument("--edge", type=Path, help="edge.json of an edge that was kept")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-install", action="store_true", help="use only what is installed")
    options = parser.parse_args()
    with rehearsed(options.client, options.edge) as document:
        edge = str(Path(document["ca"]).parent / "edge.json")
        verify = (*LAUNCH, "verify", options.client, "--edge", edge, "--json")
        quick = Tool(
            "launch verify --quick",
            "all rows that only look, every host",
            (*verify, "--quick"),
            good=(0, 1, 3),
        )
        whole = Tool("launch verify", "all rows, every host, the portal's scenarios", verify, good=(0, 1, 3))
        ours, all_of_it = best(quick, options.runs), best(whole, 0)
        domain = json.loads(ours.output)["domain"] if isinstance(ours, Measured) else ""
        peers = [
            checkdmarc(document, domain),
            observatory(document, domain, install=not options.no_install),
            sslyze(document, domain, install=not options.no_install),
        ]
        results = [(quick, ours), (whole, all_of_it), *((tool, best(tool, options.runs)) for tool in peers)]
    table(results)
    return 0 if isinstance(ours, Measured) else 1


def table(results: Sequence[tuple[Tool, Measured | str]]) -> None:
    """What was measured, and the ratio to the first line."""
    first = results[0][1]
    print(f"{'':24} {'seconds':>8} {'MB':>6} {'ratio':>7}  looks at")
    together = 0.0
    for number, (tool, found) in enumerate(results):
        if isinstance(found, str):
            print(f"{tool.name:24} left out: {found}")
            continue
        ratio = found.seconds / first.seconds if isinstance(first, Measured) else float("nan")
        together += found.seconds if number > 1 else 0.0
        print(f"{tool.name:24} {found.seconds:8.2f} {found.mb:6.0f} {ratio:6.1f}x  {tool.covers}")
    if isinstance(first, Measured):
        print(f"{'the peers together':24} {together:8.2f} {'':6} {together / first.seconds:6.1f}x")
        findings = json.loads(first.output)["findings"]
        checks = len({finding["check"] for finding in findings})
        print(f"\n{len(findings)} findings of {checks} checks; aims: {AIM_SECONDS:g} s, {AIM_MB:g} MB")


if __name__ == "__main__":
    sys.exit(main())
