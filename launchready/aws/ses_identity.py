"""The life of the resource SesIdentity, for ``components.aws.shell.Shell`` (see there for the functions).

Properties given: ``domain``, ``region``, ``mail_from``, ``selector`` (None: Easy DKIM), ``private_key``
(sealed, with ``selector`` only), ``owner``. Found out: ``tokens``, ``adopted``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launchready.aws.ses import OwnKey, Ses
from launchready.client_file.sealed import opened
from launchready.mailauth.dkim_keys import bare_private_key

Props = dict[str, Any]
_REPLACES = ("domain", "region")
_CHANGES = ("mail_from", "selector", "private_key")


def create(props: Mapping[str, Any]) -> tuple[str, Props]:
    """Makes the identity, or takes one over that is there. Raises InputError or ApiError."""
    ses = Ses.at(props["region"])
    before = ses.read(props["domain"])
    identity = ses.ensure(props["domain"], _key(props), props.get("mail_from"), props["owner"])
    adopted = before is not None and not before.ours
    return f"{props['region']}/{props['domain']}", _outs(props, identity.tokens, adopted)


def update(_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Props:
    """Changes signing and MAIL FROM. Raises InputError or ApiError."""
    ses = Ses.at(news["region"])
    key = _key(news)
    signing = any(olds.get(name) != news.get(name) for name in ("selector", "private_key"))
    if signing and ses.read(news["domain"]) is not None:
        ses.sign_with(news["domain"], key)
        ses.set_mail_from(news["domain"], news.get("mail_from"))
        identity = ses.read(news["domain"])
    else:
        identity = ses.ensure(news["domain"], key, news.get("mail_from"), news["owner"])
    return _outs(news, identity.tokens if identity is not None else (), bool(olds.get("adopted")))


def diff(_id: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> tuple[bool, list[str], bool]:
    """An identity is where it is: another domain or region is another identity."""
    replaces = [name for name in _REPLACES if olds.get(name) != news.get(name)]
    changed = [name for name in _CHANGES if olds.get(name) != news.get(name)]
    return bool(replaces or changed), replaces, False


def read(id_: str, props: Mapping[str, Any]) -> tuple[str, Props] | None:
    """As it is now, so that a refresh shows what somebody changed; None when it is gone."""
    identity = Ses.at(props["region"]).read(props["domain"])
    if identity is None:
        return None
    seen = {**props, "mail_from": identity.mail_from}
    if props.get("selector") is None and identity.origin != "AWS_SES":
        seen["selector"] = identity.selector or "(another)"
    elif props.get("selector") is not None and identity.selector not in (None, props["selector"]):
        seen["selector"] = identity.selector
    return id_, _outs(seen, identity.tokens, bool(props.get("adopted")))


def delete(_id: str, props: Mapping[str, Any]) -> None:
    """An identity that was there before the launch stays, as an adopted zone does."""
    if not props.get("adopted"):
        Ses.at(props["region"]).delete(props["domain"])


def _key(props: Mapping[str, Any]) -> OwnKey | None:
    selector = props.get("selector")
    if selector is None:
        return None
    return OwnKey(selector, bare_private_key(opened(str(props["private_key"]))))


def _outs(props: Mapping[str, Any], tokens: tuple[str, ...], adopted: bool) -> Props:
    return {**props, "tokens": list(tokens), "adopted": adopted}
