"""The edge's authoritative DNS: what the API accepted, served over UDP and TCP as Cloudflare serves it."""
