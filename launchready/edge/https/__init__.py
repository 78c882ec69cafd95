"""The edge's HTTPS and HTTP front: per-host TLS, Cloudflare's phases, a proxy to the origins.

``launchready.edge.https.server.Https`` is the whole of it (imported from there: the origins use the
listeners of this package, so it imports nothing itself).
"""
