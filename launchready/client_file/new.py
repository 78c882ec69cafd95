"""Writing a new client file: commented, valid, and clean under every lint."""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path

from launchready.client_file.files import write_atomically
from launchready.client_file.loader import STACKS, valid_client_name
from launchready.client_file.names import is_hostname, to_ascii
from launchready.client_file.secrets import PassphraseKey, RandomBytes
from launchready.client_file.yaml_text import flow, scalar
from launchready.errors import InputError, Where
from launchready.mailauth.presets import PRESETS

HEADER = """\
# yaml-language-server: $schema=../launchready/client_file/schema.json
# The launch of {domain}. Every key: `launch schema`. Try it: `launch rehearse {client}`.
config:
  launchready:domain: {domain}
  # Cloudflare account id, quoted; a rehearsal uses the edge's own.
  # launchready:account: "0123456789abcdef0123456789abcdef"
  launchready:plan: free                # free | pro | business | enterprise
"""

FOOTER = """\
  # DNS records beside hosts.
  # launchready:records:
  #   - {name: "@", type: TXT, content: "google-site-verification=…"}
  # Redirects, tried in this order; * matches anything, ${1} is what the first * matched.
  # launchready:redirects:
  #   - {from: "acme.example/old/*", to: "https://acme.example/new/${1}", status: 301}
  # TLS: strict to the origin, 1.2 at least, HSTS, DNSSEC and CAA are the defaults.
  # launchready:tls: {min_version: "1.3"}
  launchready:portal: none
  launchready:monitors: none
"""


def new_client(
    client: str,
    domain: str,
    *,
    address: Sequence[str] | str | None = None,
    mail: Sequence[str] | str = "none",
    root: Path,
    passphrase: str | None = None,
    random: RandomBytes = os.urandom,
) -> Path:
    """Write ``stacks/Pulumi.<client>.yaml`` under ``root`` and return its path.

    ``address``: the origin's addresses. ``mail``: preset names, or ``none`` for a domain that never mails.
    With a passphrase the file gets an ``encryptionsalt`` for it. Raises InputError when the client
    exists already, or a value is no client name, domain, address or preset.
    """
    if not valid_client_name(client):
        raise InputError(
            f"{client!r} is no client name",
            fix="use letters, digits, -, _ and ., beginning with a letter or digit",
        )
    name = _domain(domain)
    addresses = _addresses(address)
    senders = _senders(mail)
    path = root / STACKS / f"Pulumi.{client}.yaml"
    if path.exists():
        raise InputError("exists already and is never overwritten", where=Where(path), fix="edit it")
    text = (
        HEADER.format(domain=scalar(name), client=client) + _hosts(addresses) + _email(senders, name) + FOOTER
    )
    text = text.replace("acme.example", name)
    if passphrase is not None:
        text += f"encryptionsalt: {PassphraseKey.create(passphrase, random=random).encryptionsalt}\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text, replace=False)
    return path


def _domain(domain: str) -> str:
    try:
        name = to_ascii(domain)
    except ValueError as error:
        raise InputError(f"{domain!r} is no domain: {error}", fix="write it as acme.example") from None
    if "." not in name or not is_hostname(name) or name.rpartition(".")[2].isdigit():
        raise InputError(f"{domain!r} is no domain of two labels or more", fix="write it as acme.example")
    return name


def _addresses(address: Sequence[str] | str | None) -> list[str]:
    given = [address] if isinstance(address, str) else list(address or ())
    found = []
    for text in given:
        try:
            found.append(str(ipaddress.ip_address(text.strip())))
        except ValueError:
            raise InputError(f"{text!r} is no IP address", fix="give --address 203.0.113.10") from None
    return list(dict.fromkeys(found))


def _senders(mail: Sequence[str] | str) -> list[str]:
    given = [mail] if isinstance(mail, str) else list(mail)
    names = list(dict.fromkeys(name.strip().lower() for name in given))
    if names in (["none"], []):
        return []
    for name in names:
        if name not in PRESETS:
            choices = (*PRESETS, "none")
            near = difflib.get_close_matches(name, choices, 1)
            fix = f"did you mean `{near[0]}`?" if near else f"one of {', '.join(choices)}"
            raise InputError(
                f"there is no mail preset {name!r}", fix=fix if name != "none" else "give it alone"
            )
    return names


def _hosts(addresses: list[str]) -> str:
    if not addresses:
        return """\
  # What answers where. Give the apex its origin, and www follows:
  # launchready:hosts:
  #   "@": {address: 203.0.113.10, proxied: true}
  #   www: {redirect: "@"}
"""
    origin = flow({"address": addresses[0] if len(addresses) == 1 else addresses, "proxied": True})
    return f"""\
  # What answers where: an address, a cname or a redirect to another host.
  launchready:hosts:
    "@": {origin}
    www: {{redirect: "@"}}
"""


def _email(senders: list[str], domain: str) -> str:
    if not senders:
        return """\
  # This domain never mails: SPF -all, DMARC reject, null MX.
  launchready:email: {senders: []}
"""
    receiver = next((name for name in senders if PRESETS[name].receives), None)
    lines = ["  # Who sends as the domain; SPF and DMARC are made from it.", "  launchready:email:"]
    lines.append(f"    senders: {flow(senders)}")
    if receiver is not None:
        lines.append(f"    receive: {receiver}")
    lines.append(f"    dmarc: {{policy: quarantine, rua: [{scalar(f'mailto:dmarc@{domain}')}]}}")
    for name in senders:
        lines += _dkim_hint(name, domain)
    return "\n".join(lines) + "\n"


def _dkim_hint(name: str, domain: str) -> list[str]:
    """Comments on where a sender's DKIM keys come from; nothing for keys that follow from the domain."""
    shape = PRESETS[name].dkim
    if shape.target is not None and shape.selectors and "{account}" not in shape.target:
        return []
    selector = shape.selectors[0] if shape.selectors else "SELECTOR"
    value = "{public_key: MIIB…}"
    if shape.target is not None:
        value = f"{{cname: {shape.cname(selector, domain, account='ACCOUNT')}}}"
    return [
        f"    # DKIM of {PRESETS[name].title}: {shape.note}",
        f"    # dkim: {{{selector}: {value}}}",
    ]
