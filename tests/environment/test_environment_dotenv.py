"""``.env`` files: read as their users mean them, written so that every reader reads the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import dotenv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready.errors import ClientFileError, InputError
from launchready.variables import dotenv_file

EVERYTHING = """\
# our application
export PLAIN=value
SPACES = around   # a comment
QUOTED="two words # no comment"  # but this is
SINGLE='${PLAIN} stays'
DOUBLE="${PLAIN}/x"
DEFAULT=${NOT_THERE:-fallback}
MULTI="-----BEGIN
line two
-----END"
ESCAPED="a\\"b\\nc"
EMPTY=
NOVALUE
HASH=a#b

#OLD_TOKEN=sk_live_0123456789
TWICE=one
TWICE=two
"""


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / ".env"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_form_is_read(tmp_path: Path, ends: str, bom: str) -> None:
    found = dotenv_file.read(written(tmp_path, bom + EVERYTHING.replace("\n", ends)))
    assert found.values == {
        "PLAIN": "value",
        "SPACES": "around",
        "QUOTED": "two words # no comment",
        "SINGLE": "${PLAIN} stays",
        "DOUBLE": "value/x",
        "DEFAULT": "fallback",
        "MULTI": f"-----BEGIN{ends}line two{ends}-----END",
        "ESCAPED": 'a"b\nc',
        "EMPTY": "",
        "HASH": "a#b",
        "TWICE": "two",
    }
    assert found.without_value == ("NOVALUE",)
    twice = found.assignments[-1]
    assert (twice.lines, twice.differing) == ((17, 18), True)


def test_what_can_not_be_understood_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ClientFileError) as caught:
        dotenv_file.read(written(tmp_path, 'A=1\n\nB=\'never ends\nC=2 x\nD="x" y\n'))
    assert [problem.where.line for problem in caught.value.problems] == [3, 5]  # type: ignore[union-attr]


def test_a_reference_to_nothing_is_refused_unless_it_is_text(tmp_path: Path) -> None:
    path = written(tmp_path, "A=1\nSECRET=p${x}q\n")
    with pytest.raises(InputError, match=r"SECRET refers to \$\{x\}") as caught:
        dotenv_file.read(path)
    assert "p${x}q" not in str(caught.value)
    assert dotenv_file.read(path, interpolate=False).values["SECRET"] == "p${x}q"


def test_the_machines_environment_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_SECRET", "of this machine")
    with pytest.raises(InputError, match="HOME_SECRET"):
        dotenv_file.read(written(tmp_path, "A=${HOME_SECRET}\n"))


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTF-8"):
        dotenv_file.read(written(tmp_path, b"A=\xff\xfe\n"))


def test_an_example_has_names_and_comments_and_no_value(tmp_path: Path) -> None:
    text = EVERYTHING + 'KEY="sk_live_zzz" # never sk_live_zzz\n# the key is sk_live_zzz\n'
    found = dotenv_file.read(written(tmp_path, text))
    example = dotenv_file.example(found, lambda comment: "sk_live_zzz" in comment)
    assert example.splitlines() == [
        "# our application",
        "export PLAIN=",
        "SPACES =  # a comment",
        "QUOTED=  # but this is",
        "SINGLE=",
        "DOUBLE=",
        "DEFAULT=",
        "MULTI=",
        "ESCAPED=",
        "EMPTY=",
        "NOVALUE",
        "HASH=",
        "",
        "#OLD_TOKEN=",
        "TWICE=",
        "TWICE=",
        "KEY=",
        "# (a comment that repeated a secret)",
    ]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40) | st.text(
    "'\"\\$`!#{}\n\t a=", max_size=12
)


@given(TEXTS)
def test_what_is_written_is_read_again(value: str) -> None:
    text = f"A={dotenv_file.quoted(value)}\n"
    import io

    from dotenv.parser import parse_stream

    (binding,) = [b for b in parse_stream(io.StringIO(text, newline="")) if b.key]
    assert (binding.error, binding.value) == (False, value)


@pytest.mark.parametrize(
    "value", ["x", "two words", "a#b", '"', "$HOME", "`id`", "a\nb", "it's", "\\n", "tab\t", "!x", ""]
)
def test_a_shell_reads_the_same(tmp_path: Path, value: str) -> None:
    path = written(tmp_path, f"A={dotenv_file.quoted(value)}\n")
    command = ["sh", "-c", f'. {path} && printf %s "$A"']
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == value
    assert dotenv.dotenv_values(path, interpolate=False)["A"] == value
