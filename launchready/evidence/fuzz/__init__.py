"""Invalid data made from a portal's own OpenAPI description, by schemathesis in a process of its own.

schemathesis speaks to a forwarder on loopback only, and never learns a credential: a mark stands for it.
"""
