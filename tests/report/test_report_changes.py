"""What changed since an earlier run, and reading that run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from launchready.checklist.registry import Status
from launchready.errors import InputError
from launchready.report import Context, changes, render_html, render_json, render_markdown, render_text
from launchready.report.changes import Changes
from launchready.report.saved import Saved, load
from tests.report.report_kit import NOW, finding, unknown, verification, waived


def since(before: list[Any], after: list[Any], **later: Any) -> Changes:
    old = verification(*before, started=NOW - timedelta(days=1))
    return changes.since(Saved.of(old), Saved.of(verification(*after, **later)))


def test_what_broke_was_mended_or_is_no_longer_known_is_told_apart() -> None:
    ok, bad = finding(Status.PASS), finding(Status.FAIL)
    served = replace(unknown(), status=Status.PASS, cause=None)
    found = since([ok, bad_at("a"), served], [bad, replace(ok, subject="a"), unknown()])
    assert [c.subject for c in found.broken] == ["www.acme.example"]
    assert [c.subject for c in found.mended] == ["a"]
    assert [c.check for c in found.unknown] == ["dns.record.served"]
    assert (found.new, found.gone, found.nothing) == (0, 0, False)
    assert (found.verdict_before, found.since) == ("not_ready", NOW - timedelta(days=1))


def bad_at(subject: str) -> Any:
    return finding(Status.FAIL, subject=subject)


def test_the_same_again_is_no_change() -> None:
    findings = [finding(Status.FAIL), unknown(), waived(), finding(Status.PASS, check="tls.chain.valid")]
    assert since(findings, findings).nothing


def test_a_failure_that_is_gone_with_its_host_was_mended() -> None:
    found = since([finding(Status.FAIL), finding(Status.PASS, subject="gone")], [])
    assert ([c.check for c in found.mended], found.gone) == (["tls.version.minimum"], 2)


def test_what_a_limited_run_left_out_is_not_gone() -> None:
    found = since([finding(Status.FAIL), unknown()], [finding(Status.FAIL)], only=("tls",))
    assert found.nothing


def test_several_findings_about_one_subject_count_by_the_worst() -> None:
    both = [finding(Status.PASS), finding(Status.FAIL)]
    assert since(both, both[::-1]).nothing
    assert len(since(both, [finding(Status.PASS)]).mended) == 1


def test_a_new_waiver_is_told() -> None:
    assert len(since([replace(waived(), status=Status.FAIL, waiver=None)], [waived()]).waived) == 1


@pytest.mark.parametrize("render", [render_html, render_markdown])
def test_reports_tell_what_changed(render: Any) -> None:
    before = Saved.of(verification(finding(Status.PASS), started=NOW - timedelta(days=1)))
    text = render(verification(finding(Status.FAIL)), Context(previous=before)).lower()
    assert "broke" in text
    assert "then ready, 100 of 100" in text or "(ready, 100 of 100)" in text


def test_the_text_report_tells_what_changed() -> None:
    before = Saved.of(verification(finding(Status.PASS), started=NOW - timedelta(days=1)))
    run = verification(finding(Status.FAIL))
    text = render_text(run, changes=Context(previous=before).changes(run))
    assert "Since 2026-11-23 12:00 UTC (READY, 100 of 100)" in text
    assert "broke  tls.version.minimum  www.acme.example" in text


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "last.json"
    path.write_text(render_json(verification(finding(Status.FAIL), waived())))
    saved = load(path, domain="acme.example")
    assert (saved.verdict, len(saved.findings)) == ("not_ready", 2)
    assert saved.findings[1].waiver is not None


def test_another_domains_run_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "last.json"
    path.write_text(render_json(verification(domain="other.example")))
    with pytest.raises(InputError, match=r"is about other\.example, not acme\.example"):
        load(path, domain="acme.example")
    with pytest.raises(InputError, match=r"other\.example"):
        Context(previous=load(path)).changes(verification())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("\udcff", "no JSON"),
        ("[]", "no verification document"),
        ('{"schema": "launchready.drift/1"}', "no verification document"),
        ('{"schema": "launchready.verification/1"}', "damaged"),
        ("nowhere", "can't be read"),
    ],
)
def test_a_file_that_is_no_such_document_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "last.json"
    if text != "nowhere":
        path.write_text(text, errors="surrogateescape")
    with pytest.raises(InputError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_damaged_document_names_the_key_and_shows_no_value(tmp_path: Path) -> None:
    document = json.loads(render_json(verification(finding(Status.FAIL))))
    document["findings"][0]["severity"] = "s3cret"
    path = tmp_path / "last.json"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError) as caught:
        load(path)
    assert "findings.0.severity" in str(caught.value)
    assert "s3cret" not in str(caught.value)
