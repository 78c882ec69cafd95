"""What a launch on a local edge needs before it is verified: a portal to log in to, and a drill.

Live, both are there: the client's own portal, and the proof of the last drill. An edge is given them here.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from launchready.client_file.model import ClientFile, Exposure, Portal
from launchready.declared import declare
from launchready.errors import LaunchreadyError
from launchready.monitors import Drill, aws, drill
from launchready.monitors.drill import can_drill, monitor_of
from launchready.monitors.edge_world import EdgeWorld
from launchready.rehearse import portal

Say = Callable[[str], None]
LOOPBACK = "127.0.0.1"


async def prepare(client: ClientFile, document: Mapping[str, Any], say: Say) -> None:
    """Everything but the drill: the portal, and this machine among those whom private hosts let in."""
    await put_portal(client, document, say)
    await let_in(client, document, say)


async def put_portal(client: ClientFile, document: Mapping[str, Any], say: Say) -> None:
    """The sample portal behind the declared portal's host, unless something answers there already.

    ``document``: the edge's, as it stands. Raises EdgeError, or InputError when a secret can't be read.
    """
    declared = client.portal
    if not isinstance(declared, Portal) or document.get("origin"):
        return
    host = declared.base.partition("://")[2].partition("/")[0].partition(":")[0]
    if host not in document.get("portals", ()):
        say("putting the sample portal behind its host")
        await portal.install(client, declared, document)


async def let_in(client: ClientFile, document: Mapping[str, Any], say: Say) -> None:
    """This machine (127.0.0.1) stands for a visitor whom the first private host lets in; others stay outside.

    Unless somebody has said already whom it stands for.
    """
    lists = [network for host in client.hosts.values() if isinstance(host.exposure, Exposure)
             for network in host.exposure.private.allow]  # fmt: skip
    if not lists or any(_holds(network, LOOPBACK) for network in lists):
        return
    known = await asyncio.to_thread(portal.control, document, "GET", "visitors", None)
    if LOOPBACK not in known["visitors"]:
        visitor = str(ipaddress.ip_network(lists[0], strict=False)[0])
        say(f"127.0.0.1 stands for {visitor}, whom private hosts let in")
        await asyncio.to_thread(portal.control, document, "POST", "visitors", {LOOPBACK: visitor})


def _holds(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


async def hold_drill(
    client: ClientFile, document: Mapping[str, Any], say: Say, *, unproved_only: bool = False
) -> Drill | None:
    """Break a watched path and see the alert arrive; None where the file declares nothing to drill.

    ``unproved_only``: not where a drill has proved it already.

    A drill that proves nothing is no error here: the verification finds its proof missing.
    """
    declared = declare(client)
    if not can_drill(client, declared):
        return None
    _, monitor, alarm = monitor_of(declared, None)
    world = EdgeWorld(document, monitor, alarm.region)
    try:
        target = await asyncio.to_thread(aws.find, world.client, alarm.name)
        if unproved_only and await asyncio.to_thread(aws.was_drilled, world.client, target):
            return None
        return await drill(client, declared, world, say=say)
    except LaunchreadyError as error:
        say(f"the drill could not be finished: {error}")
        return None
