"""What a path says of a file: an example, a lock file, an environment file, source that people write."""

from __future__ import annotations

import re

_EXAMPLE = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|__mocks__|mocks?|fixtures?|testdata|test-data|e2e|cassettes|"
    r"docs?|documentation|examples?|samples?|stories)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py|readme[^/]*|changelog[^/]*|[^/]*[._-](?:test|tests|spec|stories)\.[^/]+|"
    r"[^/]*\.(?:md|mdx|rst|adoc)|[^/]*[._-](?:example|sample|template|dist|tmpl|j2)(?:\.[^/]+)?)$",
    re.I,
)
_GENERATED = re.compile(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|composer\.lock|"
    r"gemfile\.lock|cargo\.lock|poetry\.lock|uv\.lock|pipfile\.lock|pdm\.lock|flake\.lock|go\.sum|mix\.lock|"
    r"packages\.lock\.json|podfile\.lock|requirements[^/]*\.txt|[^/]*\.(?:min\.(?:js|css)|map|snap|svg|ipynb))$"
    r"|(?:^|/)(?:node_modules|vendor|dist|build|\.yarn|third_party)/",
    re.I,
)
_ENVIRONMENT = re.compile(r"(?:^|/)(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env|\.envrc)$", re.I)
_SOURCE = re.compile(
    r"(?:^|/)(?:dockerfile[^/]*|procfile|\.npmrc|\.pypirc|\.netrc|[^/]*\.(?:py|rb|js|mjs|cjs|jsx|ts|tsx|vue|svelte|"
    r"php|java|kt|scala|groovy|go|rs|c|cc|cpp|h|cs|fs|swift|dart|ex|exs|pl|lua|sh|bash|zsh|fish|ps1|bat|tf|tfvars|"
    r"hcl|json|json5|yaml|yml|toml|ini|cfg|conf|properties|xml|sql|gradle|plist))$",
    re.I,
)


def is_example(path: str) -> bool:
    """Tests, documentation, examples: what stands there in a secret's form is mostly none."""
    return _EXAMPLE.search(path) is not None


def is_generated(path: str) -> bool:
    """Lock files, bundles, what others wrote: full of hashes, and of no secret of one's own naming."""
    return _GENERATED.search(path) is not None


def is_environment(path: str) -> bool:
    """A file of variables (``.env`` and its kind)."""
    return _ENVIRONMENT.search(path) is not None


def is_source(path: str) -> bool:
    """A text in which a name is given a value."""
    return _SOURCE.search(path) is not None
