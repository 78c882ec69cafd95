"""The calls on ``/zones/{zone}/dns_records``. Source: facts/cloudflare-api.md, "DNS records"."""

from __future__ import annotations

from typing import Any

from launchready.edge.api import plans
from launchready.edge.api.envelope import RefusalError, Reply, paged, refuse
from launchready.edge.api.fields import read
from launchready.edge.api.records import zonefile
from launchready.edge.api.records.listing import select
from launchready.edge.api.records.store import Writer
from launchready.edge.api.router import Call, Router
from launchready.edge.state import Json

_ALL = "zones/{zone_id}/dns_records"
_ONE = _ALL + "/{dns_record_id}"
MAX_PAGE = 5_000_000


def add_routes(router: Router) -> None:
    router.add("GET", _ALL, list_records)
    router.add("POST", _ALL, create_record)
    router.add("GET", _ONE, get_record)
    router.add("PUT", _ONE, replace_record)
    router.add("PATCH", _ONE, edit_record)
    router.add("DELETE", _ONE, delete_record)
    router.add("POST", f"{_ALL}/batch", batch)
    router.add("GET", f"{_ALL}/export", export_zone)
    router.add("POST", f"{_ALL}/import", import_zone)
    router.add("GET", f"{_ALL}/usage", show_usage)


def _writer(call: Call) -> Writer:
    return Writer(call.zone, call.now())


def list_records(call: Call) -> Reply:
    return paged(select(call.zone, call.query), call.query, default=100, low=1, high=MAX_PAGE)


def get_record(call: Call) -> Reply:
    return Reply(_writer(call).find(call.params["dns_record_id"]))


def create_record(call: Call) -> Reply:
    return Reply(_writer(call).create(call.object()))


def replace_record(call: Call) -> Reply:
    return Reply(_writer(call).replace(call.params["dns_record_id"], call.object()))


def edit_record(call: Call) -> Reply:
    return Reply(_writer(call).patch(call.params["dns_record_id"], call.object()))


def delete_record(call: Call) -> Reply:
    return Reply({"id": _writer(call).delete(call.params["dns_record_id"])["id"]})


def batch(call: Call) -> Reply:
    """Deletes, patches, puts, posts, in that order, as one transaction: the first error undoes all."""
    body, writer = call.object(), _writer(call)
    parts = {key: _operations(body, key) for key in ("deletes", "patches", "puts", "posts")}
    total, limit = sum(map(len, parts.values())), plans.of(call.zone.info).batch
    if total > limit:
        raise refuse(
            400, 9207, f"Request body is invalid: {total} operations in a batch, the plan takes {limit}."
        )
    try:
        result: dict[str, list[Json]] = {
            "deletes": [writer.delete(_id(item)) for item in parts["deletes"]],
            "patches": [writer.patch(_id(item), item) for item in parts["patches"]],
            "puts": [writer.replace(_id(item), item) for item in parts["puts"]],
            "posts": [writer.create(item) for item in parts["posts"]],
        }
    except RefusalError:
        writer.undo()
        raise
    return Reply({key: value for key, value in result.items() if key in body and body[key] is not None})


def _operations(body: Json, key: str) -> list[Any]:
    items: list[Any] = read(body, key, "array", [])
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            raise refuse(400, 9207, f"Request body is invalid: {key}[{index}] must be of type object.")
    return items


def _id(item: Json) -> str:
    record_id = read(item, "id", "string")
    if record_id is None:
        raise refuse(400, 9207, "Request body is invalid: id is required.")
    return str(record_id)


def export_zone(call: Call) -> Reply:
    return Reply(raw=zonefile.export(call.zone, call.state.clock.now()))


def import_zone(call: Call) -> Reply:
    """Adds what can be added; what is refused is listed in ``messages`` with its line."""
    body = call.object()
    content = read(body, "file", "string")
    if content is None:
        raise refuse(400, 9207, "Request body is invalid: file is required.")
    proxied = str(body.get("proxied", "false")).lower() == "true"
    writer = _writer(call)
    parsed = zonefile.parse(content, call.zone.name, proxied=proxied)
    added, messages = 0, []
    for line, record in sorted(parsed, key=lambda item: item[1]["type"] == "DS"):  # after its NS
        try:
            writer.create(record)
            added += 1
        except RefusalError as refusal:
            fault = refusal.errors[0]
            messages.append({"code": fault["code"], "message": f"line {line}: {fault['message']}"})
    result = {"recs_added": added, "total_records_parsed": len(parsed)}
    return Reply(result, messages=messages)


def show_usage(call: Call) -> Reply:
    return Reply({"record_usage": len(call.zone.records), "record_quota": plans.of(call.zone.info).records})
