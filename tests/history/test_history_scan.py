"""A real repository's history and real log files: what is found, what is not cried over, what is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from launchready.client_file.base import Secret
from launchready.client_file.model import ClientFile
from launchready.errors import InputError
from launchready.leaks import look
from tests.bad_twins.clients import client
from tests.history import material

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def found(facts: dict[str, Any], part: str = "repository") -> list[tuple[str, str, int]]:
    return [(one["kind"], one["path"], one["line"]) for one in facts[part]["found"]]


def history(repository: Path, **options: Any) -> dict[str, Any]:
    return look(None, repository=repository, now=NOW, **options)


def test_a_key_that_was_removed_later_is_found_with_its_commit_path_and_line(tmp_path: Path) -> None:
    where = material.repository(tmp_path, {"README": "hello\n"})
    first = material.commit(where, "pay", {"src/pay.py": f"import os\nKEY = '{material.stripe()}'\n"})
    material.commit(where, "more", {"src/pay.py": f"import os\n\n\nKEY = '{material.stripe()}'\n"})
    material.commit(where, "fix", {"src/pay.py": "import os\n"})
    facts = history(where)
    (one,) = facts["repository"]["found"]
    assert (one["kind"], one["path"], one["line"], one["times"]) == (
        "a Stripe secret key",
        "src/pay.py",
        2,
        2,
    )
    assert first.startswith(one["commit"])


def test_nothing_that_is_kept_holds_the_text(tmp_path: Path) -> None:
    key, password = material.github(), "Tr0ub4dor-and-3"
    where = material.repository(
        tmp_path / "app",
        {"a.py": f"{key}\n", f"notes/{key}.txt": f"x {key}\n", ".env": f"DB_PASSWORD={password}\n"},
    )
    log = material.log(tmp_path / f"{key}.log", f"token {key}", f"password={password}")
    facts = look(None, repository=where, log_paths=[log], now=NOW)
    assert len(facts["repository"]["found"]) == 3
    assert len(facts["logs"]["found"]) == 2
    assert key not in json.dumps({**facts, "logs": {**facts["logs"], "place": ""}})
    assert password not in json.dumps(facts)


def test_what_every_repository_has_is_not_cried_over(tmp_path: Path) -> None:
    facts = history(material.repository(tmp_path, material.harmless()))
    assert found(facts) == []
    assert facts["repository"]["incomplete"] == ""
    assert facts["repository"]["texts"] > 10


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("deploy.sh", f"export AWS={material.aws()}\n", "an AWS access key id"),
        ("tests/live.py", f"{material.github()}\n", "a GitHub token"),
        ("hook.py", f"'https://hooks.slack.com/services/T024BE7LD/B02KJ9X81/{material.random_text('h', 24)}'",
         "a Slack webhook URL"),
        ("keys/server", material.pem(), "a private key in PEM"),
        ("cfg.json", json.dumps({"key": material.pem()}), "a private key in PEM"),
        ("db.py", "DSN = 'postgres://app:Tr0ub4dor3@db.north.de/app'\n", "a URL with a password in it"),
        ("auth.js", f"const t = '{material.token(sub='root', exp=1_900_000_000)}'\n", "a JSON Web Token"),
        ("app.yaml", f"api_key: {material.random_text('k', 40)}\n", "a random value called api_key"),
        (".env.production", "SMTP_PASSWORD=sommer-in-bremen\n",
         "a secret in an environment file (SMTP_PASSWORD: its name says so)"),
    ],
)  # fmt: skip
def test_each_kind_is_found(tmp_path: Path, path: str, text: str, kind: str) -> None:
    facts = history(material.repository(tmp_path, {path: text}))
    assert [(one, place) for one, place, _ in found(facts)] == [(kind, path)]


def test_other_branches_stashes_and_messages_are_part_of_the_history(tmp_path: Path) -> None:
    where = material.repository(tmp_path, {"a": "1\n"})
    material.git(where, "checkout", "-q", "-b", "side")
    material.commit(where, f"use {material.aws()}", {"side.py": f"K='{material.stripe('side')}'\n"})
    material.git(where, "checkout", "-q", "main")
    (where / "a").write_text(material.github())
    material.git(where, "stash")
    kinds = {(kind, path) for kind, path, _ in found(history(where))}
    assert kinds == {
        ("an AWS access key id", "(message)"),
        ("a Stripe secret key", "side.py"),
        ("a GitHub token", "a"),
    }


def test_a_token_that_has_ended_and_one_for_browsers_do_not_count(tmp_path: Path) -> None:
    old, public = material.token(sub="ada", exp=1_500_000_000), material.token(role="anon", iss="supabase")
    assert found(history(material.repository(tmp_path, {"t.js": f"'{old}' '{public}'\n"}))) == []


def test_the_clients_own_secrets_are_found_by_value_and_told_by_name(tmp_path: Path) -> None:
    value = "plain words of ours"
    secret = {"secret": Secret("v1:a:b", lambda: value), "scope": "server"}
    unread = {"secret": Secret("v1:c:d"), "scope": "server"}
    launch = ClientFile.model_validate(
        {
            "client": "acme",
            **client(environment={"variables": {"SESSION_SECRET": secret, "OTHER_SECRET": unread}}),
        }
    )
    where = material.repository(tmp_path, {"docs/notes.md": f"\nit is {value}, isn't it\n"})
    facts = look(launch, repository=where, now=NOW)
    assert found(facts) == [("the value of environment.variables.SESSION_SECRET.secret", "docs/notes.md", 2)]
    assert facts["repository"]["own"] == 1


def test_the_allow_list_holds_until_its_day(tmp_path: Path) -> None:
    where = material.repository(tmp_path, {"handbook/deep/keys.txt": material.aws()})
    (where / ".launchready-allow").write_text("# ours\nhandbook/** | a deleted account's | 2026-11-24\n")
    assert found(history(where)) == []
    assert history(where)["repository"]["allowed"] == 1
    later = look(None, repository=where, now=datetime(2026, 11, 25, tzinfo=UTC))
    assert len(found(later)) == 1
    assert later["repository"]["ended"] == [2]


@pytest.mark.parametrize(
    "line", ["docs/**", "docs/** | why | soon", "** | everything | 2099-01-01", "a || b"]
)
def test_a_broken_allow_list_is_named_with_its_line(tmp_path: Path, line: str) -> None:
    where = material.repository(tmp_path, {"a": ""})
    (where / ".launchready-allow").write_text(f"\n{line}\n")
    with pytest.raises(InputError, match=r"\.launchready-allow:2: "):
        history(where)


def test_no_repository_and_no_such_log_are_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no git repository"):
        history(tmp_path)
    with pytest.raises(InputError, match="no such directory"):
        history(tmp_path / "none")
    with pytest.raises(InputError, match="no such file"):
        look(None, log_paths=[tmp_path / "none.log"], now=NOW)


def test_what_was_not_read_to_its_end_is_said(tmp_path: Path) -> None:
    where = material.repository(tmp_path / "whole", {"a.bin": b"x" * 5_000_000}, {"b": "2"})
    assert "more than" in history(where, max_bytes=2_000_000)["repository"]["incomplete"]
    assert "too long" in history(where, seconds=0.0)["repository"]["incomplete"]
    material.git(tmp_path, "clone", "-q", "--depth=1", where.as_uri(), "shallow")
    assert "shallow" in history(tmp_path / "shallow")["repository"]["incomplete"]
    blob = material.git(where, "rev-parse", "HEAD:b")
    (where / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert "could not read" in history(where)["repository"]["incomplete"]


def test_a_bare_and_an_empty_repository_can_be_looked_through(tmp_path: Path) -> None:
    where = material.repository(tmp_path / "work", {"k.py": material.stripe()})
    material.git(tmp_path, "clone", "-q", "--bare", str(where), "bare.git")
    assert len(found(history(tmp_path / "bare.git"))) == 1
    assert history(material.repository(tmp_path / "new"))["repository"]["texts"] == 0


def test_a_repository_starts_no_program_of_its_own(tmp_path: Path) -> None:
    where = material.repository(
        tmp_path / "app", {"k.py": material.stripe(), ".gitattributes": "*.py diff=x\n"}
    )
    trap = f"touch {tmp_path}/sprung"
    for key in (
        "core.pager",
        "core.fsmonitor",
        "diff.x.textconv",
        "diff.external",
        "gpg.program",
        "alias.log",
    ):
        material.git(where, "config", key, trap if key != "alias.log" else f"!{trap}")
    material.git(where, "config", "log.showSignature", "true")
    assert len(found(history(where))) == 1
    assert not (tmp_path / "sprung").exists()


def test_logs_are_read_plain_packed_and_in_directories(tmp_path: Path) -> None:
    material.log(tmp_path / "quiet.log", *material.QUIET_LOG)
    material.log(tmp_path / "a.log", "ok", f"GET /reset?token={material.random_text('r', 40)} 200")
    material.log(
        tmp_path / "b.log.gz", *["ok"] * 200_000, f"Authorization: Basic {'YWRhOmNvcnJlY3QgaG9yc2U='}"
    )
    (tmp_path / "c.log.xz").write_bytes(b"\xfd7zXZ")
    (tmp_path / "d.log.gz").write_bytes((tmp_path / "b.log.gz").read_bytes()[:200])
    (tmp_path / "loop.log").symlink_to(tmp_path)
    facts = look(None, log_paths=[tmp_path], now=NOW)
    assert found(facts, "logs") == [
        ("a credential in the field token", "a.log", 2),
        ("Basic credentials", "b.log.gz", 200_001),
    ]
    assert "c.log.xz: packed" in facts["logs"]["incomplete"]
    assert "d.log.gz: can't be read to its end" in facts["logs"]["incomplete"]


def test_a_packed_bomb_ends_at_the_bound(tmp_path: Path) -> None:
    (tmp_path / "bomb.gz").write_bytes(material.gzip.compress(b"\0" * 50_000_000))
    facts = look(None, log_paths=[tmp_path / "bomb.gz"], now=NOW, max_bytes=4_000_000)
    assert "more than" in facts["logs"]["incomplete"]
    assert facts["logs"]["bytes"] < 8_000_000


def test_a_key_across_two_pieces_is_found_once(tmp_path: Path) -> None:
    key = material.stripe()
    filler = ("x" * 99 + "\n") * 10_485 + "y" * (1 << 20)
    text = filler[: (1 << 20) - 10] + "\n" + key + "\n"
    log = tmp_path / "long.log"
    log.write_text(text)
    facts = look(None, log_paths=[log], now=NOW)
    assert found(facts, "logs") == [
        ("a Stripe secret key", "long.log", text[: text.index(key)].count("\n") + 1)
    ]
