"""A local ``pulumi-resource-cloudflare``: the stand-in for the official plugin, on loopback only.

It speaks the engine's ``ResourceProvider`` protocol on the Pulumi SDK's gRPC stubs and Cloudflare's
API through the official Python SDK, with the type tokens and property names of ``pulumi-cloudflare``
and the requests that the official plugin sends. It refuses every API address that is not loopback.

    server     the process: prints its port, ends with its engine
    servicer   the gRPC methods
    config     provider configuration and the loopback rule
    api        calls to the API: retries, errors, limits
    values     the engine's property values, with secrets and unknowns
    names      camelCase ↔ snake_case
    kind       what a resource kind is; one module for each in ``kinds``
    canonical  one spelling for what Cloudflare respells (names, addresses, TXT)
    differ     which properties differ, as property paths
    invokes    the look-ups getZone and getZones
"""
