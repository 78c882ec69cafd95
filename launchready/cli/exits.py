"""Exit codes and how errors leave the program: one sentence, the place, what to do; never a traceback.

0 done, ready, or no drift; 1 not ready, or drift; 2 bad input; 3 could not finish or be proved.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

import typer

from launchready.errors import ClientFileError, LaunchreadyError

NOT_READY, BAD_INPUT, UNFINISHED = 1, 2, 3
INTERRUPTED = 130
"""What typer makes of a Ctrl-C."""
_USAGE = typer.BadParameter.__mro__[1]
"""A wrong command line: the base class of typer's BadParameter, which typer does not name in public."""


def run(program: Callable[[], int | None]) -> int:
    """Call ``program``; turn whatever it raises into words on standard error and an exit code."""
    try:
        code = int(program() or 0)
        if code == INTERRUPTED:
            _say("interrupted; what was started has been ended")
            return UNFINISHED
        return code
    except ClientFileError as error:
        for problem in error.problems:
            _say(f"error: {problem}")
        _say(f"{len(error.problems)} problem(s); nothing was changed")
        return error.exit_code
    except LaunchreadyError as error:
        _say(f"error: {error}")
        return error.exit_code
    except typer.Exit as leave:
        return leave.exit_code
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted; what was started has been ended")
        return UNFINISHED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNFINISHED
    except Exception as error:  # noqa: BLE001 - the last line of defence, reported whole in a file
        if isinstance(error, _USAGE):
            error.show()  # type: ignore[attr-defined]
            return BAD_INPUT
        group = _only_launchready(error)
        if group is not None:
            _say(f"error: {group}")
            return group.exit_code
        _say(f"error: something unforeseen: {type(error).__name__}: {error}")
        _say(f"  the details are in {_trace()}; please report them")
        return UNFINISHED


def _only_launchready(error: BaseException) -> LaunchreadyError | None:
    """The one LaunchreadyError inside an exception group of a TaskGroup, if that is what it holds."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error if isinstance(error, LaunchreadyError) else None


def _trace() -> Path:
    handle, name = tempfile.mkstemp(prefix="launchready-trace-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write(traceback.format_exc())
    return Path(name)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - the command line's voice
