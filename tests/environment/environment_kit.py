"""What the tests of `launch env` share: a client's values, what a command said, looks at AWS and the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from launchready.client_file import load
from launchready.client_file.secrets import EnvironmentSecrets

WORD = "rehearsal"
CANARY = "lr4242canary4242zz"
URL = "https://api.acme.example"


class Said:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def both(self) -> str:
        return self.out + self.err


def value(aws: Any, name: str) -> str:
    return str(
        aws("ssm").get_parameter(Name=f"/launchready/acme/{name}", WithDecryption=True)["Parameter"]["Value"]
    )


def secret_of(path: Path, name: str) -> str:
    environment = load(path, secrets=EnvironmentSecrets({"PULUMI_CONFIG_PASSPHRASE": WORD})).environment
    return environment.variables[name].secret.reveal()  # type: ignore[union-attr]


def put(aws: Any, name: str, text: str, **more: Any) -> None:
    aws("ssm").put_parameter(
        **{"Name": f"/launchready/acme/{name}", "Value": text, "Type": "SecureString", "Overwrite": True}
        | more
    )
