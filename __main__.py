"""One client's launch: the stack's file, typed, judged, declared."""

from pathlib import Path

import pulumi

from components.client_launch import ClientLaunch, ClientLaunchArgs
from components.program import client_of_stack

client = client_of_stack(Path(__file__).parent)
launch = ClientLaunch(client.client, ClientLaunchArgs.of(client))
for output, value in launch.outputs.items():
    pulumi.export(output, value)
