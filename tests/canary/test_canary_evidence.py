"""What a portal was asked and answered becomes evidence without its secrets, however they are written."""

from __future__ import annotations

import html
import json
from urllib.parse import quote, quote_plus, urlencode

import pytest

from launchready.evidence.portal.secrets import Secrets

VALUE = "p/4 \"é+<&'x"
WRITTEN = {
    "as it is": VALUE,
    "a query": urlencode({"password": VALUE}),
    "a path": quote(VALUE),
    "strictly": quote(VALUE, safe=""),
    "a form": quote_plus(VALUE),
    "JSON": json.dumps({"password": VALUE}),
    "JSON in UTF-8": json.dumps({"password": VALUE}, ensure_ascii=False),
    "HTML": f"<b>{html.escape(VALUE)}</b>",
    "HTML text": f"<b>{html.escape(VALUE, quote=False)}</b>",
}


@pytest.mark.parametrize("form", WRITTEN)
def test_a_secret_is_taken_out_and_named(form: str) -> None:
    secrets = Secrets("nonce")
    secrets.add("ada's password", VALUE)
    shown, names = secrets.clean(WRITTEN[form].encode())
    assert names == ("ada's password",)
    assert b"p/4" not in shown
    assert b"p%2F4" not in shown
    assert b"****" in shown
