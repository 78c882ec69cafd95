"""What a client file declares of things that are known only after creation, and how outputs complete it."""

from __future__ import annotations

from typing import Any

import pytest

from launchready.client_file.model import ClientFile
from launchready.declared import Declared, declare, resolve
from launchready.declared.created import NOT_READ, dropped_keys, needs_outputs
from launchready.declared.mta_sts import policy_id, source
from launchready.errors import InputError
from launchready.mailauth import mta_sts

OWN = {"name": "app", "spf": ["ip4:198.51.100.7"]}
RECORD = "v=DKIM1; k=rsa; p=" + "A" * 392
CREATED = "2026-11-24T12:00:00Z"
OUTPUTS: dict[str, Any] = {
    "dkim_keys": {"s1": {"record": RECORD, "created": CREATED, "algorithm": "rsa"}},
    "ses_dkim_tokens": ["aaa", "bbb", "ccc"],
}


def plan(email: dict[str, Any], **more: Any) -> Declared:
    values = {"domain": "acme.example", "hosts": {"@": {"address": "203.0.113.10"}}, "email": email, **more}
    return declare(ClientFile.model_validate({"client": "acme", **values}))


def own(**email: Any) -> Declared:
    return plan({"senders": [OWN], "dkim": {"s1": {"generate": "rsa"}}, **email})


def names(declared: Declared, kind: str) -> dict[str, str]:
    return {record.name: record.content for record in declared.records if record.type == kind}


def test_a_generated_key_is_a_placeholder_until_its_output_is_known() -> None:
    declared = own()
    assert "s1._domainkey.acme.example" not in names(declared, "TXT")
    (pending,) = declared.pending
    assert (pending.record.name, pending.source.output) == ("s1._domainkey.acme.example", "dkim_keys")
    assert pending.reason == NOT_READ
    assert pending.record.resource == "s1._domainkey/TXT/dkim"
    assert needs_outputs(declared)


def test_outputs_complete_it_in_strings_of_255_bytes() -> None:
    resolved = resolve(own(), OUTPUTS)
    served = names(resolved, "TXT")["s1._domainkey.acme.example"]
    assert served == f'"{RECORD[:255]}" "{RECORD[255:]}"'
    assert resolved.pending == ()
    assert resolved.dkim_keys[0].created == CREATED


def test_a_public_key_of_the_file_has_the_same_resource() -> None:
    given = plan({"senders": [OWN], "dkim": {"s1": {"public_key": "A" * 392}}})
    resource = next(r.resource for r in given.records if "s1._domainkey" in r.name)
    assert resource == own().pending[0].record.resource


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        {},
        {"dkim_keys": None},
        {"dkim_keys": {"s1": "[secret]"}},
        {"dkim_keys": {"s1": {"record": 5}}},
        {"dkim_keys": {"s2": {"record": RECORD}}},
        {"dkim_keys": {"s1": {"record": '"broken'}}},
    ],
)
def test_what_the_outputs_lack_stays_open_with_its_reason(outputs: dict[str, Any] | None) -> None:
    resolved = resolve(own(), outputs)
    (pending,) = resolved.pending
    assert "s1._domainkey.acme.example" not in names(resolved, "TXT")
    assert ("not read" in pending.reason) is (outputs is None)
    assert resolved.dkim_keys[0].created is None


def test_a_retired_key_stays_published_and_a_revoked_one_is_an_empty_key() -> None:
    declared = own(
        dkim={
            "old": {"generate": "rsa", "revoked": True},
            "s0": {"generate": "rsa", "until": "2027-01-31"},
            "s1": {"generate": "ed25519"},
        }
    )
    assert names(declared, "TXT")["old._domainkey.acme.example"] == '"v=DKIM1; k=rsa; p="'
    assert [p.record.name.partition(".")[0] for p in declared.pending] == ["s0", "s1"]
    assert [(k.selector, k.active, k.algorithm) for k in declared.dkim_keys] == [
        ("s0", False, "rsa"),
        ("s1", True, "ed25519"),
    ]


@pytest.mark.parametrize(
    "key",
    [
        {},
        {"generate": "rsa", "public_key": "AAAA"},
        {"generate": "dsa"},
        {"cname": "a.example", "revoked": True},
        {"public_key": "AAAA", "until": "2027-01-31"},
    ],
)
def test_a_selector_is_one_thing(key: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="dkim"):
        own(dkim={"s1": key})


def test_private_keys_are_kept_beside_the_applications_variables() -> None:
    store = own().key_store
    assert store is not None
    assert (store.target, store.region, store.path_of("s1")) == (
        "ssm",
        "us-east-1",
        "/launchready/acme/dkim/s1",
    )
    elsewhere = plan(
        {"senders": [OWN], "dkim": {"s1": {"generate": "rsa"}}},
        environment={"target": "secretsmanager", "region": "eu-west-1", "path": "/acme/prod", "kms": "aws"},
    ).key_store
    assert elsewhere is not None
    assert (elsewhere.target, elsewhere.path_of("s1")) == ("secretsmanager", "/acme/prod/dkim/s1")
    assert elsewhere.key_id == "alias/aws/secretsmanager"
    assert plan({"senders": ["google"]}).key_store is None


SES = {"senders": ["ses"], "ses": {"region": "eu-west-1", "mail_from": "bounce"}}


def test_easy_dkims_names_come_from_the_identity() -> None:
    declared = plan(SES)
    assert [p.record.resource for p in declared.pending] == [
        f"ses-dkim-{number}._domainkey" for number in (1, 2, 3)
    ]
    served = names(resolve(declared, OUTPUTS), "CNAME")
    assert served == {
        f"{t}._domainkey.acme.example": f"{t}.dkim.amazonses.com" for t in ("aaa", "bbb", "ccc")
    }
    bad = resolve(declared, {"ses_dkim_tokens": ["aaa", "not a label", 7]})
    assert len(bad.pending) == 2


def test_the_return_path_has_its_records_and_is_the_identitys() -> None:
    declared = plan(SES)
    path = "bounce.acme.example"
    assert names(declared, "MX")[path] == "feedback-smtp.eu-west-1.amazonses.com"
    assert names(declared, "TXT")[path] == '"v=spf1 include:amazonses.com ~all"'
    assert declared.ses is not None
    assert (declared.ses.mail_from, declared.ses.byodkim) == (path, None)


def test_tokens_that_the_file_has_already_need_no_placeholder() -> None:
    tokens = {t: {"cname": f"{t}.dkim.amazonses.com"} for t in ("aaa", "bbb", "ccc")}
    assert plan({**SES, "dkim": tokens}).pending == ()


def test_plain_ses_makes_no_identity() -> None:
    declared = plan({"senders": ["ses"]})
    assert (declared.ses, declared.pending) == (None, ())


STS = {"senders": ["google"], "receive": "google", "tls_rpt": ["mailto:tls@acme.example"]}


def served_policy(declared: Declared) -> mta_sts.Policy:
    return mta_sts.parse_policy(declared.workers[0].bindings[0].text)


def test_the_policy_names_the_declared_mail_hosts_and_is_one() -> None:
    declared = plan({**STS, "mta_sts": "testing"})
    policy = served_policy(declared)
    assert (policy.mode, policy.mx, policy.max_age, policy.problems) == (
        "testing",
        ("smtp.google.com",),
        604_800,
        (),
    )
    (worker,) = declared.workers
    assert (worker.pattern, worker.host) == ("mta-sts.acme.example/*", "mta-sts.acme.example")
    assert worker.name.startswith("mta-sts-acme-example-")
    host = next(record for record in declared.records if record.name == worker.host)
    assert (host.type, host.content, host.proxied) == ("AAAA", "100::", True)
    assert "export default" in source(worker.module)


def test_the_id_changes_with_the_policy_and_only_with_it() -> None:
    def announced(policy: Any, **more: Any) -> str:
        return names(plan({**STS, "mta_sts": policy}, **more), "TXT")["_mta-sts.acme.example"]

    testing = announced("testing")
    assert mta_sts.parse_record(testing.strip('"')).problems == ()
    assert announced({"mode": "testing"}) == testing
    assert announced("testing", redirects=[]) == testing
    different = {testing, announced("enforce"), announced({"mode": "testing", "max_age": "30d"})}
    assert len(different) == 3
    assert policy_id("a") != policy_id("b")


def test_patterns_take_the_place_of_the_hosts() -> None:
    policy = served_policy(plan({**STS, "mta_sts": {"mode": "enforce", "mx": ["*.google.com"]}}))
    assert policy.mx == ("*.google.com",)
    assert policy.allows("smtp.google.com")


def test_explicit_mail_hosts_are_in_the_policy() -> None:
    mx = [{"name": "@", "type": "MX", "content": f"mx{n}.acme.example", "priority": n} for n in (2, 1)]
    hosts = {"mx1": {"address": "203.0.113.1", "proxied": False}, "mx2": {"address": "203.0.113.2"}}
    declared = plan({"senders": ["google"], "mta_sts": "testing"}, records=mx, hosts=hosts)
    assert served_policy(declared).mx == ("mx1.acme.example", "mx2.acme.example")


def test_a_host_of_ones_own_is_led_to_and_gets_no_worker() -> None:
    declared = plan({**STS, "mta_sts": {"mode": "testing", "host": "sts.host.example"}})
    assert declared.workers == ()
    assert names(declared, "CNAME")["mta-sts.acme.example"] == "sts.host.example"
    own_host = plan(
        {**STS, "mta_sts": {"mode": "testing", "host": "mta-sts.acme.example"}},
        hosts={"mta-sts": {"address": "203.0.113.11"}},
    )
    assert own_host.workers == ()
    assert "_mta-sts.acme.example" in names(own_host, "TXT")


def test_a_policy_without_a_mail_host_is_no_policy() -> None:
    with pytest.raises(InputError, match="takes mail"):
        plan({"senders": ["google"], "mta_sts": "testing"})


def test_wildcards_leave_the_policy_host_alone() -> None:
    declared = plan(
        {**STS, "mta_sts": "enforce"},
        hosts={"@": {"address": "203.0.113.10"}, "*": {"redirect": "@"}},
        redirects=[
            {"from": "*.acme.example/*", "to": "https://acme.example/"},
            {"from": "www.acme.example/*", "to": "https://acme.example/"},
        ],
    )
    starred, plain, host = (rule.expression for rule in declared.redirects)
    assert "mta-sts.acme.example" in starred
    assert "mta-sts.acme.example" not in plain
    assert "mta-sts.acme.example" in host
    private = plan(
        {**STS, "mta_sts": "enforce"},
        hosts={"*": {"address": "203.0.113.11", "exposure": {"private": {"allow": ["198.51.100.0/24"]}}}},
    )
    (closing,) = private.rulesets["http_request_firewall_custom"]
    assert 'not http.host in {"mta-sts.acme.example"}' in closing.expression


def test_an_advanced_certificate_has_every_proxied_name_that_needs_it() -> None:
    hosts = {
        "@": {"address": "203.0.113.10"},
        "a.b": {"address": "203.0.113.11"},
        "*.pages": {"address": "203.0.113.12"},
        "c.d": {"address": "203.0.113.13", "proxied": False},
        "www": {"redirect": "@"},
    }
    declared = plan(
        {"senders": []}, hosts=hosts, tls={"certificates": "advanced", "caa": ["letsencrypt.org"]}
    )
    assert declared.certificate is not None
    assert declared.certificate.hosts == (
        "acme.example",
        "*.acme.example",
        "*.pages.acme.example",
        "a.b.acme.example",
    )
    assert declared.certificate.authority == "lets_encrypt"
    assert plan({"senders": []}, hosts=hosts).certificate is None


def test_a_key_that_was_active_is_not_dropped_at_one_go() -> None:
    made = {"dkim_keys": {"s1": {"active": "yes"}, "s0": {"active": "no"}}}
    assert dropped_keys(["s2"], made) == ("s1",)
    assert dropped_keys(["s1", "s2"], made) == ()
    assert dropped_keys([], {"dkim_keys": "[secret]"}) == dropped_keys([], {}) == ()
