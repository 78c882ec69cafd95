"""Aggregate reports from strangers' files, and what they say of a stage."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file.model import ClientFile
from launchready.declared import declare
from launchready.errors import InputError
from launchready.mailops import aggregate_reports
from launchready.mailops.aggregate_reports import Report, Row, read_all
from launchready.mailops.dmarc_stage import Met, judge_reports, stages

XML = """<feedback><report_metadata><org_name>r</org_name>
<date_range><begin>1793500000</begin><end>1793586399</end></date_range></report_metadata>
<policy_published><domain>{domain}</domain></policy_published>
<record><row><source_ip>192.0.2.1</source_ip><count>2</count><policy_evaluated><dkim>fail</dkim><spf>pass</spf>
</policy_evaluated></row><identifiers><header_from>ACME.example</header_from></identifiers>
<auth_results><dkim><domain>Other.example</domain><result>pass</result></dkim>
<dkim><domain>x.example</domain><result>fail</result></dkim></auth_results></record></feedback>"""


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_reports_are_read_from_files_archives_and_directories(tmp_path: Path) -> None:
    one = XML.format(domain="acme.example").encode()
    write(tmp_path / "a.xml", one)
    write(tmp_path / "b.xml.gz", gzip.compress(one))
    write(tmp_path / "c.zip", zipped(("r.xml", one), ("readme.txt", b"no report")))
    write(tmp_path / "d.xml", XML.format(domain="other.example").encode())
    write(tmp_path / "notes.txt", b"not read")
    found = read_all([tmp_path], "ACME.example.")
    assert len(found) == 3
    assert found[0].rows == (Row("192.0.2.1", 2, True, "acme.example", (), ("other.example",)),)
    assert found[0].first == date(2026, 11, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no report",
        b"<feedback/>",
        XML.format(domain="acme.example").replace("<count>2", "<count>two").encode(),
        XML.format(domain="acme.example").replace("1793586399", "9793586399").encode(),
        XML.format(domain="acme.example").replace("1793500000", "99999999999999999").encode(),
        XML.format(domain="").encode(),
        b'<!DOCTYPE f [<!ENTITY a "b">]>' + XML.format(domain="acme.example").encode(),
        XML.format(domain="acme.example").encode("utf-16"),
        b"\x1f\x8bbroken",
        b"PKbroken",
    ],
)
def test_what_is_no_report_is_named_and_refused(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / "r.xml", data)
    with pytest.raises(InputError) as caught:
        read_all([path], "acme.example")
    assert caught.value.where is not None
    assert caught.value.where.path == path


def test_a_bomb_is_read_no_further_than_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate_reports, "MAX_BYTES", 100_000)
    for name, data in (
        ("a.xml.gz", gzip.compress(b" " * 1_000_000)),
        ("b.zip", zipped(("r.xml", b" " * 1_000_000))),
    ):
        with pytest.raises(InputError, match="more than"):
            read_all([write(tmp_path / name, data)], "acme.example")


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_all([tmp_path / "gone.xml"], "acme.example")


# --- what they say -------------------------------------------------------------------------------


def client(**dmarc: Any) -> ClientFile:
    senders = ["google", {"preset": "ses", "region": "eu-west-1", "return_path": "mail"}]
    values = {"client": "acme", "domain": "acme.example", "email": {"senders": senders, "dmarc": dmarc}}
    return ClientFile.model_validate(values)


def reports(days: int, *rows: Row) -> list[Report]:
    passing = Row("192.0.2.1", 100, True, "acme.example")
    return [Report("r", "acme.example", date(2026, 11, 1), date(2026, 11, days), (passing, *rows))]


def test_without_reports_nothing_is_known() -> None:
    assert judge_reports(client(), None).met is Met.UNKNOWN


def test_too_few_days_are_not_enough() -> None:
    assert judge_reports(client(), reports(13)).met is Met.UNKNOWN
    assert judge_reports(client(), reports(14)).met is Met.YES


def test_strangers_that_fail_are_what_the_policy_is_for() -> None:
    stranger = Row("198.51.100.1", 5, False, "acme.example", ("spammer.example",))
    found = judge_reports(client(), reports(20, stranger))
    assert found.met is Met.YES
    assert "198.51.100.1" in found.observed


@pytest.mark.parametrize(
    ("domain", "sender"),
    [("mail.acme.example", "ses"), ("bounces.amazonses.com", "ses"), ("news.acme.example", "google")],
)
def test_an_own_sender_that_fails_keeps_the_stage_from_being_next(domain: str, sender: str) -> None:
    row = Row("203.0.113.9", 7, False, "acme.example", (domain,))
    found = judge_reports(client(), reports(20, row))
    assert found.met is Met.NO
    assert f"7 from 203.0.113.9 ({sender})" in found.observed


TWO = [{"policy": "none", "until": "2027-01-31"}, "reject"]


@pytest.mark.parametrize(
    ("dmarc", "present", "following", "planned"),
    [
        ({}, "quarantine", "reject", False),
        ({"policy": "none"}, "none", "quarantine", False),
        ({"policy": "reject"}, "reject", None, False),
        ({"stages": TWO}, "none", "reject", True),
        ({"policy": "reject", "stages": TWO}, "reject", None, True),
    ],
)  # fmt: skip
def test_the_stage_is_the_published_policy(
    dmarc: dict[str, Any], present: str, following: str | None, planned: bool
) -> None:
    now, later, own = stages(client(**dmarc))
    assert (now.policy, later.policy if later else None, own) == (present, following, planned)


def test_the_report_says_which_stage_this_is() -> None:
    plan = [
        {"policy": "none", "until": "2027-01-31"},
        {"policy": "quarantine", "until": "2027-03-31"},
        "reject",
    ]
    notes = declare(client(stages=plan)).notes
    assert any("stage 1 of 3 (none) until 2027-01-31; next is quarantine" in note for note in notes)
    notes = declare(client(stages=plan, policy="reject")).notes
    assert any("stage 3 of 3 (reject), the last" in note for note in notes)
