"""What the engine does in `pulumi up --refresh`, in this process: the true program over the true providers.

The program runs under the SDK's mock monitor; each registration is read, compared, created or changed by the
Cloudflare plugin's own kinds and by ``launchready.aws``, directly against the edge. The result is a state in
the form of `pulumi stack export`. A test holds it against what the real engine writes.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.dynamic import dynamic as sdk_dynamic
from pulumi.runtime import mocks as sdk_mocks
from pulumi.runtime import rpc

from components.client_launch import ClientLaunch, ClientLaunchArgs
from launchready.client_file.model import ClientFile
from launchready.client_file.sealed import Sealer
from launchready.declared import declare
from launchready.edge.api import catalogue
from launchready.edge.api.envelope import RefusalError
from launchready.edge.api.registrar import refresh as follow_registrar
from launchready.edge.api.router import Call as EdgeCall
from launchready.edge.process import Edge
from launchready.engine.cloudflare_plugin.api import ApiCallError, Call
from launchready.engine.cloudflare_plugin.kinds import KINDS as CLOUDFLARE

STACK = "acme"
_THREADS = ThreadPoolExecutor(32, thread_name_prefix="drift-stack")
"""Of our own: the edge's AWS, which these wait for, is started in the loop's."""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_DYNAMIC = "pulumi-python:dynamic/launchready:"
_MODULES = {
    "HealthCheck": "monitoring.health_check", "Alarm": "monitoring.alarm", "Topic": "monitoring.topic",
    "Subscription": "monitoring.subscription", "Connection": "monitoring.connection",
    "ApiDestination": "monitoring.api_destination", "Role": "monitoring.role", "Rule": "monitoring.rule",
    "Key": "resources.key", "Parameter": "resources.parameter", "StoredSecret": "resources.stored_secret",
    "DkimKey": "dkim_key", "SesIdentity": "ses_identity",
}  # fmt: skip


class EdgeApi:
    """The plugin's API without the network: the edge's own handlers, in the edge's own process."""

    token = ""
    quiet = False
    """Who watches the edge is told later: a big zone is worked through at each change."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge
        self.zone_names: dict[str, str] = {}

    async def result(self, call: Call, made: Any = None) -> Any:
        return (await self._reply(call)).result

    async def text(self, call: Call) -> str:
        return (await self._reply(call)).body().decode()

    async def _reply(self, call: Call) -> Any:
        state = self._edge.state
        body: Any = dict(call.body) if call.body is not None else None
        if call.form:
            body = {part.name: part.text for part in call.form}
        query = {key: str(value) for key, value in (call.query or {}).items()}
        try:
            handler, params = catalogue.ROUTES.find(call.method, call.path)
            answered = handler(
                EdgeCall(state, call.method, call.path, query, body, params, self._edge.https.workers)
            )
            reply = await answered if inspect.isawaitable(answered) else answered
        except RefusalError as refusal:
            codes = [error["code"] for error in refusal.errors]
            raise ApiCallError(str(refusal), status=refusal.status, codes=codes) from None
        if call.method != "GET" and not self.quiet:
            state.changed()
            for zone in state.zones.values():
                if zone.extra.pop("unsettled", False) and follow_registrar(state, zone):
                    state.changed()
        return reply


@dataclass
class Held:
    """One resource of the state."""

    urn: str
    type: str
    name: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    parent: str


@contextmanager
def aws_environment(edge: Edge) -> Iterator[None]:
    """The process's environment leads to the edge's AWS."""
    given = {
        "AWS_ENDPOINT_URL": edge.aws.url,
        "AWS_ACCESS_KEY_ID": "edge",
        "AWS_SECRET_ACCESS_KEY": "edge",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _unpickled() -> Iterator[None]:
    """Dynamic providers are not pickled: nothing reads it here, and the SDK's pickler wraps itself once
    more at each call, until it runs out of stack."""
    before = sdk_dynamic.serialize_provider
    sdk_dynamic.serialize_provider = lambda _: ""
    try:
        yield
    finally:
        sdk_dynamic.serialize_provider = before


@dataclass
class Stack:
    """A stack whose state is in memory. ``up`` is `pulumi up --refresh`."""

    edge: Edge
    client: ClientFile
    held: dict[str, Held] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    parents: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def up(self) -> None:
        """Make the edge what the client file says, as the engine would."""
        self.seen, self.writes = [], []
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(_THREADS, self._program, loop)
        for urn in [urn for urn in reversed(self.held) if urn not in self.seen]:
            await self._delete(self.held.pop(urn))

    def _program(self, loop: asyncio.AbstractEventLoop) -> None:
        own = asyncio.new_event_loop()
        asyncio.set_event_loop(own)
        monitor = _Monitor(self, loop)
        sdk_mocks.set_mocks(monitor.mocks, project="launchready", stack=STACK, preview=False, monitor=monitor)
        args = ClientLaunchArgs(
            declare(self.client), self.edge.state.account_id, True, Sealer(self.client.path)
        )

        @pulumi.runtime.test
        def run() -> Any:
            made = ClientLaunch(STACK, args).outputs
            return pulumi.Output.all(**made).apply(self.outputs.update)

        try:
            with aws_environment(self.edge), _unpickled():
                run()
        finally:
            own.close()
            asyncio.set_event_loop(None)

    def rename(self, urn: str, aliases: list[str]) -> None:
        """What was held under another name is this resource."""
        before = next((alias for alias in aliases if alias in self.held), None)
        if urn not in self.held and before is not None and before not in self.seen:
            self.held[urn] = self.held.pop(before)

    async def register(self, urn: str, parent: str, kind: str, name: str, inputs: dict[str, Any]) -> Held:
        """Create, or read and change: what is compared is what is live, as after a refresh."""
        self.seen.append(urn)
        before = self.held.get(urn)
        if kind in CLOUDFLARE:
            held = await self._cloudflare(urn, parent, kind, name, inputs, before)
        elif kind == f"{_DYNAMIC}SettingsMemory":
            outputs = before.outputs if before is not None else {**inputs, "found": {}}
            held = Held(urn, kind, name, f"{inputs['zone_id']}/settings", inputs, outputs, parent)
        else:
            loop = asyncio.get_running_loop()
            held = await loop.run_in_executor(_THREADS, self._aws, urn, parent, kind, name, inputs, before)
        self.held[urn] = held
        return held

    async def _cloudflare(
        self, urn: str, parent: str, token: str, name: str, inputs: dict[str, Any], before: Held | None
    ) -> Held:
        kind, api = CLOUDFLARE[token], EdgeApi(self.edge)
        live = await kind.read(api, before.id, before.outputs, before.inputs) if before is not None else None
        if before is not None and live is not None:
            difference = kind.diff(live.inputs, live.outputs, inputs)
            if not difference.parts:
                return Held(urn, token, name, before.id, inputs, live.outputs, parent)
            self.writes.append(f"{name}: {[part[0] for part in difference.parts]}")
            if not any(part[2] for part in difference.parts):
                outputs = await kind.update(api, before.id, live.inputs, live.outputs, inputs)
                return Held(urn, token, name, before.id, inputs, outputs, parent)
            await kind.delete(api, before.id, live.outputs)
        else:
            self.writes.append(f"{name}: created")
        id_, outputs = await kind.create(api, inputs)
        return Held(urn, token, name, id_, inputs, outputs, parent)

    def _aws(
        self, urn: str, parent: str, token: str, name: str, inputs: dict[str, Any], before: Held | None
    ) -> Held:
        module = importlib.import_module(f"launchready.aws.{_MODULES[token.removeprefix(_DYNAMIC)]}")
        live = module.read(before.id, before.outputs) if before is not None else None
        if before is not None and live is not None:
            id_, found = live
            changed, replaces, _ = module.diff(id_, found, inputs)
            if not changed:
                return Held(urn, token, name, id_, inputs, found, parent)
            self.writes.append(f"{name}: changed")
            if not replaces:
                return Held(urn, token, name, id_, inputs, module.update(id_, found, inputs), parent)
            module.delete(id_, found)
        else:
            self.writes.append(f"{name}: created")
        id_, outputs = module.create(inputs)
        return Held(urn, token, name, id_, inputs, outputs, parent)

    async def refresh(self) -> None:
        """`pulumi refresh`: the state sees what is live."""
        for urn, held in list(self.held.items()):
            if held.type.endswith("SettingsMemory"):
                continue
            if held.type in CLOUDFLARE:
                live = await CLOUDFLARE[held.type].read(
                    EdgeApi(self.edge), held.id, held.outputs, held.inputs
                )
                found = None if live is None else (live.inputs, live.outputs)
            else:
                found = await asyncio.get_running_loop().run_in_executor(_THREADS, self._looked_at, held)
            if found is None:
                del self.held[urn]
            else:
                held.inputs, held.outputs = found

    def _looked_at(self, held: Held) -> tuple[dict[str, Any], dict[str, Any]] | None:
        module = importlib.import_module(f"launchready.aws.{_MODULES[held.type.removeprefix(_DYNAMIC)]}")
        with aws_environment(self.edge):
            live = module.read(held.id, held.outputs)
        if live is None:
            return None
        return {key: live[1].get(key) for key in held.inputs}, live[1]

    async def take_in(self, token: str, name: str, place: str, parent: str) -> None:
        """`pulumi import`: what is live becomes part of the state."""
        live = await CLOUDFLARE[token].read(EdgeApi(self.edge), place, {}, {})
        assert live is not None, place
        urn = f"urn:pulumi:{STACK}::launchready::{parent.split('::')[2]}${token}::{name}"
        self.held[urn] = Held(urn, token, name, live.id, live.inputs, live.outputs, parent)

    async def _delete(self, held: Held) -> None:
        self.writes.append(f"{held.name}: deleted")
        if held.type in CLOUDFLARE:
            await CLOUDFLARE[held.type].delete(EdgeApi(self.edge), held.id, held.outputs)
        elif not held.type.endswith("SettingsMemory"):
            module = importlib.import_module(f"launchready.aws.{_MODULES[held.type.removeprefix(_DYNAMIC)]}")

            def gone() -> None:
                with aws_environment(self.edge):
                    module.delete(held.id, held.outputs)

            await asyncio.to_thread(gone)

    def export(self) -> dict[str, Any]:
        """The state as `pulumi stack export` gives it, secrets encrypted."""
        root = f"urn:pulumi:{STACK}::launchready::pulumi:pulumi:Stack::launchready-{STACK}"
        resources: list[dict[str, Any]] = [
            {"urn": root, "custom": False, "type": "pulumi:pulumi:Stack", "outputs": _sealed(self.outputs)}
        ]
        resources += self.parents.values()
        for held in self.held.values():
            resources.append(
                {
                    "urn": held.urn, "custom": True, "id": held.id, "type": held.type,
                    "inputs": _sealed(held.inputs), "outputs": _sealed(held.outputs), "parent": held.parent,
                }
            )  # fmt: skip
        return {"version": 3, "deployment": {"manifest": {}, "resources": resources}}


class _Mocks(sdk_mocks.Mocks):
    """Never asked: the monitor registers by itself."""

    def new_resource(self, args: sdk_mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise AssertionError(args.name)

    def call(self, args: sdk_mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        raise AssertionError(args.token)


class _Monitor(sdk_mocks.MockMonitor):
    """Registrations go to the stack, in the loop of the edge."""

    def __init__(self, stack: Stack, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(_Mocks())
        self._own, self._loop = stack, loop

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        above = parent.split("::")[2] if parent else ""
        whole = type_ if above in ("", "pulumi:pulumi:Stack") else f"{above}${type_}"
        return f"urn:pulumi:{STACK}::launchready::{whole}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        from pulumi.runtime.proto import resource_pb2

        urn = self.make_urn(request.parent, request.type, request.name)
        if not request.custom or request.type.startswith("pulumi:providers:"):
            if request.type != "pulumi:pulumi:Stack" and not request.custom:
                self._own.parents[urn] = {
                    "urn": urn, "custom": False, "type": request.type, "parent": request.parent,
                }  # fmt: skip
            return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name if request.custom else None)
        sdk_mocks._ensure_event_loop()  # type: ignore[attr-defined]
        inputs = _plain(rpc.deserialize_properties(request.object))
        inputs.pop("__provider", None)
        given = {key: value for key, value in inputs.items() if value is not None}
        kept = given if request.type in CLOUDFLARE else inputs
        self._own.rename(urn, [alias.urn for alias in request.aliases] + list(request.aliasURNs))
        made = self._own.register(urn, request.parent, request.type, request.name, kept)
        held = asyncio.run_coroutine_threadsafe(made, self._loop).result(120)
        state = sdk_mocks._sync_await(rpc.serialize_properties(held.outputs, {}))  # type: ignore[attr-defined]
        return resource_pb2.RegisterResourceResponse(urn=urn, id=held.id, object=state)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(_SIGNATURE) == _SECRET:
            return _plain(value.get("value"))
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sealed(value: Any) -> Any:
    """The state's form: secrets encrypted, as the passphrase provider would."""
    if isinstance(value, Mapping):
        secret = {"private_key", "url"}
        secret |= {"value"} if value.get("key_id") is not None else set()
        secret |= {"endpoint"} if "connection_arn" in value else set()
        return {
            name: _ciphertext() if name in secret else _sealed(one)
            for name, one in value.items()
            if one is not None
        }
    return [_sealed(one) for one in value] if isinstance(value, list | tuple) else value


def _ciphertext() -> dict[str, str]:
    return {_SIGNATURE: _SECRET, "ciphertext": "v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAA=="}
