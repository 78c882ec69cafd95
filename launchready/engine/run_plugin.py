"""`python -m launchready.engine.run_plugin language|dynamic|cloudflare [ARGS]`: what a shim on PATH runs."""

from __future__ import annotations

import importlib
import runpy
import sys

from launchready.engine.orphan import end_with_parent

SHARED = "launchready.client_file"
"""What every dynamic resource imports. It is loaded before there are threads: when several import a package
at once, Python may hand one of them a module that is not there as a whole yet."""


def main() -> None:
    kind, arguments = sys.argv[1], sys.argv[2:]
    end_with_parent()
    if kind == "language":
        from launchready.engine.language_host import server

        server.main(arguments)
        return
    module = {"dynamic": "pulumi.dynamic", "cloudflare": "launchready.engine.cloudflare_plugin"}[kind]
    if kind == "dynamic":
        importlib.import_module(SHARED)
    sys.argv = [kind, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
