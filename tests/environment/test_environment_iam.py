"""Who may read a client's variables: the policy that is an output, and whom an account's policies let."""

from __future__ import annotations

import json
from typing import Any

from launchready.aws import iam, readers

NAME = "/launchready/acme/STRIPE"
PATH = "arn:aws:ssm:us-east-1:123456789012:parameter/launchready/acme"
VAULT = "arn:aws:secretsmanager:us-east-1:123456789012:secret:/launchready/acme"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-0000-0000-000000000000"


def allowed(policy: str, action: str, resource: str) -> bool:
    return readers.judge(json.loads(policy), action, resource) in ("allow", "conditional")


def test_the_policy_reads_its_own_path_and_nothing_else() -> None:
    policy = iam.reading_policy(PATH, VAULT, KEY)
    for action, resource in (
        ("ssm:GetParameter", f"{PATH}/STRIPE"),
        ("ssm:GetParametersByPath", PATH),
        ("secretsmanager:GetSecretValue", f"{VAULT}/STRIPE-AbCdEf"),
        ("kms:Decrypt", KEY),
    ):
        assert allowed(policy, action, resource), (action, resource)
    for action, resource in (
        ("ssm:GetParameter", PATH.replace("acme", "other") + "/STRIPE"),
        ("ssm:GetParameter", f"{PATH}-2/STRIPE"),
        ("ssm:GetParametersByPath", PATH.removesuffix("/acme")),
        ("ssm:PutParameter", f"{PATH}/STRIPE"),
        ("ssm:DescribeParameters", "*"),
        ("secretsmanager:GetSecretValue", f"{VAULT}-2/STRIPE-AbCdEf"),
        ("secretsmanager:PutSecretValue", f"{VAULT}/STRIPE-AbCdEf"),
        ("kms:Decrypt", KEY.replace("0a1b", "ffff")),
        ("kms:Encrypt", KEY),
    ):
        assert not allowed(policy, action, resource), (action, resource)
    decrypt = json.loads(policy)["Statement"][-1]
    assert decrypt["Condition"] == {"StringLike": {"kms:EncryptionContext:SecretARN": f"{VAULT}/*"}}


def test_aws_takes_the_policy(aws: Any) -> None:
    for policy in (iam.reading_policy(PATH, None, KEY), iam.reading_policy(PATH, VAULT, None)):
        assert aws("iam").create_policy(PolicyName=f"p{len(policy)}", PolicyDocument=policy)


def test_a_path_comes_from_the_arn_of_what_lies_below_it() -> None:
    assert iam.path_arn(f"{PATH}/STRIPE", NAME, "/launchready/acme/") == PATH
    assert iam.path_arn(f"{VAULT}/STRIPE-AbCdEf", NAME, "/launchready/acme/") == VAULT


def test_readers_are_found_in_roles_users_and_groups(aws: Any) -> None:
    client = aws("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    client.create_role(RoleName="app", AssumeRolePolicyDocument=trust)
    client.put_role_policy(
        RoleName="app", PolicyName="own", PolicyDocument=iam.reading_policy(PATH, None, None)
    )
    client.create_role(RoleName="other", AssumeRolePolicyDocument=trust)
    statement = {"Effect": "Allow", "Action": "ssm:Get*", "Resource": "*"}
    wide = {"Version": "2012-10-17", "Statement": statement}
    client.create_policy(PolicyName="wide", PolicyDocument=json.dumps(wide))
    client.create_group(GroupName="devs")
    client.attach_group_policy(GroupName="devs", PolicyArn="arn:aws:iam::123456789012:policy/wide")
    client.create_user(UserName="ann")
    client.add_user_to_group(GroupName="devs", UserName="ann")
    client.create_user(UserName="bob")
    client.attach_user_policy(UserName="bob", PolicyArn="arn:aws:iam::123456789012:policy/wide")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "iam:*", "Resource": "*"}]}
    client.put_user_policy(UserName="bob", PolicyName="none", PolicyDocument=json.dumps(deny))
    client.create_user(UserName="eve")
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    once = {"Version": "2012-10-17", "Statement": [{**statement, "Condition": condition}]}
    client.put_user_policy(UserName="eve", PolicyName="mfa", PolicyDocument=json.dumps(once))
    found = readers.readers(readers.principals("us-east-1"), "ssm:GetParameter", f"{PATH}/STRIPE")
    assert [(r.who, r.conditional) for r in found] == [
        ("group/devs", False), ("user/ann", False), ("user/eve", True), ("role/app", False),
    ]  # fmt: skip
