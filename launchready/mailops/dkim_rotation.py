"""Rotating a DKIM key without a gap: a new selector beside the old one, which stays published for a while.

Mail that is under way or read late is verified with the old key, so its record outlives its last use
(RFC 6376 §3.1; queues try for up to five days, and DMARC reports come a day later).
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from launchready.client_file import read, yaml12
from launchready.client_file.created import SES, own_senders, sender_of
from launchready.client_file.files import write_atomically
from launchready.client_file.lint import lint, refuse_errors
from launchready.client_file.model import ClientFile
from launchready.client_file.yaml_edit import prove, set_value
from launchready.errors import InputError, Where
from launchready.mailauth.dkim import is_selector

KEPT_DAYS = 14
"""How long a retired key stays published, unless told otherwise."""
MOST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Rotation:
    """``old`` is retired until ``until``; ``sender`` signs with ``new`` from now on."""

    path: Path
    sender: str
    old: str
    new: str
    until: date

    def steps(self, client: str) -> tuple[str, ...]:
        """What to do next, in order."""
        signing = f"let {self.sender} sign with {self.new}: its private key is at …/dkim/{self.new}"
        if self.sender == SES:
            signing = f"SES signs with {self.new} since then: it got the key by the launch"
        return (
            f"launch up {client}  (publishes {self.new}; {self.old} stays as it is)",
            f"launch verify {client} --only email_auth  (the new key is served everywhere)",
            signing,
            f"after {self.until}: set revoked: true for {self.old} and launch up; take it out weeks later",
        )


def plan(
    client: ClientFile, *, today: date, retire: str | None, selector: str | None, days: int
) -> tuple[Rotation, dict[tuple[str, ...], object]]:
    """The rotation, and the values that it sets in the file. Raises InputError for what can't be rotated."""
    path, email = client.path, client.email
    if path is None:
        raise InputError("this client file has no path")
    where = Where(path, key="launchready:email.dkim")
    if not 1 <= days <= MOST_DAYS:
        raise InputError(f"{days} days: a retired key stays for 1 to {MOST_DAYS}")
    active = [name for name, key in email.dkim.items() if key.active]
    if not active:
        known = ", ".join(own_senders(email)) or "no sender signs with a key of one's own yet"
        raise InputError(
            f"no key is generated here ({known})", where=where, fix="add one: SELECTOR: {generate: rsa}"
        )
    if retire is None and len(active) > 1:
        raise InputError(f"several keys are active: {', '.join(active)}", where=where, fix="--retire NAME")
    old = retire or active[0]
    if old not in active:
        raise InputError(f"{old} is no active generated key", where=where, fix=f"one of {', '.join(active)}")
    new = selector or _fresh(client, today)
    if not is_selector(new):
        raise InputError(f"{new!r} is no DKIM selector", fix="use letters, digits and hyphens")
    if new.lower() in {name.lower() for name in email.dkim}:
        raise InputError(f"the selector {new} is in the file already", where=where, fix="name another one")
    key = email.dkim[old]
    until = today + timedelta(days=days)
    made = {"generate": key.generate} | ({"sender": key.sender} if key.sender is not None else {})
    changes: dict[tuple[str, ...], object] = {
        ("email", "dkim", old, "until"): until.isoformat(),
        ("email", "dkim", new): made,
    }
    if email.ses is not None and email.ses.byodkim == old:
        changes["email", "ses", "byodkim"] = new
    return Rotation(path, sender_of(email, old, key) or "its sender", old, new, until), changes


def rotate(
    client: ClientFile,
    *,
    today: date,
    retire: str | None = None,
    selector: str | None = None,
    days: int = KEPT_DAYS,
) -> Rotation:
    """Writes the new selector into the client file, and the old one's last day; whole or not at all.

    Raises InputError or ClientFileError, with the file untouched.
    """
    rotation, changes = plan(client, today=today, retire=retire, selector=selector, days=days)
    path = rotation.path
    raw = path.read_bytes()
    mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    before = after = yaml12.read_text(path)
    for keys, value in changes.items():
        after = set_value(after, keys, value)
    prove(before, after, changes, path)
    _judge(path, after, today)
    write_atomically(path, mark + after)
    return rotation


def _judge(path: Path, text: str, today: date) -> None:
    """Raises ClientFileError when the changed file would be refused."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / path.name
        copy.write_text(text, encoding="utf-8")
        loaded = read(copy)
        refuse_errors(lint(loaded.client, loaded.positions, today=today))


def _fresh(client: ClientFile, today: date) -> str:
    """A selector that nothing has yet: the month, the day, or the day and a number."""
    taken = {name.lower() for name in client.email.dkim}
    names = [f"s{today:%Y%m}", f"s{today:%Y%m%d}", *(f"s{today:%Y%m%d}-{n}" for n in range(2, 100))]
    return next(name for name in names if name not in taken)
