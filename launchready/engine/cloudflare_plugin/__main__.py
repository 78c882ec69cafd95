"""``python -m launchready.engine.cloudflare_plugin``: what the launcher on PATH runs."""

from __future__ import annotations

import sys

from launchready.engine.cloudflare_plugin.server import main

if __name__ == "__main__":
    main(sys.argv[1:])
