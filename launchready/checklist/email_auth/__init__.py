"""Row ``email_auth``: SPF, DMARC, DKIM, mail exchangers and their reports, as receivers see them.

Importing the package registers its checks.
"""

from launchready.checklist.email_auth import (
    dkim,
    dmarc,
    exchangers,
    reports,
    spf_limits,
    spf_policy,
)

__all__ = ["dkim", "dmarc", "exchangers", "reports", "spf_limits", "spf_policy"]
