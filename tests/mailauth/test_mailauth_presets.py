"""The presets' data holds together and can be served as it is."""

from __future__ import annotations

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest

from launchready.mailauth.presets import OWN_DOMAIN, PRESETS, world_records


def test_every_name_of_the_world_is_valid_dns() -> None:
    world = world_records()
    assert len(world) > 30
    for name, types in world.items():
        assert name == name.lower().rstrip(".")
        dns.name.from_text(name)
        for rdtype, values in types.items():
            assert values
            for value in values:
                dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(rdtype), value)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_a_preset_serves_what_it_asks_a_domain_to_name(preset) -> None:
    world = world_records()
    if preset.spf_include:
        assert "TXT" in world[preset.spf_include]
    for _priority, host in preset.mx("acme.example"):
        wildcard = "*." + host.split(".", 1)[1]
        assert "A" in (world.get(host) or world[wildcard])
    assert preset.receives == bool(preset.mx("acme.example"))
    assert preset.aligned_spf == (preset.return_path == OWN_DOMAIN)
    assert preset.sources


def test_names_are_filled_in_from_the_domain() -> None:
    assert PRESETS["microsoft365"].mx("acme.example") == [(0, "acme-example.mail.protection.outlook.com")]
    assert PRESETS["fastmail"].dkim.cname("fm1", "acme.example") == "fm1.acme.example.dkim.fmhosted.com"
    assert PRESETS["google"].dkim.cname("google", "acme.example") is None


def test_only_a_sender_whose_return_path_is_the_domain_is_included_at_the_apex() -> None:
    assert {name for name, preset in PRESETS.items() if preset.at_apex()} == {
        "google", "microsoft365", "mailgun", "zoho", "fastmail",
    }  # fmt: skip
