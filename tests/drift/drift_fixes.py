"""Carrying out what a fix says, in this process: the same commands, read from the same text."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from typing import Any

import botocore
import yaml

from launchready.aws import reader
from launchready.client_file.dns_model import RecordEntry
from launchready.edge.world import registrar
from tests.drift.drift_kit import Launched

_ADOPT = re.compile(r"add to launchready:records in \S+:  - (\{.*\})\nthen: (.*)\nor delete it: (.*)")
_PROSE = re.compile(r"^[^:;\"]*: (?=curl |launch |eval |aws )")
"""When to do it, before what to do."""
_BASE = re.compile(r"\$\{CLOUDFLARE_BASE_URL:-[^}]*\}")


async def carry_out(launched: Launched, fix: str, *, adopt: bool = False) -> None:
    """Do what the fix says; of two ways the first one, ``adopt``: a record's declaration.

    Raises AssertionError for a fix that is no command: a person has to do it.
    """
    match = _ADOPT.fullmatch(fix)
    if match is None:
        first = fix.split("\n")[0]
        await _commands(launched, _PROSE.sub("", first))
    elif adopt:
        entry = RecordEntry.model_validate(yaml.safe_load(match[1]))
        launched.relaunch(records=(*launched.client.records, entry))
        await _commands(launched, match[2])
    else:
        await _commands(launched, match[3])


async def _commands(launched: Launched, text: str) -> None:
    words = shlex.split(text)
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        await _command(launched, words[:end])
        words = words[end + 1 :]


async def _command(launched: Launched, words: list[str]) -> None:
    match words:
        case ["eval", _]:
            return
        case ["launch", "up", "acme", *options]:
            assert set(options) <= {"--refresh", "--edge", str(launched.edge.options.dir / "edge.json")}
            await launched.up()
        case ["launch", "pulumi", "--", "refresh", "--yes", "-s", "acme"]:
            await launched.stack.refresh()
        case ["launch", "pulumi", "--", "import", token, name, place, "--parent", parent, *_]:
            await launched.stack.take_in(token, name, place, parent.partition("=")[2])
        case ["launch", "edge", "registrar", "set-ns", domain, *names]:
            registrar.set_ns(launched.edge.state, domain, names[: names.index("--dir")])
        case ["launch", "edge", "registrar", "set-ds", domain, ds, "--dir", _]:
            registrar.set_ds(launched.edge.state, domain, [] if ds == "none" else [ds])
        case ["curl", "-fsS", "-X", method, "-H", "Authorization: Bearer $CLOUDFLARE_API_TOKEN", *rest]:
            body = json.loads(rest[rest.index("--data") + 1]) if "--data" in rest else None
            await launched.call(method, "/" + _BASE.sub("", rest[-1]), body)
        case ["aws", service, operation, *options]:
            await _aws(launched, service, operation, options)
        case _:
            raise AssertionError(f"no command: {shlex.join(words)}")


async def _aws(launched: Launched, service: str, operation: str, options: list[str]) -> None:
    """An `aws` command by the model that the command line itself is made of."""
    given = dict(zip(options[::2], options[1::2], strict=True))
    region = given.pop("--region")

    def run() -> Any:
        client = reader.client(service, region, launched.edge.aws.url, 30.0)
        method = operation.replace("-", "_")
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
        members = {f"--{botocore.xform_name(name, '-')}": name for name in shape.input_shape.members}
        arguments = {}
        for option, value in given.items():
            kind = shape.input_shape.members[members[option]].type_name
            arguments[members[option]] = [value] if kind == "list" else value
        return getattr(client, method)(**arguments)

    await asyncio.to_thread(run)
