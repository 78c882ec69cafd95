"""Row ``email_auth``: SPF, DMARC, DKIM, mail exchangers and their reports, as receivers see them.

Importing the package registers its checks, in the order in which a reader wants them.
"""

from launchready.checklist.email_auth import spf_policy

# isort: split
from launchready.checklist.email_auth import spf_limits

# isort: split
from launchready.checklist.email_auth import return_path, spf_flattened

# isort: split
from launchready.checklist.email_auth import dmarc, dmarc_accepts

# isort: split
from launchready.checklist.email_auth import dkim

# isort: split
from launchready.checklist.email_auth import created

# isort: split
from launchready.checklist.email_auth import bimi_logo, exchangers, reports

# isort: split
from launchready.checklist.email_auth import mta_sts

__all__ = [
    "bimi_logo",
    "created",
    "dkim",
    "dmarc",
    "dmarc_accepts",
    "exchangers",
    "mta_sts",
    "reports",
    "return_path",
    "spf_flattened",
    "spf_limits",
    "spf_policy",
]
