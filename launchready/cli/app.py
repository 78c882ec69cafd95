"""The whole `launch` program: all of its commands."""

from __future__ import annotations

from launchready.cli import (
    comment,
    completion,
    costs,
    dkim,
    drift,
    env,
    files,
    handover,
    launches,
    lint,
    local,
    looks,
    mail,
    mail_test,
    monitors,
    plans,
    purge,
    rollbacks,
    serve,
    steps,
)
from launchready.cli.start import main, program

__all__ = ["app", "main"]

EPILOG = (
    "Exit codes: 0 done, ready, or no drift; 1 not ready, or drift; 2 bad input, named with file and line; "
    "3 could not finish or could not be proved."
)

app = program(EPILOG)


for module in (
    local,
    launches,
    looks,
    drift,
    files,
    plans,
    mail,
    mail_test,
    monitors,
    purge,
    env,
    dkim,
    costs,
    handover,
    rollbacks,
    steps,
    lint,
    comment,
    completion,
    serve,
):
    module.register(app)
