"""Lints of ``environment``: names, scopes, values that should be secret, sizes, the path and the key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from launchready.client_file import environment_model
from launchready.client_file.environment_model import Environment, Variable
from launchready.client_file.lint.context import Context
from launchready.client_file.lint.registry import Hit, Level, rule
from launchready.client_file.plans import AWS_LIMITS
from launchready.client_file.positions import key_text
from launchready.client_file.secret_shapes import PUBLIC_PREFIXES, public_prefix, secret_reason

POSIX = "IEEE Std 1003.1-2024 §8.1"
SSM = "docs.aws.amazon.com/systems-manager (PutParameter)"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"(?:/[A-Za-z0-9_.-]+)+/?")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")
_KEY = re.compile(
    r"client|aws|alias/[A-Za-z0-9/_-]{1,250}|(?:mrk-)?[0-9a-f][0-9a-f-]{20,40}|"
    r"arn:aws[a-z-]*:kms:(?P<region>[a-z0-9-]+):\d{12}:(?:key|alias)/[A-Za-z0-9/_-]+"
)


def _variables(context: Context) -> Iterator[tuple[str, str, Variable]]:
    """Key, name and variable of each."""
    environment = environment_model.of(context.client)
    for name, variable in (environment.variables if environment else {}).items():
        yield key_text(("environment", "variables", name)), name, variable


def _environment(context: Context) -> Iterator[Environment]:
    environment = environment_model.of(context.client)
    if environment is not None:
        yield environment


@rule(
    "client_file.environment.name",
    reference=POSIX,
    fix="use letters, digits and underscores, and no digit first, such as STRIPE_SECRET_KEY",
)
def variables_are_named_as_a_shell_can_name_them(context: Context) -> Iterator[Hit]:
    """A variable's name has letters, digits and underscores, and begins with no digit."""
    for key, name, _ in _variables(context):
        if not _NAME.fullmatch(name):
            yield Hit(key, f"{name!r} is no name of an environment variable")


@rule("client_file.environment.twice", reference=POSIX, fix="keep one spelling")
def variables_differ_by_more_than_case(context: Context) -> Iterator[Hit]:
    """No two variables differ in upper and lower case only."""
    seen: dict[str, str] = {}
    for key, name, _ in _variables(context):
        first = seen.setdefault(name.upper(), name)
        if first != name:
            yield Hit(key, f"{name} and {first} are one name to some readers")


@rule(
    "client_file.environment.browser_secret",
    reference="OWASP API8:2023; checklist, row secrets",
    fix="keep it with scope: server behind a route that uses it; what is no secret is given as value",
)
def no_secret_is_for_the_browser(context: Context) -> Iterator[Hit]:
    """A secret has scope server: what a browser gets, everyone has."""
    for key, name, variable in _variables(context):
        if variable.secret is not None and variable.scope == "browser":
            yield Hit(key, f"{name} is a secret with scope: browser")


@rule(
    "client_file.environment.public_prefix",
    reference="the frameworks' own documentation (launchready/client_file/secret_shapes.py)",
    fix="give it a name without the prefix, and rotate it if it was ever built in",
)
def no_secret_has_a_public_prefix(context: Context) -> Iterator[Hit]:
    """No secret has a name that a framework puts into the browser's bundle."""
    for key, name, variable in _variables(context):
        prefix = public_prefix(name)
        if variable.secret is not None and prefix is not None:
            yield Hit(key, f"{name} is a secret, and {PUBLIC_PREFIXES[prefix]} gives {prefix}* to browsers")


@rule(
    "client_file.environment.public_scope",
    reference="the frameworks' own documentation (launchready/client_file/secret_shapes.py)",
    fix="say scope: browser, or take the prefix away",
    level=Level.WARNING,
)
def public_prefixes_are_declared_public(context: Context) -> Iterator[Hit]:
    """A plain variable whose name gives it to browsers says so."""
    for key, name, variable in _variables(context):
        prefix = public_prefix(name)
        if variable.secret is None and prefix is not None and variable.scope == "server":
            yield Hit(key, f"{name} has scope: server, but {PUBLIC_PREFIXES[prefix]} gives it to browsers")


@rule(
    "client_file.environment.plain_secret",
    reference="OWASP API8:2023; checklist, row secrets",
    fix="encrypt it: `launch env rotate CLIENT NAME --from-stdin`, or `launch env import CLIENT FILE`",
    waivable=True,
)
def no_plain_value_looks_like_a_secret(context: Context) -> Iterator[Hit]:
    """A value that anyone may see doesn't look like a secret."""
    for key, name, variable in _variables(context):
        if variable.value is None:
            continue
        browser = variable.scope == "browser" or public_prefix(name) is not None
        reason = secret_reason(name, variable.value, browser=browser)
        if reason is not None:
            yield Hit(key, f"{name} is given in clear and looks like a secret: {reason}")


@rule("client_file.environment.empty", reference=SSM, fix="give it a value, or take the variable out")
def values_are_not_empty(context: Context) -> Iterator[Hit]:
    """No value is empty: neither service stores one."""
    for key, name, variable in _variables(context):
        if variable.size == 0:
            yield Hit(key, f"{name} is empty")


@rule(
    "client_file.environment.size",
    reference=f"{SSM}, docs.aws.amazon.com/secretsmanager (quotas)",
    fix="use tier: auto, target: secretsmanager, or keep a file that is this big elsewhere",
)
def values_fit_where_they_are_kept(context: Context) -> Iterator[Hit]:
    """A value has no more bytes than its tier or service takes; secrets are measured without opening."""
    for environment in _environment(context):
        for key, name, variable in _variables(context):
            limit, place = _room(environment, variable)
            if variable.size is not None and variable.size > limit:
                yield Hit(key, f"{name} has {variable.size} bytes, and {place} takes {limit}")


def _room(environment: Environment, variable: Variable) -> tuple[int, str]:
    if environment.target == "secretsmanager" and variable.secret is not None:
        return AWS_LIMITS.secret_bytes, "Secrets Manager"
    if environment.tier == "standard":
        return AWS_LIMITS.standard_bytes, "a standard parameter"
    return AWS_LIMITS.advanced_bytes, "an advanced parameter"


@rule(
    "client_file.environment.reference",
    reference=f"{SSM}: values in double braces are references",
    fix="make it a secret in Secrets Manager (target: secretsmanager), or write it without {{…}}",
)
def values_are_no_references(context: Context) -> Iterator[Hit]:
    """No parameter's value is wrapped in {{…}}, which Parameter Store refuses."""
    for key, name, variable in _variables(context):
        if variable.value is not None and re.search(r"\{\{.*\}\}", variable.value, re.S):
            yield Hit(key, f"{name} contains {{{{…}}}}, which Parameter Store refuses")


@rule(
    "client_file.environment.path",
    reference=f"{SSM}: naming constraints",
    fix="write it as /launchready/acme/: letters, digits and _.- between slashes",
)
def the_path_can_be_a_parameters(context: Context) -> Iterator[Hit]:
    """The path (and stage) has what a parameter's name may have, within its depth and length."""
    for environment in _environment(context):
        for key in ("path", "stage"):
            text = getattr(environment, key)
            form = _PATH if key == "path" else re.compile(r"[A-Za-z0-9_.-]+")
            if text is not None and not form.fullmatch(text):
                yield Hit(f"environment.{key}", f"{text!r} can't be part of a parameter's name")
        path = _path(environment, context.client.client)
        if re.match(r"/(aws|ssm)", path, re.I):
            yield Hit("environment.path", f"{path} begins with a word that AWS keeps for itself")
        yield from _too_long(context, path)


def _too_long(context: Context, path: str) -> Iterator[Hit]:
    arn = len("arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter")
    for key, name, variable in _variables(context):
        full = path + name
        if full.count("/") > AWS_LIMITS.levels:
            yield Hit(key, f"{full} has more than {AWS_LIMITS.levels} levels")
        limit = AWS_LIMITS.name_length - arn if variable.secret is None else AWS_LIMITS.secret_name_length
        if len(full) > limit:
            yield Hit(key, f"the name {full[:60]}… has {len(full)} characters, more than {limit}")


def _path(environment: Environment, client: str) -> str:
    base = (environment.path or f"/launchready/{client}").rstrip("/")
    return f"{base}/{environment.stage}/" if environment.stage else f"{base}/"


@rule(
    "client_file.environment.shared_path",
    reference="the least privilege that an application needs: its own path",
    fix="end it with the client's name, such as /launchready/acme/",
)
def the_path_is_the_clients_own(context: Context) -> Iterator[Hit]:
    """The path isn't one under which other clients' variables lie."""
    for environment in _environment(context):
        if environment.path is None:
            continue
        own = _path(environment, context.client.client)
        if own == "/" or "/launchready/".startswith(own):
            yield Hit("environment.path", f"{own} holds the variables of every client")


@rule(
    "client_file.environment.kms",
    reference="docs.aws.amazon.com/kms (key identifiers)",
    fix="write client, aws, alias/NAME, a key's id or its ARN of the same region",
)
def the_key_is_a_kms_key(context: Context) -> Iterator[Hit]:
    """``kms`` is client, aws, or an identifier of a key in the environment's region."""
    for environment in _environment(context):
        found = _KEY.fullmatch(environment.kms)
        if found is None or environment.kms.startswith("alias/aws/"):
            yield Hit("environment.kms", f"{environment.kms!r} is no key that can be used here")
        elif found["region"] is not None and found["region"] != environment.region:
            yield Hit("environment.kms", f"the key is in {found['region']}, not in {environment.region}")


@rule(
    "client_file.environment.region",
    reference="docs.aws.amazon.com/general (regions)",
    fix="write it as us-east-1",
)
def the_region_is_one(context: Context) -> Iterator[Hit]:
    """``region`` has the form of an AWS region."""
    for environment in _environment(context):
        if not _REGION.fullmatch(environment.region):
            yield Hit("environment.region", f"{environment.region!r} is no AWS region")


@rule(
    "client_file.environment.description",
    reference=f"{SSM}: Description",
    fix="say in a sentence what it is for; the value belongs into value or secret",
)
def descriptions_describe(context: Context) -> Iterator[Hit]:
    """A description is short, and doesn't itself look like a secret."""
    for key, name, variable in _variables(context):
        text = variable.description or ""
        if len(text) > AWS_LIMITS.description_length:
            yield Hit(
                key, f"the description of {name} has more than {AWS_LIMITS.description_length} characters"
            )
        elif any(secret_reason("", word) for word in text.split()):
            yield Hit(key, f"the description of {name} contains what looks like a secret")
