"""What a resource kind is: its properties as data, and the requests that make, read, change and end it.

Most kinds are a table (fields, paths, verbs); a kind with ways of its own overrides one method. Inputs
are plain values here: secrets are unwrapped before and marked again after (see ``servicer``).

The rule against perpetual diffs: a refresh keeps the program's spelling of every input that Cloudflare
shows in another spelling of the same thing, and takes Cloudflare's value for everything else.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from launchready.engine.cloudflare_plugin.api import Api, ApiCallError, Call, Made, segment
from launchready.engine.cloudflare_plugin.canonical import same_numbers
from launchready.engine.cloudflare_plugin.differ import Change, changes, differ
from launchready.engine.cloudflare_plugin.fields import Field
from launchready.engine.cloudflare_plugin.names import Names, snake
from launchready.engine.cloudflare_plugin.values import UNKNOWN, Properties, is_known, plain
from launchready.errors import InputError
from launchready.lost_creates import search_for


@dataclass(frozen=True, slots=True)
class Difference:
    """What a diff found: (path, change, whether it replaces), and the replacement's order."""

    parts: tuple[tuple[str, Change, bool], ...] = ()
    delete_first: bool = False


@dataclass(frozen=True, slots=True)
class Live:
    """A resource as the API shows it: its id, its outputs, and the inputs that would declare it."""

    id: str
    outputs: Properties
    inputs: Properties


class Kind:
    """One resource kind. Class attributes are its table.

    ``collection`` is where it is created, ``item`` where it is read, changed and deleted; ``{zoneId}``
    and the like are filled from the properties, ``{id}`` from the id. ``import_id`` names the parts of
    an import id. ``computed`` are outputs that are not inputs, ``volatile`` those that any update changes.
    """

    resource_type: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    computed: ClassVar[tuple[str, ...]] = ()
    volatile: ClassVar[frozenset[str]] = frozenset({"modifiedOn"})
    names: ClassVar[Names] = Names()
    collection: ClassVar[str]
    item: ClassVar[str]
    create_method: ClassVar[str] = "POST"
    update_method: ClassVar[str] = "PUT"
    deletes: ClassVar[bool] = True
    unique: ClassVar[bool] = False
    """Whether the API refuses to make the same thing twice."""
    import_id: ClassVar[str]
    id_property: ClassVar[str | None] = None
    """The property that is the id of a thing that a zone has exactly one of; None: the API gives it."""

    # ---- checking -------------------------------------------------------------------------------

    def check(self, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Everything wrong with the inputs, as (property, reason). Never raises on bad input."""
        known = {field.name: field for field in self.fields}
        for key in news:
            if key not in known and not key.startswith("__"):
                near = difflib.get_close_matches(key, known, 1)
                hint = f"; the nearest is {near[0]}" if near else ""
                yield key, f"{self.type_name} has no property {key!r}{hint}"
        sound = dict(news)
        for field in self.fields:
            problem = field.problem(news.get(field.name))
            if problem:
                sound.pop(field.name, None)
                yield field.name, problem
        yield from self.validate({key: plain(value) for key, value in sound.items() if is_known(value)}, news)

    def validate(self, known: Properties, news: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """The kind's own rules, over the inputs that are known and of the right type."""
        yield from ()

    @property
    def type_name(self) -> str:
        return self.resource_type.rpartition(":")[2]

    # ---- comparing ------------------------------------------------------------------------------

    def canonical(self, field: Field, value: Any, inputs: Mapping[str, Any]) -> Any:
        """The value in one spelling; None when it means the same as absence."""
        value = same_numbers(value)
        if field.usual and isinstance(value, dict):
            value = {k: v for k, v in value.items() if field.usual.get(k, UNKNOWN) != v} or None
        if field.unordered and isinstance(value, list) and is_known(value):
            value = sorted(value, key=repr)
        return value

    def _comparable(self, field: Field, inputs: Mapping[str, Any]) -> Any:
        value = inputs.get(field.name)
        return self.canonical(field, field.default if value is None else value, inputs)

    def diff(self, old: Properties, state: Properties, news: Properties) -> Difference:
        """What would have to change to get from the old inputs to the new ones."""
        context = self.context(old, state)
        old, news = {**old, **context}, {**news, **context}
        parts: list[tuple[str, Change, bool]] = []
        for field in self.fields:
            if news.get(field.name) is None and field.assigned:
                continue
            before, after = self._comparable(field, old), self._comparable(field, news)
            found = changes(field.name, before, after)
            parts.extend((path, change, field.replaces) for path, change in found)
        replaced = any(part[2] for part in parts)
        return Difference(tuple(parts), replaced and self.delete_first(old, news))

    def context(self, inputs: Mapping[str, Any], shown: Mapping[str, Any]) -> Properties:
        """What a comparison must know beside the inputs, under ``__`` keys, from what the API showed."""
        return {}

    def delete_first(self, old: Properties, news: Properties) -> bool:
        """Whether the old resource stands in the way of its replacement."""
        return False

    # ---- requests -------------------------------------------------------------------------------

    def path(self, template: str, properties: Mapping[str, Any], id: str = "") -> str:
        """A path with its ``{…}`` filled in. Raises InputError when a part is missing."""
        out = []
        for piece in template.split("/"):
            if piece.startswith("{"):
                name = piece[1:-1]
                value = id if name == "id" else properties.get(name)
                if not isinstance(value, str) or not value:
                    raise InputError(f"{self.type_name} has no {name}", fix=f"import it as {self.import_id}")
                piece = segment(value)
            out.append(piece)
        return "/".join(out)

    def body(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The request body for these inputs, defaults included."""
        given: dict[str, Any] = {}
        for field in self.fields:
            value = inputs.get(field.name)
            value = field.default if value is None else value
            if not field.path and value is not None:
                given[field.name] = value
        sent: dict[str, Any] = self.names.to_api(given)
        return sent

    def update_body(self, old: Properties, news: Properties) -> dict[str, Any]:
        """The whole object for PUT, the changed fields for PATCH."""
        body = self.body(news)
        if self.update_method != "PATCH":
            return body
        changed = [f for f in self.fields if differ(self._comparable(f, old), self._comparable(f, news))]
        wanted = {snake(field.name) for field in changed}
        return {key: value for key, value in body.items() if key in wanted}

    def id_of(self, result: Any, inputs: Mapping[str, Any]) -> str:
        """The id under which the resource lives from now on. Raises ApiCallError when the API gave none."""
        found = inputs.get(self.id_property) if self.id_property else (result or {}).get("id")
        if not isinstance(found, str) or not found:
            raise ApiCallError(f"the API's answer for a new {self.type_name} has no id")
        return found

    # ---- the life of a resource -----------------------------------------------------------------

    async def create(self, api: Api, inputs: Properties) -> tuple[str, Properties]:
        """Create it; (id, outputs). Raises ApiCallError."""
        call = Call(self.create_method, self.path(self.collection, inputs), self.body(inputs))
        began = datetime.now(UTC)
        made = Made(lambda brief: self.made(brief, inputs, began), self.unique)
        result = await api.result(call, made if self.create_method == "POST" else None)
        return self.id_of(result, inputs), self.outputs(inputs, result)

    async def made(
        self, api: Api, inputs: Properties, since: datetime | None = None, taken: Collection[str] = ()
    ) -> Any | None:
        """What a create with these inputs made, whose answer was lost; None when there is no such thing.

        ``since``: not before; ``taken``: ids that are known to be something else. Raises ApiCallError.
        """
        search = search_for(self.path(self.collection, inputs), self.body(inputs))
        if search is None:
            return None
        path, _, query = search.path.partition("?")
        listed = await api.result(Call("GET", path, query=dict(parse_qsl(query))))
        found = search.pick(listed or (), since, taken)
        if found is None or search.item is None:
            return found
        return await api.result(Call("GET", search.item.format(found["id"])))

    async def read(self, api: Api, id: str, state: Properties, inputs: Properties) -> Live | None:
        """The resource as it is, or None when it is gone. ``id`` may be an import id (state is empty)."""
        own, state = (id, state) if state else self.parse_import(id)
        try:
            result = await api.result(Call("GET", self.path(self.item, state, own)))
        except ApiCallError as problem:
            if problem.status == 404:
                return None
            raise
        live = self.properties(result)
        located = {f.name: state[f.name] for f in self.fields if f.path and f.name in state}
        learnt = await self.learn(api, live, state, inputs)
        return Live(
            self.id_of({"id": own, **(result or {})}, {**state, **located}),
            {**self.outputs({**self.unseen(state), **located}, result), **learnt},
            self.live_inputs({**located, **live, **learnt}, inputs),
        )

    async def learn(self, api: Api, live: Properties, state: Properties, inputs: Properties) -> Properties:
        """What a comparison needs beside what the API shows of the resource, under ``__`` keys.

        It is kept in the state, where ``context`` finds it.
        """
        return {}

    def unseen(self, state: Mapping[str, Any]) -> Properties:
        """What the state has and the API never shows."""
        return {f.name: state[f.name] for f in self.fields if f.hidden and state.get(f.name) is not None}

    async def update(
        self, api: Api, id: str, old: Properties, state: Properties, news: Properties
    ) -> Properties:
        """Change it; the new outputs. Raises ApiCallError."""
        path, body = self.path(self.item, {**state, **news}, id), self.update_body(old, news)
        changed = body or self.update_method != "PATCH"
        result = await api.result(Call(self.update_method, path, body) if changed else Call("GET", path))
        return {**self._carried(state), **self.outputs(news, result)}

    def _carried(self, state: Properties) -> Properties:
        return {key: value for key, value in state.items() if key in self.computed or key.startswith("__")}

    async def delete(self, api: Api, id: str, state: Properties) -> None:
        """End it. A resource that is gone already is deleted. Raises ApiCallError."""
        if not self.deletes:
            return
        try:
            await api.result(Call("DELETE", self.path(self.item, state, id)))
        except ApiCallError as problem:
            if problem.status != 404:
                raise

    # ---- values ---------------------------------------------------------------------------------

    def properties(self, result: Any) -> Properties:
        """The API's object as properties."""
        converted = self.names.from_api(result or {})
        converted.pop("id", None)
        kept = {field.name for field in self.fields} | set(self.computed)
        return {key: value for key, value in converted.items() if key in kept}

    def outputs(self, inputs: Mapping[str, Any], result: Any) -> Properties:
        """The outputs: what the API answered, and for the rest what was asked."""
        asked = {field.name: field.default for field in self.fields if field.default is not None}
        asked.update({key: value for key, value in inputs.items() if value is not None})
        return {**asked, **self.properties(result)}

    def preview(self, inputs: Properties, state: Mapping[str, Any] | None = None) -> Properties:
        """The outputs as far as they are known before the request is made."""
        known = self.outputs(inputs, None)
        assigned = [field.name for field in self.fields if field.assigned and field.name not in known]
        for name in (*self.computed, *assigned):
            keep = state is not None and name not in self.volatile
            known[name] = state.get(name) if keep and state is not None else UNKNOWN
        return known

    def live_inputs(self, live: Properties, given: Properties) -> Properties:
        """The inputs that declare the live resource, in the program's spelling where it means the same."""
        imported = not given
        context = self.context(given, live)
        given_here, live_here = {**given, **context}, {**live, **context}
        out: Properties = {}
        for field in self.fields:
            mine, theirs = given.get(field.name), live.get(field.name)
            if field.hidden:
                theirs = mine
            elif field.assigned and mine is None and not imported:
                theirs = None
            elif imported and field.required:
                pass
            elif not differ(self._comparable(field, live_here), self._comparable(field, given_here)):
                theirs = mine
            if theirs is not None:
                out[field.name] = mine if theirs is mine else self.as_input(field, theirs)
        return out

    def as_input(self, field: Field, value: Any) -> Any:
        """The part of a live value that a program would write."""
        return value

    def parse_import(self, id: str) -> tuple[str, Properties]:
        """An import id as (id, the properties in it). Raises InputError that shows the form."""
        parts, names = id.split("/"), self.import_id.split("/")
        if len(parts) != len(names) or not all(parts):
            raise InputError(f"{id!r} is not an import id for {self.type_name}", fix=f"use {self.import_id}")
        found = dict(zip((name.strip("{}") for name in names), parts, strict=True))
        own = found.pop("id", None) or found.get(self.id_property or "", "")
        return own, dict(found)
