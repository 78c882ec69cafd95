"""``python -m launchready.edge --dir D [--plan P] [--json]``: the edge in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from launchready.edge.api.plans import PLANS
from launchready.edge.process import EdgeOptions, run
from launchready.errors import LaunchreadyError


def _options(arguments: Sequence[str]) -> tuple[EdgeOptions, bool]:
    parser = argparse.ArgumentParser(prog="python -m launchready.edge", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="where edge.json and ca.pem go")
    parser.add_argument("--plan", choices=PLANS, default="free")
    parser.add_argument("--account", help="account id, 32 hexadecimal characters")
    parser.add_argument("--origin", help="URL of the application behind every host")
    parser.add_argument("--registrar", choices=("auto", "manual"), default="auto")
    for part in ("api", "dns", "http", "https", "aws"):
        parser.add_argument(f"--{part}-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--json", action="store_true", help="the whole document on one line")
    given = parser.parse_args(arguments)
    options = EdgeOptions(
        dir=given.dir.resolve(),
        plan=given.plan,
        account=given.account,
        origin_url=given.origin,
        registrar=given.registrar,
        api_port=given.api_port,
        dns_port=given.dns_port,
        http_port=given.http_port,
        https_port=given.https_port,
        aws_port=given.aws_port,
    )
    return options, given.json


def _announce(document: Mapping[str, Any], as_json: bool) -> None:
    shown = document if as_json else {k: v for k, v in document.items() if k != "connect"}
    sys.stdout.write(json.dumps(shown, indent=None if as_json else 1) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """The process's exit code."""
    try:
        options, as_json = _options(arguments)
        asyncio.run(run(options, lambda document: _announce(document, as_json)))
    except LaunchreadyError as exc:
        sys.stderr.write(f"error: {exc}\n")
        return exc.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
