"""Every lint catches its bad twin, says where and what to do, and leaves good files alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from launchready.client_file import read, yaml12
from launchready.client_file.lint import LINTS, Level, lint, refuse_errors
from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.errors import ClientFileError
from tests.client_file import monitors_twins
from tests.client_file.good_files import GOOD
from tests.client_file.lint_twins import CHECKS, TODAY, TWINS, client_file, observed, problems


@pytest.mark.parametrize("lint_id", TWINS)
def test_a_bad_twin_trips_its_lint_and_no_other(lint_id: str) -> None:
    assert lint_id in TWINS[lint_id].trips
    assert observed(TWINS[lint_id]) == TWINS[lint_id].trips


@pytest.mark.parametrize("lint_id", LINTS.ids)
def test_a_lint_that_is_taken_away_is_missed(lint_id: str) -> None:
    without = LINTS.without(lint_id)
    assert len(without) == len(LINTS) - 1
    assert observed(TWINS[lint_id], without) == TWINS[lint_id].trips - {lint_id}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_file_trips_no_lint(name: str) -> None:
    assert problems(GOOD[name]) == []


def test_the_example_trips_no_lint(root: Path) -> None:
    loaded = read(root / "stacks" / "Pulumi.example.yaml")
    assert lint(loaded.client, loaded.positions, today=TODAY, checks=CHECKS) == []


@pytest.mark.parametrize("lint_id", TWINS)
def test_a_problem_names_file_line_key_reference_and_fix(lint_id: str) -> None:
    for problem in problems(TWINS[lint_id].text):
        assert problem.where.path is not None
        assert problem.where.line is not None
        lines = TWINS[lint_id].text.splitlines()
        assert 1 < problem.where.line <= len(lines)
        top = re.split(r"[.\[]", problem.key)[0]
        assert any(f"launchready:{top}" in line for line in lines[: problem.where.line])
        assert problem.what
        assert problem.fix
        assert problem.reference
        assert str(problem.where.line) in str(problem)


def test_all_errors_are_refused_at_once_and_warnings_are_not() -> None:
    text = client_file(
        "tls: {mode: full}\nemail: {senders: [gogle]}\nrecords: [{name: x, type: A, content: y}]"
    )
    with pytest.raises(ClientFileError) as caught:
        refuse_errors(problems(text))
    assert {e.problem.lint for e in caught.value.problems} == {  # type: ignore[attr-defined]
        "client_file.sender.unknown",
        "client_file.record.address",
    }
    assert "did you mean `google`?" in str(caught.value)


def test_warnings_alone_are_returned() -> None:
    assert [p.level for p in refuse_errors(problems(client_file("tls: {mode: full}")))] == [Level.WARNING]


def test_a_proxied_cname_beside_text_can_be_waived_until_a_date() -> None:
    body = TWINS["client_file.cname.beside_data_proxied"].text
    for until, level in (("2027-01-31", Level.WARNING), ("2026-11-23", Level.ERROR)):
        waiver = f"[{{check: client_file.cname.beside_data_proxied, reason: verified, until: {until}}}]"
        found = {p.lint: p.level for p in problems(f"{body}  launchready:waivers: {waiver}\n")}
        assert found["client_file.cname.beside_data_proxied"] is level
        assert "client_file.waiver.unknown" not in found


def test_a_waiver_can_not_turn_other_lints_off() -> None:
    waiver = "waivers: [{check: client_file.record.address, reason: x, until: 2027-01-31}]"
    found = {
        p.lint: p.level
        for p in problems(client_file(f"records: [{{name: x, type: A, content: y}}]\n{waiver}"))
    }
    assert found["client_file.record.address"] is Level.ERROR
    assert "client_file.waiver.unknown" in found


@pytest.mark.parametrize(
    ("proxied", "beside", "expected"),
    [
        ("true", "{type: A, content: 192.0.2.1}", "client_file.cname.beside_data"),
        ("false", "{type: A, content: 192.0.2.1}", "client_file.cname.beside_data"),
        ("false", "{type: TXT, content: hello}", "client_file.cname.beside_data"),
        ("true", "{type: TXT, content: hello}", "client_file.cname.beside_data_proxied"),
    ],
)
def test_what_may_stand_beside_a_cname_depends_on_type_and_proxy(
    proxied: str, beside: str, expected: str
) -> None:
    other = beside.replace("{", "{name: app, ", 1)
    record = f"{{name: app, type: CNAME, content: app.host.example, proxied: {proxied}}}"
    found = {p.lint for p in problems(client_file(f"records: [{record}, {other}]"))}
    assert found & {"client_file.cname.beside_data", "client_file.cname.beside_data_proxied"} == {expected}


def test_addresses_beside_a_cname_at_the_apex_are_refused_but_mail_is_not() -> None:
    body = 'records: [{{name: "@", type: CNAME, content: site.host.example, proxied: true}}, {}]'
    address = problems(client_file(body.format('{name: "@", type: AAAA, content: "2001:db8::1"}')))
    text = problems(client_file(body.format('{name: "@", type: TXT, content: hello}')))
    assert [p.lint for p in address if "cname" in p.lint] == ["client_file.cname.beside_data"]
    assert text == []


def test_mail_that_the_file_only_carries_is_warned_about() -> None:
    record = 'records: [{name: news, type: TXT, content: "v=spf1 ip:192.0.2.1 -all"}]'
    managed = problems(client_file(record))
    carried = problems(client_file(f"email: none\n{record}"))
    assert [(p.lint, p.level) for p in managed] == [("client_file.spf.syntax", Level.ERROR)]
    assert [(p.lint, p.level) for p in carried] == [("client_file.spf.syntax", Level.WARNING)]


@pytest.mark.parametrize(
    ("senders", "dkim", "aligned"),
    [
        ("[ses]", "{t0ken: {cname: t0ken.dkim.amazonses.com}}", True),
        ("[ses, google]", "{google: {cname: x.host.example}}", False),
        ("[sendgrid]", "{s1: {cname: s1.domainkey.u1.sendgrid.net}}", True),
        ("[{name: own, spf: [ip4:192.0.2.1], return_path: bounce.other.example}]", "{}", False),
        ("[{name: own, spf: [ip4:192.0.2.1]}]", "{}", True),
    ],
)
def test_a_sender_with_a_foreign_return_path_needs_a_key_of_its_own(
    senders: str, dkim: str, aligned: bool
) -> None:
    found = {p.lint for p in problems(client_file(f"email: {{senders: {senders}, dkim: {dkim}}}"))}
    assert ("client_file.sender.unaligned" not in found) is aligned


def test_a_redirect_that_grows_for_ever_is_a_loop() -> None:
    body = """
hosts: {"@": {address: 192.0.2.1}}
redirects: [{from: "acme.example/a/*", to: "https://acme.example/a/b/${1}"}]
"""
    assert "client_file.redirect.loop" in {p.lint for p in problems(client_file(body))}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "tls: {caa: none}",
        'tls: {caa: [pki.goog], caa_iodef: "mailto:s@acme.example"}',
        "email: none",
        "email: {senders: [google], receive: google, tls_rpt: [t@acme.example]}",
        "email: {senders: [fastmail, microsoft365], receive: fastmail, dkim: {fm1: {cname: x.example}}}",
        "email: {senders: [], receive: zoho}",
    ],
)
def test_the_quota_counts_what_tls_and_email_declare(body: str) -> None:
    def declared(hosts: int) -> int:
        rows = "".join(f"\n  - {{name: h{n}, type: A, content: 192.0.2.1}}" for n in range(hosts))
        text = client_file(f"{body}\nrecords:{rows}")
        over = "client_file.plan.records" in {p.lint for p in problems(text)}
        values = {k.removeprefix("launchready:"): v for k, v in yaml12.parse(text).data["config"].items()}
        count = len(declare(ClientFile.model_validate(values)).records)
        assert over is (count > 200)
        return count

    derived = declared(1) - 1
    assert declared(200 - derived) == 200
    assert declared(201 - derived) == 201


def test_a_redirect_only_host_that_is_there_for_its_record_is_only_warned_about() -> None:
    body = """
hosts: {"@": {address: 192.0.2.1}, old: {redirect: "@"}}
redirects: [{from: "old.acme.example/*", to: "https://acme.example/archive/${1}"}]
"""
    assert [(p.lint, p.level) for p in problems(client_file(body))] == [
        ("client_file.redirect.shadowed", Level.WARNING)
    ]


def test_a_wildcard_answers_for_a_redirected_host_only_where_dns_says_so() -> None:
    body = """
hosts: {"*": {address: 192.0.2.1}, x.shop: {address: 192.0.2.2, proxied: false}}
redirects:
  - {from: "new.acme.example/*", to: "https://acme.example/"}
  - {from: "shop.acme.example/*", to: "https://acme.example/"}
"""
    hits = [p for p in problems(client_file(body)) if p.lint == "client_file.redirect.unproxied"]
    assert [p.key for p in hits] == ["redirects[1].from"]  # x.shop makes shop exist (RFC 4592 §2.2.2)


_JUNK = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(
    [
        "",
        ".",
        "..",
        "@",
        "*",
        "*.*",
        "a..b",
        "[::1]",
        "http://[",
        "https://x:99999/",
        "//",
        "${1}",
        '"',
        '"\\',
        "%",
        "#?",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(_JUNK, min_size=1, max_size=3),
    kind=st.sampled_from(["A", "AAAA", "CNAME", "MX", "TXT", "CAA", "SRV", "NS", "DS", "HTTPS", "URI", "X"]),
    content=_JUNK,
    source=_JUNK,
    to=_JUNK,
)
def test_no_junk_makes_a_lint_stumble(
    names: list[str], kind: str, content: str, source: str, to: str
) -> None:
    records = [{"name": name, "type": kind, "content": content} for name in names]
    values = {
        "domain": "acme.example",
        "hosts": {f"h{n}": {"redirect": name} for n, name in enumerate(names) if name.strip()},
        "records": [*records, {"name": content, "type": kind, "data": {"target": to, "value": source}}],
        "redirects": [
            {"from": source, "to": to},
            {"from": f"acme.example/{source}", "to": f"https://acme.example/{to}"},
        ],
        "email": {
            "senders": [{"name": "x", "spf": [content]}],
            "tls_rpt": [to],
            "dkim": {"k": {"public_key": content}},
        },
    }
    try:
        model = ClientFile.model_validate(values)
    except ValidationError:
        return
    assert all(problem.what for problem in lint(model, today=TODAY))


@pytest.mark.parametrize(("body", "lint_id"), monitors_twins.MORE_BAD.values(), ids=monitors_twins.MORE_BAD)
def test_monitors_that_could_never_work_are_refused(body: str, lint_id: str) -> None:
    assert {p.lint for p in problems(client_file(body))} == {f"client_file.{lint_id}"}
