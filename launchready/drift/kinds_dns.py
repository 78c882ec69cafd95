"""Drift kinds of DNS: records, the zone itself, its delegation and DNSSEC."""

from __future__ import annotations

from launchready.drift.kinds import Kind, When, all_of, always, named, of_type, parts, tagged
from launchready.drift.types import Class, Difference, Risk

_CHANGED, _MISSING = Class.CHANGED, Class.MISSING
_UNMANAGED, _READ_ONLY = Class.UNMANAGED, Class.READ_ONLY
_OUTAGE, _SECURITY, _BENIGN = Risk.OUTAGE, Risk.SECURITY, Risk.BENIGN
_DATA = parts("content", "priority", "type")
_SPF, _DMARC, _DKIM = tagged("v=spf1"), tagged("v=dmarc1"), named("_domainkey")
_ADDRESS = of_type("A", "AAAA", "CNAME")


def _record(kind_id: str, presence: Class, risk: Risk, catches: str, why: str, when: When = always) -> Kind:
    return Kind(f"dns.{kind_id}", "dns", "record", presence, risk, catches, why, when)


def _proxy(to: bool) -> When:
    return lambda d: "proxied" in d.what and bool(d.facts["l"].get("proxied")) is to


def _only(*names: str) -> When:
    return lambda d: d.what <= frozenset(names)


def _of(area: str) -> When:
    return lambda d: d.fact("of") == area


def _stale_ds(difference: Difference) -> bool:
    return bool(difference.fact("stale"))


def _policy(difference: Difference) -> bool:
    return str(difference.fact("name")).startswith(("_mta-sts.", "_smtp._tls."))


def _apex(difference: Difference) -> bool:
    return bool(difference.fact("apex")) and difference.fact("siblings") == 1


def _wildcard(difference: Difference) -> bool:
    return str(difference.fact("name")).startswith("*.")


def _owner(name: str) -> When:
    return lambda d: d.fact("owner") == name


TABLE: tuple[Kind, ...] = (
    # ---- edited records
    _record("proxy.off", _CHANGED, _SECURITY, "a proxied host is DNS only",
            "the origin's address is public, and the edge protects, redirects and caches nothing",
            _proxy(False)),
    _record("proxy.on", _CHANGED, _OUTAGE, "a DNS-only host is proxied",
            "what is no HTTP breaks, and the origin sees the edge's addresses only", _proxy(True)),
    _record("mx.changed", _CHANGED, _OUTAGE, "a mail host was edited",
            "mail to the domain goes elsewhere, or bounces", all_of(of_type("MX"), _DATA)),
    _record("spf.changed", _CHANGED, _SECURITY, "the SPF record was edited",
            "others may send as the domain, or its own senders may not", all_of(_SPF, _DATA)),
    _record("dmarc.changed", _CHANGED, _SECURITY, "the DMARC policy was edited",
            "forged mail is no longer stopped, or reports go elsewhere", all_of(_DMARC, _DATA)),
    _record("dkim.changed", _CHANGED, _OUTAGE, "a DKIM key was edited",
            "signatures no longer verify: the sender's mail is quarantined", all_of(_DKIM, _DATA)),
    _record("mail_policy.changed", _CHANGED, _SECURITY, "the MTA-STS or TLS-RPT record was edited",
            "senders keep an old policy, or failures are reported elsewhere", all_of(_policy, _DATA)),
    _record("txt.changed", _CHANGED, _BENIGN, "another TXT record was edited",
            "a service may no longer recognise the domain as verified", all_of(of_type("TXT"), _DATA)),
    _record("caa.changed", _CHANGED, _SECURITY, "a CAA record was edited",
            "another authority may issue certificates, or the own one may not",
            all_of(of_type("CAA"), _DATA)),
    _record("srv.changed", _CHANGED, _OUTAGE, "an SRV record was edited",
            "clients of that service connect elsewhere", all_of(of_type("SRV"), _DATA)),
    _record("tlsa.changed", _CHANGED, _OUTAGE, "a TLSA record was edited",
            "clients that check DANE refuse the certificate", all_of(of_type("TLSA"), _DATA)),
    _record("ns.changed", _CHANGED, _SECURITY, "the delegation of a subdomain was edited",
            "others answer for everything below that name", all_of(of_type("NS"), _DATA)),
    _record("cname.changed", _CHANGED, _OUTAGE, "a CNAME leads elsewhere, or is one no longer",
            "visitors reach another server than the declared one",
            all_of(lambda d: "CNAME" in (d.fact("type"), d.fact("live_type")), _DATA)),
    _record("address.changed", _CHANGED, _OUTAGE, "an address was edited",
            "visitors reach another server than the declared one", all_of(of_type("A", "AAAA"), _DATA)),
    _record("data.changed", _CHANGED, _OUTAGE, "a record of another type was edited",
            "what reads it finds something else", _DATA),
    _record("ttl.changed", _CHANGED, _BENIGN, "a TTL was edited",
            "changes take longer to arrive, or are asked for more often", parts("ttl")),
    _record("note.changed", _CHANGED, _BENIGN, "a record's comment or tags were edited",
            "nothing is served differently", _only("comment", "tags")),
    # ---- deleted records
    _record("apex.missing", _MISSING, _OUTAGE, "the domain itself has no address",
            "the site is gone", all_of(_ADDRESS, _apex)),
    _record("address.missing", _MISSING, _OUTAGE, "a host has no address, or one less",
            "the host is gone, or answers from fewer servers", _ADDRESS),
    _record("mx.missing", _MISSING, _OUTAGE, "a mail host is gone",
            "mail to the domain bounces, or has no second way", of_type("MX")),
    _record("spf.missing", _MISSING, _SECURITY, "the SPF record is gone",
            "anyone may send as the domain, and its own mail is trusted less", _SPF),
    _record("dmarc.missing", _MISSING, _SECURITY, "the DMARC policy is gone",
            "forged mail as the domain is no longer stopped", _DMARC),
    _record("dkim.missing", _MISSING, _OUTAGE, "a DKIM key is gone",
            "signatures no longer verify: the sender's mail is quarantined", _DKIM),
    _record("caa.missing", _MISSING, _SECURITY, "a CAA record is gone",
            "any authority may issue, or the own one may no longer", of_type("CAA")),
    _record("ns.missing", _MISSING, _OUTAGE, "the delegation of a subdomain is gone",
            "everything below that name is gone", of_type("NS")),
    _record("txt.missing", _MISSING, _BENIGN, "another TXT record is gone",
            "a service may no longer recognise the domain as verified", of_type("TXT")),
    _record("record.missing", _MISSING, _OUTAGE, "a record of another type is gone",
            "what reads it finds nothing"),
    # ---- foreign records
    _record("spf.second", _UNMANAGED, _OUTAGE, "there is a second SPF record",
            "two are an error to every receiver (RFC 7208 §4.5): SPF fails for all mail",
            all_of(_SPF, lambda d: bool(d.fact("competes")))),
    _record("dmarc.second", _UNMANAGED, _SECURITY, "there is a second DMARC record",
            "two are none (RFC 7489 §6.6.3): forged mail is no longer stopped",
            all_of(_DMARC, lambda d: bool(d.fact("competes")))),
    _record("wildcard.added", _UNMANAGED, _SECURITY, "a wildcard answers for names that nobody declared",
            "any name below the domain exists, and leads where the wildcard says", _wildcard),
    _record("ns.added", _UNMANAGED, _SECURITY, "a subdomain is delegated away",
            "others answer for everything below that name, with certificates of their own",
            of_type("NS", "DS")),
    _record("mx.added", _UNMANAGED, _SECURITY, "a mail host that nobody declared",
            "part of the mail, password resets among it, goes there", of_type("MX")),
    _record("dkim.added", _UNMANAGED, _SECURITY, "a DKIM key that nobody declared",
            "who has its private half signs as the domain", _DKIM),
    _record("caa.added", _UNMANAGED, _SECURITY, "a CAA record that nobody declared",
            "one more authority may issue certificates", of_type("CAA")),
    _record("address.added", _UNMANAGED, _SECURITY, "a host, or an address of one, that nobody declared",
            "what answers there speaks as the domain: a forgotten server can be taken over", _ADDRESS),
    _record("record.added", _UNMANAGED, _BENIGN, "another record that nobody declared",
            "nobody knows what it is for, and nobody will take it away"),
    # ---- other people's records
    _record("mail_routing.competes", _READ_ONLY, _SECURITY, "mail routing stands beside the declared mail",
            "part of the mail is taken in by Cloudflare's mail routing, which nobody declared",
            all_of(_owner("mail_routing"), lambda d: bool(d.fact("competes")))),
    _record("mail_routing", _READ_ONLY, _BENIGN, "a record of Cloudflare's mail routing",
            "mail routing keeps it, and only mail routing can change it", _owner("mail_routing")),
    _record("acme", _READ_ONLY, _BENIGN, "a challenge record of a certificate authority",
            "it comes and goes with the certificate", _owner("acme")),
    _record("managed", _READ_ONLY, _BENIGN, "a record that a Cloudflare product keeps",
            "only that product can change it", _owner("managed")),
    # ---- the zone
    Kind("dns.zone.missing", "dns", "zone", _MISSING, _OUTAGE, "the zone is gone from Cloudflare",
         "nothing of the domain is served", always),
    Kind("dns.zone.other", "dns", "zone_id", _CHANGED, _OUTAGE, "there is another zone of the same name",
         "it was deleted and made again: what is live is not what was launched", always),
    Kind("dns.zone.paused", "dns", "paused", _CHANGED, _OUTAGE, "the zone is paused",
         "origins are public; redirects, TLS settings and protection are off", always),
    Kind("dns.delegation.missing", "dns", "delegation", _MISSING, _OUTAGE, "the parent does not delegate",
         "nobody finds the domain", always),
    Kind("dns.delegation.changed", "dns", "delegation", _CHANGED, _OUTAGE,
         "the parent delegates to other name servers", "others answer for the whole domain", always),
    Kind("dns.dnssec.off", "dns", "dnssec", _CHANGED, _SECURITY, "the zone is no longer signed",
         "answers can be forged; with a DS at the parent, resolvers that validate find nothing",
         always),
    Kind("dns.ds.missing", "dns", "ds", _MISSING, _SECURITY, "the parent has no DS record",
         "signatures are checked by nobody", always),
    Kind("dns.ds.stale", "dns", "ds", _CHANGED, _OUTAGE, "the parent has a DS of another key",
         "for resolvers that validate, the domain may be gone at any change of keys", _stale_ds),
    # ---- the state only
    Kind("dns.record.state", "dns", "state", _CHANGED, _BENIGN, "only the state has another record",
         "live is as declared; the next launch would change it for nothing", _of("record")),
    Kind("dns.record.lost", "dns", "state", _MISSING, _BENIGN, "a declared record is not in the state",
         "the launch was cut off, or somebody made it by hand: it is not launched again", _of("record")),
)  # fmt: skip
