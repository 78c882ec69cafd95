"""How much fits: the limits of SPF and of TXT records, in one table.

Sources: RFC 7208 §4.6.4 and §3.4; RFC 1035 §3.3.14; developers.cloudflare.com/dns (TXT), November 2026.
"""

from __future__ import annotations

from typing import Final

SPF_LOOKUPS: Final = 10
"""Terms of an evaluation that ask DNS; one more is a permanent error."""
SPF_VOID_LOOKUPS: Final = 2
"""Of them, those that may find nothing."""
SPF_MX_HOSTS: Final = 10
SPF_PTR_NAMES: Final = 10

TXT_STRING: Final = 255
"""Bytes of one character string."""
TXT_RECORD: Final = 4_096
"""Bytes of one record's RDATA that Cloudflare takes, length bytes included."""
TXT_RRSET: Final = 8_192
"""Characters of all TXT content at one name that Cloudflare takes."""

SPF_SIZES: Final = (450, 1_200, 3_800)
"""Characters of one SPF record, the best first: fits an answer of 512 bytes (RFC 7208 §3.4), an answer
that needs no TCP with EDNS (RFC 9715), the largest record that is taken."""
