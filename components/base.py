"""What every component shares: its type token, and how it is named."""

from __future__ import annotations

import pulumi

NAMESPACE = "launchready:index"


class Component(pulumi.ComponentResource):
    """A component of a launch; its type is ``launchready:index:<class name>``."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"{NAMESPACE}:{type(self).__name__}", name, {}, opts)


def urn_prefix(kind: str, child_type: str) -> str:
    """What the URN of every child of one of ClientLaunch's components begins with; its name follows.

    Aliases are spelled out as URNs, since the SDK takes a third longer for a resource with a structured
    alias.
    """
    types = f"{NAMESPACE}:ClientLaunch${NAMESPACE}:{kind}${child_type}"
    return f"urn:pulumi:{pulumi.get_stack()}::{pulumi.get_project()}::{types}::"
