"""YAML by the 1.2 core schema, with lines, bounded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from launchready.client_file import yaml12
from launchready.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("012", 12),
        ("0o17", 15),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("2027-01-31", "2027-01-31"),
        ("1.5e3", 1500.0),
        (".inf", float("inf")),
        ("!!str 12", "12"),
        ("'12'", "12"),
        ("|-\n  a\n  b", "a\nb"),
    ],
)
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    found = yaml12.parse(f"key: {text}\n").data["key"]
    assert found == value
    assert type(found) is type(value) or isinstance(found, type(value))


def test_a_number_remembers_how_it_was_written() -> None:
    data = yaml12.parse("a: 0123\nb: 1.10\n").data
    assert (data["a"].text, data["b"].text) == ("0123", "1.10")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a:\n\tb: c\n", 2, "tab"),
        ("a: [1, 2\n", 2, "no YAML"),
        ("a: b\n---\nc: d\n", 3, "more than one document"),
        ("a: b\nc: *d\n", 2, "no anchor"),
        ("a: &x [*x]\n", 1, "holds itself"),
        ("a: !python/object:os.system x\n", 1, "tag"),
        ("a: 1\nb: \x00\n", 2, "character"),
        ("[" * 5000, 1, "nested"),
        ("- " * 5000, 1, "nested"),
        ("{a: b}: c\n", 1, "as a key"),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as caught:
        yaml12.parse(text, Path("f.yaml"))
    assert caught.value.where is not None
    assert caught.value.where.line == line
    assert words in str(caught.value)
    assert caught.value.exit_code == 2


def test_aliases_that_explode_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(InputError, match="more than"):
        yaml12.parse("\n".join(lines))


def test_an_alias_stands_for_its_value() -> None:
    assert yaml12.parse("a: &x {b: 1}\nc: *x\n").data == {"a": {"b": 1}, "c": {"b": 1}}


def test_duplicate_keys_are_all_named_and_reading_goes_on() -> None:
    document = yaml12.parse("a: 1\nb: 2\na: 3\nb: 4\n", Path("f.yaml"))
    assert [(e.where.line, e.where.key) for e in document.duplicates if e.where] == [(3, "a"), (4, "b")]
    assert document.data == {"a": 1, "b": 2}


@pytest.mark.parametrize("content", [b"a: \xff\n", "a: é".encode("utf-16")])
def test_a_file_that_is_no_utf8_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError):
        yaml12.parse(yaml12.read_text(path), path)


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: two\r\n")
    assert yaml12.parse(yaml12.read_text(path)).data == {"a": 1, "b": "two"}


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_can_not_be_read_is_bad_input(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="can't be read"):
        yaml12.read_text(tmp_path / name)


def test_twenty_thousand_records_parse_in_seconds() -> None:
    rows = (
        f'  - {{name: h{n}, type: A, content: "192.0.2.1", ttl: auto, proxied: true}}' for n in range(20_000)
    )
    text = "records:\n" + "\n".join(rows)
    started = time.process_time()
    document = yaml12.parse(text)
    assert len(document.data["records"]) == 20_000
    assert time.process_time() - started < 10  # half a second on the machine that it was written on
