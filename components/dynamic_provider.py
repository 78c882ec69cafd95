"""The provider of dynamic resources, given explicitly so that it gets no configuration of the client's.

The engine configures a default provider of dynamic resources with the whole configuration of the
project, every secret of the client file in it, and prints that in clear in its verbose log. An explicit
provider gets what it is given: how to reach Cloudflare, where the stack's configuration says so.
"""

from __future__ import annotations

import pulumi
from pulumi.runtime.config import get_config

PACKAGE = "pulumi-python"


def dynamic_provider(name: str = "dynamic") -> pulumi.ProviderResource:
    """The provider; hand it to the topmost component as ``providers={PACKAGE: …}``."""
    given: dict[str, pulumi.Input[str]] = {}
    base_url, token = get_config("cloudflare:baseUrl"), get_config("cloudflare:apiToken")
    if base_url:
        given["cloudflare:baseUrl"] = base_url
    if token:
        given["cloudflare:apiToken"] = pulumi.Output.secret(token)
    return pulumi.ProviderResource(PACKAGE, name, given)
