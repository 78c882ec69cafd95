"""Runs a program that dies with whoever started it: ``python -I -S tied.py PARENT PROGRAM ARGUMENTS…``.

An engine whose gateway is gone can only fail, and writes every failure into its state as something that
never happened. Killed at once it leaves in the state what was under way, and the next run looks it up.
Linux only (prctl's PR_SET_PDEATHSIG, which outlives exec); it imports nothing of this package, to be quick.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Bind this process to its parent, then become the program."""
    parent, program = int(arguments[0]), arguments[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it went before it could be watched
        os._exit(137)
    os.execv(program[0], program)  # noqa: S606 - the command of the caller


if __name__ == "__main__":
    main(sys.argv[1:])
