"""What moto's SESv2 lacks and a launch needs: another DKIM signing key, and what an identity signs with.

moto dispatches a path by botocore's model to a method of its response class; a path and a method are added
there, over moto's own store, and only where moto has none. Before moto's server starts.
"""

from __future__ import annotations

import json
from typing import Any

SIGNING_PATH = "{0}/v2/email/identities/(?P<EmailIdentity>[^/]+)/dkim/signing$"


def fill_gaps() -> None:
    """Adds the missing operations to moto; doing it twice is once."""
    from moto.sesv2 import urls
    from moto.sesv2.responses import SESV2Response

    operation = put_email_identity_dkim_signing_attributes
    if not hasattr(SESV2Response, operation.__name__):
        setattr(SESV2Response, operation.__name__, operation)
        urls.url_paths[SIGNING_PATH] = SESV2Response.dispatch


def put_email_identity_dkim_signing_attributes(self: Any) -> str:
    """``PUT /v2/email/identities/{EmailIdentity}/dkim/signing``: keys of SES's own, or one that is given."""
    params = json.loads(self.body or "{}")
    name = self._get_param("EmailIdentity") or self.parsed_url.path.split("/identities/")[1].split("/")[0]
    identity = self.sesv2_backend.get_email_identity(name)
    origin = params.get("SigningAttributesOrigin", "AWS_SES")
    identity.dkim_signing_attributes = params.get("SigningAttributes") or {}
    identity.dkim_attributes.update(SigningAttributesOrigin=origin, SigningEnabled=True, Status="SUCCESS")
    if origin == "EXTERNAL":
        tokens = [identity.dkim_signing_attributes["DomainSigningSelector"]]
        identity.dkim_attributes["Tokens"] = tokens
    else:
        identity.dkim_attributes.pop("Tokens", None)
    return json.dumps({"DkimStatus": "SUCCESS", "DkimTokens": identity.dkim_attributes.get("Tokens", [])})
