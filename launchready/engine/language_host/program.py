"""The child process that runs one Pulumi program: `python -m … ENGINE < RunRequest`.

The request arrives on standard input as a serialised protobuf, so that decrypted configuration is
neither on a command line nor in the environment.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import sys
import traceback
from pathlib import Path

from launchready.engine.language_host.server import PROGRAM_REPORTED_ITS_ERROR
from launchready.engine.orphan import end_with_parent


def main() -> int:
    end_with_parent()
    import pulumi
    from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
    from pulumi.runtime.proto import language_pb2

    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read())
    sys.stdin = open(os.devnull)  # noqa: SIM115 - stays open for the program's life
    set_all_config(dict(request.config), list(request.configSecretKeys))
    configure(
        Settings(
            project=request.project,
            stack=request.stack,
            monitor=request.monitor_address,
            engine=sys.argv[1],
            parallel=request.parallel,
            dry_run=request.dryRun,
            organization=request.organization,
            root_directory=request.info.root_directory or request.pwd,
        )
    )
    program = Path(request.info.program_directory or request.pwd)
    entry = request.info.entry_point or "."
    target = program / entry if entry != "." else program
    sys.path.insert(0, str(program))
    sys.argv = [str(target), *request.args]

    def execute() -> None:
        runpy.run_path(str(target), run_name="__main__")

    async def run() -> None:
        await run_in_stack(execute)

    # One grpc warning per forked helper would drown the program's own words.
    logging.getLogger("grpc").setLevel(logging.ERROR)
    try:
        asyncio.run(run())
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return PROGRAM_REPORTED_ITS_ERROR
    except Exception:  # noqa: BLE001 - whatever the program raised is the user's to read
        pulumi.log.error("the program failed:\n" + traceback.format_exc())
        return PROGRAM_REPORTED_ITS_ERROR
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
