"""The engine's ``ResourceProvider`` methods over the table of kinds.

Values arrive with secrets and unknowns in place; kinds work on plain ones, and what was secret going
in is secret coming out. Errors carry the API's own words, never the token nor a secret value.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from importlib import metadata
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from launchready.engine.cloudflare_plugin import config
from launchready.engine.cloudflare_plugin.api import Api
from launchready.engine.cloudflare_plugin.differ import changes
from launchready.engine.cloudflare_plugin.invokes import INVOKES
from launchready.engine.cloudflare_plugin.kind import Difference, Kind
from launchready.engine.cloudflare_plugin.kinds import KINDS
from launchready.engine.cloudflare_plugin.values import (
    Properties,
    Secret,
    from_struct,
    is_known,
    keep_secrets,
    plain,
    secret_strings,
    to_struct,
)
from launchready.errors import InputError, LaunchreadyError

Context = Any
"""A grpc.aio.ServicerContext; grpc ships no types."""
_DIFF = provider_pb2.DiffResponse
_KINDS_OF_CHANGE = provider_pb2.PropertyDiff.Kind
_SHORTEST_REDACTED = 4


def speaks_as() -> str:
    """The version that the engine hears: the installed ``pulumi-cloudflare``'s, whose words we speak."""
    return metadata.version("pulumi-cloudflare")


class CloudflareServicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider process. ``make_api`` builds the API client for the configured settings."""

    def __init__(self, make_api: Callable[[config.Settings], Api] = Api) -> None:
        self._make_api = make_api
        self._api: Api | None = None

    async def close(self) -> None:
        if self._api is not None:
            await self._api.close()

    # ---- the provider ---------------------------------------------------------------------------

    async def Handshake(self, request: Any, context: Context) -> Any:  # noqa: N802
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    async def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=speaks_as())

    async def Attach(self, request: Any, context: Context) -> Any:  # noqa: N802
        return empty_pb2.Empty()

    async def GetSchema(self, request: Any, context: Context) -> Any:  # noqa: N802
        schema = {"name": "cloudflare", "version": speaks_as(), "resources": {name: {} for name in KINDS}}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    async def Cancel(self, request: Any, context: Context) -> Any:  # noqa: N802
        if self._api is not None:
            self._api.cancel()
        return empty_pb2.Empty()

    async def CheckConfig(self, request: Any, context: Context) -> Any:  # noqa: N802
        news = from_struct(request.news)
        failures = config.check(news)
        return provider_pb2.CheckResponse(
            inputs=to_struct({k: _as_secret(v) if k in config.SECRET_KEYS else v for k, v in news.items()}),
            failures=[provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures],
        )

    async def DiffConfig(self, request: Any, context: Context) -> Any:  # noqa: N802
        """A changed configuration never replaces the provider: nothing it made depends on it."""
        old, new = plain(from_struct(request.old_inputs or request.olds)), plain(from_struct(request.news))
        found = [path for key in config.KEYS for path, _ in changes(key, old.get(key), new.get(key))]
        return _DIFF(changes=_DIFF.DIFF_SOME if found else _DIFF.DIFF_NONE, diffs=found)

    async def Configure(self, request: Any, context: Context) -> Any:  # noqa: N802
        given = from_struct(request.args)
        if not given:
            prefix = "cloudflare:config:"
            given = {key.removeprefix(prefix): value for key, value in request.variables.items()}
        async with self._reported(context, given):
            settings = config.settings({key: value for key, value in given.items() if is_known(value)})
            await self.close()
            self._api = self._make_api(settings)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    async def Invoke(self, request: Any, context: Context) -> Any:  # noqa: N802
        args = from_struct(request.args)
        async with self._reported(context, args):
            look_up = INVOKES.get(request.tok)
            if look_up is None:
                known = ", ".join(INVOKES)
                raise InputError(f"the local Cloudflare plugin has no {request.tok}; it has {known}")
            found, failures = await look_up(self._configured(), plain(args))
            return provider_pb2.InvokeResponse(
                **{"return": to_struct(found)},
                failures=[provider_pb2.CheckFailure(property=name, reason=why) for name, why in failures],
            )

    # ---- resources ------------------------------------------------------------------------------

    async def Check(self, request: Any, context: Context) -> Any:  # noqa: N802
        news = from_struct(request.news)
        async with self._reported(context, news):
            kind = _kind(request.urn)
            failures = list(kind.check(plain_outside(news)))
            for field in kind.fields:
                if field.secret and field.name in news:
                    news[field.name] = _as_secret(news[field.name])
            return provider_pb2.CheckResponse(
                inputs=to_struct(news),
                failures=[
                    provider_pb2.CheckFailure(property=name, reason=_redact(reason, secret_strings(news)))
                    for name, reason in failures
                ],
            )

    async def Diff(self, request: Any, context: Context) -> Any:  # noqa: N802
        async with self._reported(context, {}):
            kind = _kind(request.urn)
            state, news = _plain_struct(request.olds), _plain_struct(request.news)
            old = _plain_struct(request.old_inputs) or _inputs_in(kind, state)
            return _diff_response(kind.diff(old, state, news))

    async def Create(self, request: Any, context: Context) -> Any:  # noqa: N802
        inputs = from_struct(request.properties)
        async with self._reported(context, inputs):
            kind = _kind(request.urn)
            if request.preview:
                created, outputs = "", kind.preview(plain(inputs))
            else:
                created, outputs = await kind.create(self._configured(), plain(inputs))
            return provider_pb2.CreateResponse(id=created, properties=_outgoing(kind, outputs, inputs))

    async def Read(self, request: Any, context: Context) -> Any:  # noqa: N802
        state, inputs = from_struct(request.properties), from_struct(request.inputs)
        async with self._reported(context, state, inputs):
            kind = _kind(request.urn)
            live = await kind.read(self._configured(), request.id, plain(state), plain(inputs))
            if live is None:
                return provider_pb2.ReadResponse(id="")
            return provider_pb2.ReadResponse(
                id=live.id,
                properties=_outgoing(kind, live.outputs, state, inputs),
                inputs=_outgoing(kind, live.inputs, inputs),
            )

    async def Update(self, request: Any, context: Context) -> Any:  # noqa: N802
        state, news = from_struct(request.olds), from_struct(request.news)
        async with self._reported(context, state, news):
            kind = _kind(request.urn)
            if request.preview:
                outputs = kind.preview(plain(news), plain(state))
            else:
                old = _plain_struct(request.old_inputs) or _inputs_in(kind, plain(state))
                api = self._configured()
                outputs = await kind.update(api, request.id, old, plain(state), plain(news))
            inputs = {field.name for field in kind.fields}
            computed = {key: value for key, value in state.items() if key not in inputs}
            return provider_pb2.UpdateResponse(properties=_outgoing(kind, outputs, news, computed))

    async def Delete(self, request: Any, context: Context) -> Any:  # noqa: N802
        state = from_struct(request.properties)
        async with self._reported(context, state):
            await _kind(request.urn).delete(self._configured(), request.id, plain(state))
            return empty_pb2.Empty()

    # ---- helpers --------------------------------------------------------------------------------

    def _configured(self) -> Api:
        if self._api is None:
            raise InputError("the provider is not configured: its configuration is not known yet")
        return self._api

    @asynccontextmanager
    async def _reported(self, context: Context, *values: Properties) -> AsyncIterator[None]:
        """Turn our errors into the call's status, without the token and without any secret value."""
        try:
            yield
        except LaunchreadyError as error:
            hidden = [text for value in values for text in secret_strings(value)]
            if self._api is not None:
                hidden.append(self._api.token)
            code = (
                grpc.StatusCode.INVALID_ARGUMENT if isinstance(error, InputError) else grpc.StatusCode.UNKNOWN
            )
            await context.abort(code, _redact(str(error), hidden))


def _kind(urn: str) -> Kind:
    """The kind of a URN ``urn:pulumi:stack::project::parents$type::name``. Raises InputError."""
    parts = urn.split("::")
    token = parts[2].rpartition("$")[2] if len(parts) > 2 else urn
    kind = KINDS.get(token)
    if kind is None:
        known = ", ".join(sorted(name.rpartition(":")[2] for name in KINDS))
        raise InputError(
            f"the local Cloudflare plugin has no resource type {token}; it has {known}",
            fix="use the official plugin for other types",
        )
    return kind


def plain_outside(news: Mapping[str, Any]) -> Properties:
    """Inputs for checking: secrets at the top stay wrapped, so that no reason can show one."""
    return {key: value if isinstance(value, Secret) else plain(value) for key, value in news.items()}


def _plain_struct(struct: struct_pb2.Struct) -> Properties:
    return {key: value for key, value in plain(from_struct(struct)).items() if value is not None}


def _inputs_in(kind: Kind, state: Mapping[str, Any]) -> Properties:
    """The inputs as the state shows them, for an engine that does not send the old inputs."""
    return {field.name: state[field.name] for field in kind.fields if field.name in state}


def _as_secret(value: Any) -> Any:
    return value if value is None or isinstance(value, Secret) else Secret(plain(value))


def _outgoing(kind: Kind, outputs: Properties, *sources: Properties) -> struct_pb2.Struct:
    """Properties for the engine, secret where a source is or where the kind always is."""
    marked = keep_secrets(outputs, *sources)
    always = {field.name for field in kind.fields if field.secret}
    return to_struct({key: _as_secret(value) if key in always else value for key, value in marked.items()})


def _diff_response(found: Difference) -> Any:
    detailed = {}
    for path, change, replaces in found.parts:
        name = change.upper() + ("_REPLACE" if replaces else "")
        detailed[path] = provider_pb2.PropertyDiff(kind=_KINDS_OF_CHANGE.Value(name), inputDiff=True)
    return _DIFF(
        changes=_DIFF.DIFF_SOME if detailed else _DIFF.DIFF_NONE,
        replaces=[path for path, _, replaces in found.parts if replaces],
        diffs=list(dict.fromkeys(_property(path) for path, _, _ in found.parts)),
        deleteBeforeReplace=found.delete_first,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )


def _property(path: str) -> str:
    return path.partition(".")[0].partition("[")[0]


def _redact(text: str, hidden: Iterable[str]) -> str:
    for secret in sorted(set(hidden), key=len, reverse=True):
        if len(secret) >= _SHORTEST_REDACTED:
            text = text.replace(secret, "[secret]")
    return text
