"""The Cloudflare API gateway: a loopback proxy that saves calls and keeps within the API's limits.

    async with Gateway(upstream_base_url, token) as gateway:
        …CLOUDFLARE_BASE_URL=gateway.base_url…
        gateway.stats.writes

Writes of DNS records that arrive close together become one batch, reads of single records are served
from one read of the whole zone, every call waits for the budget, and everything else passes through.

    gateway     the proxy and its routes
    upstream    calls to the real API: budget, 429s, bounds, counting
    budget      how many calls in how many seconds
    operations  one DNS record write, as a call and as a part of a batch
    writes      one zone's writes: coalescing, finding the culprit, lost answers
    careful     other writes: looked up, or made again, when their answer is lost
    zone_reads  one zone's records, read whole
    pace        patience, from an environment variable
    answers     the API's envelope
"""

from launchready.gateway.gateway import Gateway
from launchready.gateway.pace import pace
from launchready.gateway.upstream import Stats

__all__ = ["Gateway", "Stats", "pace"]
