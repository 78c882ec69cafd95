"""What looks like a secret: by its form, by its name, by its entropy. And which names a browser gets.

A judgement of one value, never repeated in words: callers name the variable and the reason only.
"""

from __future__ import annotations

import math
import re
from collections import Counter

PUBLIC_PREFIXES: dict[str, str] = {
    "BUN_PUBLIC_": "Bun (bun.com/docs/bundler/fullstack)",
    "ELM_APP_": "Create Elm App (github.com/halfzebra/create-elm-app)",
    "EXPO_PUBLIC_": "Expo (docs.expo.dev/guides/environment-variables)",
    "GATSBY_": "Gatsby (gatsbyjs.com/docs/how-to/local-development/environment-variables)",
    "GRIDSOME_": "Gridsome (gridsome.org/docs/environment-variables)",
    "NEXT_PUBLIC_": "Next.js (nextjs.org/docs/pages/guides/environment-variables)",
    "NG_APP_": "Angular with @ngx-env/builder (github.com/chihab/ngx-env)",
    "NUXT_PUBLIC_": "Nuxt (nuxt.com/docs/guide/going-further/runtime-config)",
    "NX_PUBLIC_": "Nx (nx.dev/recipes/react/use-environment-variables-in-react)",
    "PAYLOAD_PUBLIC_": "Payload (payloadcms.com/docs/configuration/environment-vars)",
    "PLASMO_PUBLIC_": "Plasmo (docs.plasmo.com/framework/env)",
    "PREACT_APP_": "Preact CLI (github.com/preactjs/preact-cli)",
    "PUBLIC_": "SvelteKit, Astro, Rsbuild (svelte.dev/docs/kit/$env-static-public)",
    "REACT_APP_": "Create React App (create-react-app.dev/docs/adding-custom-environment-variables)",
    "REDWOOD_ENV_": "Redwood (docs.redwoodjs.com/docs/environment-variables)",
    "RENDERER_VITE_": "electron-vite (electron-vite.org/guide/env-and-mode)",
    "SANITY_STUDIO_": "Sanity Studio (sanity.io/docs/studio/environment-variables)",
    "SNOWPACK_PUBLIC_": "Snowpack (snowpack.dev/reference/environment-variables)",
    "STORYBOOK_": "Storybook (storybook.js.org/docs/configure/environment-variables)",
    "TARO_APP_": "Taro (docs.taro.zone/en/docs/env-mode-config)",
    "UMI_APP_": "Umi (umijs.org/en-US/docs/guides/env-variables)",
    "VITE_": "Vite (vite.dev/guide/env-and-mode)",
    "VUE_APP_": "Vue CLI (cli.vuejs.org/guide/mode-and-env.html)",
    "WXT_": "WXT (wxt.dev/guide/essentials/config/environment-variables)",
}
"""Prefix → the framework that puts variables of this name into what the browser gets, and where it says so
(read November 2026)."""

_GOOGLE_API_KEY = "a Google API key"
"""Google's own browser libraries want one, restricted by referrer."""

KNOWN_FORMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("a private key in PEM", r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----"),
        ("an AWS access key id", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        ("a Stripe secret key", r"\b(?:sk|rk)_(?:live|test)_[0-9A-Za-z]{4,}"),
        ("a webhook signing secret", r"\bwhsec_[0-9A-Za-z+/=]{8,}"),
        ("a GitHub token", r"\b(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_[0-9A-Za-z_]{20,})"),
        ("a GitLab token", r"\bgl(?:pat|ptt|rt|dt)-[0-9A-Za-z_-]{16,}"),
        ("a Slack token", r"\bxox[abposr]-[0-9A-Za-z-]{10,}|\bxapp-\d-[0-9A-Za-z-]{10,}"),
        ("a Slack webhook URL", r"https://hooks\.slack\.com/(?:services|workflows)/[0-9A-Za-z/_-]+"),
        (_GOOGLE_API_KEY, r"\bAIza[0-9A-Za-z_-]{35}\b"),
        ("a Google OAuth client secret", r"\bGOCSPX-[0-9A-Za-z_-]{20,}"),
        ("a SendGrid key", r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}"),
        ("a Mailgun key", r"\bkey-[0-9a-f]{32}\b"),
        ("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
        ("an OpenAI or Anthropic key", r"\bsk-(?:proj-|ant-|svcacct-)?[0-9A-Za-z_-]{20,}"),
        ("an npm token", r"\bnpm_[0-9A-Za-z]{30,}"),
        ("a PyPI token", r"\bpypi-[0-9A-Za-z_-]{30,}"),
        ("a DigitalOcean token", r"\bdo[opr]_v1_[0-9a-f]{40,}"),
        ("a Shopify token", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{16,}"),
        ("a Square token", r"\b(?:sq0(?:atp|csp)-[0-9A-Za-z_-]{20,}|EAAA[0-9A-Za-z_-]{56,})"),
        ("a JSON Web Token", r"\beyJ[0-9A-Za-z_-]{8,}\.eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}"),
        ("a URL with a password in it", r"\b[a-z][a-z0-9+.-]*://[^\s/:@]*:[^\s/@]+@[^\s/]+"),
    )
)
"""What it is → the form by which its issuer marks it (each issuer's own documentation)."""

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:SECRET|SECRET_KEY(?:_BASE)?|PASSWORD|PASSWD|PASSPHRASE|PRIVATE_KEY|CREDENTIALS?|"
    r"(?:API|ACCESS|AUTH|ENCRYPTION|SIGNING|SERVICE_ROLE|MASTER)_KEY|ACCESS_TOKEN|AUTH_TOKEN|API_TOKEN|"
    r"REFRESH_TOKEN|BEARER_TOKEN|TOKEN|SIGNING_SECRET|WEBHOOK_SECRET|DSN_SECRET|APP_KEY|PAT|PIN)$"
)
_NOT_A_VALUE = re.compile(
    r"|true|false|yes|no|on|off|none|null|\d{1,9}|(?:change|replace)[-_ ]?me|x+|\*+", re.I
)
_TOKEN = re.compile(r"[0-9A-Za-z+/_=.-]{20,}")
_PUBLISHABLE = re.compile(r"^(?:pk_(?:live|test)_|pk\.|phc_|G-|UA-|GTM-|ca-pub-|AW-|sb_publishable_)")
_IDENTIFIER = re.compile(
    r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|arn:[^\s]+|[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?|"
    r"v?\d+(?:\.\d+)+[\w.+-]*"
)
MINIMUM_ENTROPY = 3.8
"""Bits for each character: random base64 of 20 characters and more lies above, words lie below."""
MINIMUM_HEX_ENTROPY = 3.0


def public_prefix(name: str) -> str | None:
    """The prefix of a name that some framework gives to browsers, the longest that fits, or None."""
    fitting = [prefix for prefix in PUBLIC_PREFIXES if name.upper().startswith(prefix)]
    return max(fitting, key=len, default=None)


def secret_reason(name: str, value: str, *, browser: bool = False) -> str | None:
    """Why a value looks like a secret, in words that don't repeat it; None when it doesn't.

    ``browser``: the value is meant for browsers, where keys that look random and are called so are
    common (a map's, an analytics site's); only what its issuer marks as secret counts.

    >>> secret_reason("STRIPE", "sk_live_" + "x" * 12)
    'it has the form of a Stripe secret key'
    """
    for kind, pattern in KNOWN_FORMS:
        if pattern.search(value) and not (browser and kind == _GOOGLE_API_KEY):
            return f"it has the form of {kind}"
    if browser:
        return None
    bare = value.strip()
    if _PUBLISHABLE.match(bare) or _NOT_A_VALUE.fullmatch(bare):
        return None
    if _SECRET_NAME.search(name.upper()) and not _is_location(bare):
        return "its name says so"
    if looks_random(bare):
        return "it looks random"
    return None


def looks_random(text: str) -> bool:
    """Whether one word has the entropy of a generated key (identifiers and host names don't count)."""
    if not _TOKEN.fullmatch(text) or _IDENTIFIER.fullmatch(text):
        return False
    if re.fullmatch(r"[0-9a-fA-F]+", text):
        return len(text) >= 32 and entropy(text) >= MINIMUM_HEX_ENTROPY
    mixed = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
    return mixed == 3 and entropy(text) >= MINIMUM_ENTROPY


def entropy(text: str) -> float:
    """Shannon's entropy in bits for each character."""
    counts, size = Counter(text), len(text)
    return -sum(n / size * math.log2(n / size) for n in counts.values()) if size else 0.0


def _is_location(value: str) -> bool:
    """A path or a URL without credentials: where a secret lies, not the secret."""
    return bool(re.fullmatch(r"(?:https?://[^\s@]+|\.{0,2}/[\w./-]+|arn:[^\s]+)", value))
