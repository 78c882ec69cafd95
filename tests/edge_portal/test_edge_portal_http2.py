"""A form that arrives in one piece over HTTP/2, headers and body at once, is read whole."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path

import h2.config
import h2.connection
import h2.events

from tests.edge_portal.portal_kit import HOST, stage


async def test_a_body_that_comes_with_its_headers_is_not_lost(tmp_path: Path) -> None:
    async with stage(tmp_path) as portal:
        document = portal.edge.document()
        host, _, port = str(document["https"]).rpartition(":")
        context = ssl.create_default_context(cafile=str(document["ca"]))
        context.set_alpn_protocols(["h2"])
        reader, writer = await asyncio.open_connection(host, int(port), ssl=context, server_hostname=HOST)
        client = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="utf-8"))
        client.initiate_connection()
        writer.write(client.data_to_send())
        body = json.dumps({"email": "nobody@x.example", "password": "wrong"}).encode()
        head = [
            (":method", "POST"), (":scheme", "https"), (":authority", HOST), (":path", "/api/login"),
            ("content-type", "application/json"), ("content-length", str(len(body))),
        ]  # fmt: skip
        client.send_headers(1, head)
        client.send_data(1, body, end_stream=True)
        writer.write(client.data_to_send())  # one piece
        status = ""
        async with asyncio.timeout(20):
            while not status:
                for event in client.receive_data(await reader.read(65_536)):
                    if isinstance(event, h2.events.ResponseReceived):
                        status = dict(event.headers)[":status"]
                writer.write(client.data_to_send())
        writer.close()
        assert status == "401", "read, and refused for what it says"
