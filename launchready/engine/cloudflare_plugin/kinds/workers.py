"""Workers: a module script with its bindings, and a route that leads to it.

A script is uploaded as the official plugin does it: multipart, ``metadata`` as JSON and one part for the
module. It is read back in two calls: settings (bindings, dates) and content.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from launchready.engine.cloudflare_plugin.api import Api, ApiCallError, Call, FormPart
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.kind import Kind, Live
from launchready.engine.cloudflare_plugin.values import Properties

MODULE_TYPE = "application/javascript+module"
_TEXT = ("plain_text", "secret_text")


class WorkersScript(Kind):
    """Module scripts with text bindings; other kinds of bindings are refused by name."""

    resource_type = "cloudflare:index/workersScript:WorkersScript"
    fields = (
        Field("accountId", "string", required=True, replaces=True, path=True),
        Field("scriptName", "string", required=True, replaces=True, path=True),
        Field("content", "string", required=True),
        Field("mainModule", "string", required=True, hidden=True),
        Field("compatibilityDate", "string", assigned=True),
        Field("compatibilityFlags", "list", assigned=True, unordered=True),
        Field("bindings", "list", unordered=True),
    )
    computed = ("createdOn", "etag", "handlers", "hasModules", "modifiedOn", "startupTimeMs", "usageModel")
    volatile = frozenset({"modifiedOn", "etag", "handlers", "startupTimeMs"})
    collection = item = "/accounts/{accountId}/workers/scripts/{scriptName}"
    create_method = "PUT"
    import_id = "{accountId}/{scriptName}"
    id_property = "scriptName"

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for binding in known.get("bindings") or ():
            kind = binding.get("type") if isinstance(binding, dict) else None
            if kind not in _TEXT:
                yield "bindings", f"the local plugin takes bindings of type {', '.join(_TEXT)}, not {kind!r}"

    async def create(self, api: Api, inputs: Properties) -> tuple[str, Properties]:
        return self.id_of(None, inputs), await self._upload(api, inputs)

    async def update(
        self, api: Api, id: str, old: Properties, state: Properties, news: Properties
    ) -> Properties:
        return {**self._carried(state), **await self._upload(api, news)}

    async def read(self, api: Api, id: str, state: Properties, inputs: Properties) -> Live | None:
        _, located = (id, state) if state else self.parse_import(id)
        path = self.path(self.item, located)
        try:
            settings = await api.result(Call("GET", f"{path}/settings"))
            content = await api.text(Call("GET", f"{path}/content/v2"))
        except ApiCallError as problem:
            if problem.status == 404:
                return None
            raise
        shown = {**(settings or {}), "content": content, "bindings": self._bindings(settings or {}, state)}
        live = self.properties(shown)
        places = {name: located[name] for name in ("accountId", "scriptName")}
        # the API does not tell the main module's name; an imported script gets the usual one
        hidden = self.unseen(state) or {"mainModule": "worker.mjs"}
        outputs = {**self._carried(state), **self.outputs({**hidden, **places}, shown)}
        given = inputs or hidden
        return Live(places["scriptName"], outputs, self.live_inputs({**places, **hidden, **live}, given))

    async def _upload(self, api: Api, inputs: Properties) -> Properties:
        body = self.body(inputs)
        content, main = body.pop("content"), body["main_module"]
        form = (
            FormPart("metadata", json.dumps(body), "application/json"),
            FormPart(main, content, MODULE_TYPE, main),
        )
        result = await api.result(Call("PUT", self.path(self.item, inputs), form=form))
        return self.outputs(inputs, result)

    def _bindings(self, settings: Mapping[str, Any], state: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The bindings as shown; the text of a secret is never shown, and is what the state has."""
        known = {one["name"]: one.get("text") for one in state.get("bindings") or () if isinstance(one, dict)}
        return [
            one if one.get("type") != "secret_text" else {**one, "text": known.get(one["name"])}
            for one in settings.get("bindings") or ()
        ] or None


class WorkersRoute(Kind):
    resource_type = "cloudflare:index/workersRoute:WorkersRoute"
    fields = (
        Field("zoneId", "string", required=True, replaces=True, path=True),
        Field("pattern", "string", required=True),
        Field("script", "string"),
    )
    volatile = frozenset()
    collection = "/zones/{zoneId}/workers/routes"
    item = "/zones/{zoneId}/workers/routes/{id}"
    import_id = "{zoneId}/{id}"
    unique = True
