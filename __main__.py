"""One client's launch: the stack's file, typed, judged, declared."""

from pathlib import Path

import pulumi

from components.client_launch import ClientLaunch, ClientLaunchArgs
from components.program import client_of_stack, readable_errors

with readable_errors():
    client = client_of_stack(Path(__file__).parent)
    arguments = ClientLaunchArgs.of(client)
for name, value in ClientLaunch(client.client, arguments).outputs.items():
    pulumi.export(name, value)
