"""Workers: scripts of the account (module syntax, text bindings) and routes of a zone.

Sources: developers.cloudflare.com/api (workers scripts, workers routes), …/workers/platform/limits,
…/workers/configuration/multipart-upload-metadata; what the provider sends and reads:
terraform-provider-cloudflare internal/services/{workers_script,workers_route} (November 2026). Codes of
refusals that are documented nowhere are marked [I].
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any

from launchready.edge.api.envelope import RefusalError, Reply, refuse
from launchready.edge.api.router import Call, Router
from launchready.edge.state import EdgeState, Json
from launchready.edge.workers import NoRuntimeError, Script
from launchready.edge.workers import routes as worker_routes

SCRIPTS = "workers_scripts"
"""Where the account keeps its scripts: name → the stored script."""
MAX_SCRIPTS, MAX_ROUTES = 100, 1_000
MAX_BYTES = 3 * 1024 * 1024
"""Bytes of a script after compression, on Workers' free plan."""
MAX_VARIABLES, MAX_VARIABLE_BYTES = 64, 5 * 1024
_NAME = re.compile(r"[a-z0-9_][a-z0-9-_]{0,62}")
_BINDING = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,127}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_TEXT = ("plain_text", "secret_text")
_SCRIPT = "accounts/{account_id}/workers/scripts/{name}"
_ROUTE = "zones/{zone_id}/workers/routes"


def add_routes(router: Router) -> None:
    router.add("GET", "accounts/{account_id}/workers/scripts", list_scripts)
    router.add("GET", "accounts/{account_id}/workers/services/{name}", get_service)
    router.add("PUT", _SCRIPT, put_script)
    router.add("GET", _SCRIPT, get_content)
    router.add("DELETE", _SCRIPT, delete_script)
    router.add("GET", f"{_SCRIPT}/settings", get_settings)
    router.add("GET", f"{_SCRIPT}/content/v2", get_content)
    router.add("GET", _ROUTE, list_routes)
    router.add("POST", _ROUTE, create_route)
    router.add("GET", _ROUTE + "/{route_id}", get_route)
    router.add("PUT", _ROUTE + "/{route_id}", change_route)
    router.add("DELETE", _ROUTE + "/{route_id}", delete_route)


def scripts(state: EdgeState) -> dict[str, Json]:
    """The account's scripts by name."""
    found: dict[str, Json] = state.account.setdefault(SCRIPTS, {})
    return found


def runnable(stored: Json) -> Script:
    """A stored script as the runtime takes it."""
    env = {one["name"]: one["text"] for one in stored["bindings"]}
    return Script(f"{stored['name']}@{stored['version']}", stored["main_module"], stored["modules"], env)


# ---- scripts ------------------------------------------------------------------------------------


async def put_script(call: Call) -> Reply:
    """Takes a multipart upload: ``metadata`` and one part for each module. The script is loaded as a test
    where this machine can run it, and refused as Cloudflare refuses it."""
    name = call.params["name"]
    if not _NAME.fullmatch(name):
        raise refuse(400, 10016, f"{name} is not a valid name for a Worker: a-z, 0-9, _ and -, at most 63")
    held = scripts(call.state)
    if name not in held and len(held) >= MAX_SCRIPTS:
        raise refuse(403, 10037, f"You have exceeded the limit of {MAX_SCRIPTS} Workers on your account.")
    stored = _uploaded(call, name)
    stored["handlers"] = await _handlers(call, stored)
    before = held.get(name)
    stored["created_on"] = before["created_on"] if before else call.now()
    held[name] = stored
    if before is not None and call.workers is not None:
        await call.workers.forget(runnable(before).key)
    return Reply({**_shown(stored), "startup_time_ms": 1})


async def _handlers(call: Call, stored: Json) -> list[str]:
    if call.workers is None:
        return ["fetch"]
    try:
        problem, handlers = await call.workers.check(runnable(stored))
    except NoRuntimeError:
        return ["fetch"]  # nobody here can tell; requests say so
    if problem is not None:
        raise refuse(400, 10021, f"Uncaught {problem}")
    if not handlers:
        raise refuse(400, 10068, "The uploaded script has no registered event handlers.")
    return list(handlers)


def _uploaded(call: Call, name: str) -> Json:
    """The stored form of an upload. Raises RefusalError."""
    form = call.body
    if not isinstance(form, dict) or not isinstance(form.get("metadata"), str):
        raise refuse(400, 10005, "A multipart upload with a part 'metadata' is required.")
    try:
        metadata = json.loads(form["metadata"])
    except ValueError:
        raise refuse(400, 10002, "metadata is not JSON") from None
    main = metadata.get("main_module") if isinstance(metadata, dict) else None
    modules = {part: text for part, text in form.items() if part != "metadata"}
    if not isinstance(main, str) or main not in modules:
        raise refuse(400, 10021, f"No such module: main_module {main!r} (this edge takes module syntax only)")
    if len(gzip.compress("".join(modules.values()).encode())) > MAX_BYTES:
        raise refuse(400, 10027, "Your Worker exceeded the size limit of 3 MiB.")
    date = metadata.get("compatibility_date")
    if date is not None and not (isinstance(date, str) and _DATE.fullmatch(date)):
        raise refuse(400, 10021, f"Invalid compatibility date: {date}")
    if isinstance(date, str) and date > call.state.clock.now().date().isoformat():
        raise refuse(400, 10021, f"Can't set compatibility date in the future: {date}")
    return {
        "name": name,
        "version": secrets.token_hex(8),
        "main_module": main,
        "modules": modules,
        "bindings": _bindings(metadata.get("bindings")),
        "compatibility_date": date or "2021-11-02",
        "compatibility_flags": list(metadata.get("compatibility_flags") or ()),
        "etag": hashlib.sha256(json.dumps(modules, sort_keys=True).encode()).hexdigest(),
        "modified_on": call.now(),
    }


def _bindings(given: Any) -> list[Json]:
    found: dict[str, Json] = {}
    for one in given or ():
        if not isinstance(one, Mapping) or one.get("type") not in _TEXT:
            kind = one.get("type") if isinstance(one, Mapping) else one
            raise refuse(400, 10021, f"this edge has no bindings of type {kind!r}, but {', '.join(_TEXT)}")
        name, text = one.get("name"), one.get("text")
        if not isinstance(name, str) or not _BINDING.fullmatch(name) or name in found:
            raise refuse(400, 10021, f"{name!r} is no name of a binding, or there are two of it")
        if not isinstance(text, str) or len(text.encode()) > MAX_VARIABLE_BYTES:
            raise refuse(400, 10054, f"Binding {name} has no text, or more than {MAX_VARIABLE_BYTES} bytes.")
        found[name] = {"name": name, "type": one["type"], "text": text}
    if len(found) > MAX_VARIABLES:
        raise refuse(400, 10055, f"More than {MAX_VARIABLES} text bindings.")  # [I]
    return list(found.values())


def list_scripts(call: Call) -> Reply:
    return Reply([_shown(one) for one in scripts(call.state).values()])


def get_service(call: Call) -> Reply:
    stored = _stored(call)
    environment = {"environment": "production", "created_on": stored["created_on"], "script": _shown(stored)}
    return Reply({"id": stored["name"], "default_environment": environment, "environments": [environment]})


def get_settings(call: Call) -> Reply:
    """What the provider reads back; a secret's text is never shown."""
    stored = _stored(call)
    shown = [
        one if one["type"] == "plain_text" else {k: v for k, v in one.items() if k != "text"}
        for one in stored["bindings"]
    ]
    return Reply(
        {
            "bindings": shown,
            "compatibility_date": stored["compatibility_date"],
            "compatibility_flags": stored["compatibility_flags"],
            "usage_model": "standard",
            "logpush": False,
            "placement": {},
            "tags": [],
            "tail_consumers": None,
        }
    )


def get_content(call: Call) -> Reply:
    """The main module as it is (Cloudflare sends several modules as multipart)."""
    stored = _stored(call)
    return Reply(raw=stored["modules"][stored["main_module"]])


async def delete_script(call: Call) -> Reply:
    """Routes that led to it are gone too [I]."""
    stored = _stored(call)
    del scripts(call.state)[stored["name"]]
    for zone in call.state.zones.values():
        held = zone.extra.get(worker_routes.ROUTES, {})
        for number in [n for n, route in held.items() if route.get("script") == stored["name"]]:
            del held[number]
    if call.workers is not None:
        await call.workers.forget(runnable(stored).key)
    return Reply({"id": stored["name"]})


def _stored(call: Call) -> Json:
    found = scripts(call.state).get(call.params["name"])
    if found is None:
        raise refuse(404, 10007, "This Worker does not exist on your account.")
    return found


def _shown(stored: Json) -> Json:
    return {
        "id": stored["name"],
        "etag": stored["etag"],
        "handlers": stored["handlers"],
        "has_assets": False,
        "has_modules": True,
        "logpush": False,
        "usage_model": "standard",
        "compatibility_date": stored["compatibility_date"],
        "compatibility_flags": stored["compatibility_flags"],
        "created_on": stored["created_on"],
        "modified_on": stored["modified_on"],
        "placement_mode": None,
        "tail_consumers": None,
    }


# ---- routes -------------------------------------------------------------------------------------


def _routes(call: Call) -> dict[str, Json]:
    found: dict[str, Json] = call.zone.extra.setdefault(worker_routes.ROUTES, {})
    return found


def list_routes(call: Call) -> Reply:
    return Reply(list(_routes(call).values()))


def create_route(call: Call) -> Reply:
    if len(_routes(call)) >= MAX_ROUTES:
        raise refuse(403, 10060, f"A zone has at most {MAX_ROUTES} routes.")  # [I]
    route = {"id": secrets.token_hex(16), **_route(call, "")}
    _routes(call)[route["id"]] = route
    return Reply(route)


def get_route(call: Call) -> Reply:
    return Reply(_found(call))


def change_route(call: Call) -> Reply:
    number = _found(call)["id"]
    _routes(call)[number] = {"id": number, **_route(call, number)}
    return Reply(_routes(call)[number])


def delete_route(call: Call) -> Reply:
    number = _found(call)["id"]
    del _routes(call)[number]
    return Reply({"id": number})


def _found(call: Call) -> Json:
    route = _routes(call).get(call.params["route_id"])
    if route is None:
        raise refuse(404, 10009, "Route not found.")  # [I]
    return route


def _route(call: Call, number: str) -> Json:
    """The body's route, judged. ``number``: the one that it replaces."""
    body = call.object(10022)
    pattern, script = body.get("pattern"), body.get("script")
    if not isinstance(pattern, str):
        raise refuse(400, 10022, "pattern is required")
    try:
        parsed = worker_routes.parse(pattern)
    except ValueError as error:
        raise refuse(400, 10022, f"Invalid route pattern: {error}") from None
    if not worker_routes.belongs_to(parsed, call.zone.name):
        raise refuse(400, 10022, f"Route pattern must be for a host of {call.zone.name}")
    if script is not None and (not isinstance(script, str) or script not in scripts(call.state)):
        raise _unknown_script(script)
    for other in _routes(call).values():
        if other["pattern"].lower() == pattern.lower() and other["id"] != number:
            raise refuse(409, 10020, "A route with the same pattern already exists.")
    return {"pattern": pattern, "script": script}


def _unknown_script(script: object) -> RefusalError:
    return refuse(400, 10019, f"There is no Worker {script!r} on this account.")  # [I]
