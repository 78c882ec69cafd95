"""Lints of TXT records: quoting, string and record size."""

from __future__ import annotations

from collections.abc import Iterator

from launchready.client_file import rdata, txt
from launchready.client_file.lint.context import Context, Entry
from launchready.client_file.lint.registry import Hit, rule
from launchready.mailauth.quotas import TXT_RECORD, TXT_RRSET


@rule(
    "client_file.txt.syntax",
    reference="RFC 1035 §3.3.14, §5.1",
    fix="write the text without quotes (it is split as needed), or as quoted strings of at most 255 bytes",
)
def txt_content_is_well_formed(context: Context) -> Iterator[Hit]:
    """A TXT's quoted strings are closed and at most 255 bytes long."""
    for entry in context.of_type("TXT"):
        if entry.data is not None:
            continue
        reason = rdata.fault("TXT", entry.content or None, None, None)
        if reason:
            yield Hit(f"{entry.key}.content", f"TXT of {entry.name}: {reason}")


@rule(
    "client_file.txt.size",
    reference="Cloudflare error 9015; developers.cloudflare.com/dns (4,096 bytes on the wire)",
    fix="shorten it, or publish it at a URL",
)
def a_txt_record_fits(context: Context) -> Iterator[Hit]:
    """A TXT record is at most 4,096 bytes long on the wire."""
    for entry in context.of_type("TXT"):
        if len(entry.content) > TXT_RECORD // 4 and _size(entry) > TXT_RECORD:
            yield Hit(
                f"{entry.key}.content", f"TXT of {entry.name} takes {_size(entry)} bytes of {TXT_RECORD}"
            )


@rule(
    "client_file.txt.rrset_size",
    reference="developers.cloudflare.com/dns (8,192 characters for one name and type)",
    fix="remove verification records that have done their work, or move some to another name",
)
def the_txt_records_of_a_name_fit(context: Context) -> Iterator[Hit]:
    """All TXT content at one name is at most 8,192 characters long."""
    for (name, rdtype), entries in context.rrsets.items():
        if rdtype != "TXT" or len(entries) < 2:
            continue
        total = sum(len(e.content) for e in entries)
        if total > TXT_RRSET:
            yield Hit(entries[-1].key, f"the TXT records of {name} have {total} characters of {TXT_RRSET}")


def _size(entry: Entry) -> int:
    try:
        return txt.wire_size(txt.strings(entry.content))
    except ValueError:
        return 0
