"""IAM: what an application needs to read its own variables, and who may read them as it is.

The policy names the client's own path and key and nothing else. Sources: the service authorization
reference of Systems Manager, Secrets Manager and KMS; "Permissions to encrypt and decrypt" of Parameter
Store (the encryption context PARAMETER_ARN) and of Secrets Manager (SecretARN).
"""

from __future__ import annotations

import json
from typing import Any

VERSION = "2012-10-17"
READ_PARAMETERS = ("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath")
READ_SECRETS = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
DECRYPT = ("kms:Decrypt",)


def reading_policy(parameters: str | None, secrets: str | None, key_arn: str | None) -> str:
    """The policy document, as JSON, with which an application reads its variables and nothing else.

    ``parameters``: ARN of the path, without a slash at its end
    (``arn:aws:ssm:us-east-1:123456789012:parameter/launchready/acme``); ``secrets``: the same of Secrets
    Manager (``arn:aws:secretsmanager:…:secret:/launchready/acme``); None where nothing is kept.
    ``key_arn``: the key that encrypts, None for the services' own, which need no permission beside.
    """
    statements: list[dict[str, Any]] = []
    if parameters is not None:
        resources = [parameters, f"{parameters}/*"]
        statements.append(_allow("ReadOwnParameters", READ_PARAMETERS, resources))
    if secrets is not None:
        statements.append(_allow("ReadOwnSecrets", READ_SECRETS, [f"{secrets}/*"]))
    if key_arn is not None:
        for sid, arn, word in (
            ("DecryptOwnParameters", parameters, "PARAMETER_ARN"),
            ("DecryptOwnSecrets", secrets, "SecretARN"),
        ):
            if arn is not None and (secrets is None or word == "SecretARN"):
                context = {f"kms:EncryptionContext:{word}": f"{arn}/*"}
                statements.append({**_allow(sid, DECRYPT, [key_arn]), "Condition": {"StringLike": context}})
    return json.dumps({"Version": VERSION, "Statement": statements}, indent=2)


def path_arn(arn: str, name: str, path: str) -> str:
    """The ARN of a path, from that of one entry below it (``name`` its full name, ``path`` with slashes).

    Secrets Manager appends a hyphen and six characters to a secret's name; they fall away too.
    """
    head, found, _ = arn.partition(name)
    if not found:
        raise ValueError(f"{arn} is not the ARN of {name}")
    return head + path.rstrip("/")


def _allow(sid: str, actions: tuple[str, ...], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources}
