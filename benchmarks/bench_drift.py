"""Drift of a zone of 17,636 records: API calls and seconds, on loopback.

    python benchmarks/bench_drift.py [--records N]

A zone and its state are generated (``tests/drift/drift_zone.py``; a test proves both equal to those of a
real `pulumi up` of 500 records). The edge runs in a process of its own, the state is read from a file as the
engine exports it, and `launch drift`'s own function is timed, with all that it looks at.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

MOST_CALLS, MOST_SECONDS = 10, 10.0
EDITS = 3


def serve(records: int, directory: str, pipe: Connection) -> None:
    """The edge's process: the generated zone, and three edits on demand."""
    from tests.drift.drift_zone import generated

    async def run() -> None:
        async with generated(Path(directory), records) as made:
            (Path(directory) / "state.json").write_text(json.dumps(made.export))
            pipe.send(made.edge.document())
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, pipe.recv)
            for record in list(made.zone.records.values())[:EDITS]:
                made.zone.put_record({**record, "comment": "who wrote this?"})
            pipe.send("edited")
            await loop.run_in_executor(None, pipe.recv)

    asyncio.run(run())


async def compare(document: dict[str, Any], directory: Path, records: int) -> tuple[Any, float]:
    """One drift run, and the seconds it took from reading the client's values to the items."""
    from launchready.drift import Options, State, drift
    from launchready.drift.state import read_state
    from tests.drift.drift_kit import client_of
    from tests.drift.drift_zone import values

    client = client_of(values(records))
    began, worked = time.perf_counter(), time.process_time()

    async def state() -> State:
        return await asyncio.to_thread(
            lambda: read_state(json.loads((directory / "state.json").read_bytes()))
        )

    found = await drift(client, state(), Options(edge=document))
    seconds = time.perf_counter() - began
    print(f"  {seconds:.1f} s, of which {time.process_time() - worked:.1f} s are this process's own work")
    return found, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=17_636)
    records = parser.parse_args().records
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="bench-drift-") as directory:
        ours, theirs = context.Pipe()
        edge = context.Process(target=serve, args=(records, directory, theirs), daemon=True)
        edge.start()
        try:
            document = ours.recv()
            size = (Path(directory) / "state.json").stat().st_size / 1e6
            print(f"{records} records, a state of {size:.0f} MB")
            quiet, seconds = asyncio.run(compare(document, Path(directory), records))
            print(f"untouched: {len(quiet.items)} items, {quiet.api_calls} API calls, {seconds:.1f} s")
            for note in quiet.notes:
                print(f"  {note}")
            ours.send("edit")
            ours.recv()
            edited, again = asyncio.run(compare(document, Path(directory), records))
            print(f"edited:    {len(edited.items)} items, {edited.api_calls} API calls, {again:.1f} s")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"peak memory {peak:.0f} MB")
            ours.send("end")
        finally:
            edge.join(10)
            edge.kill()
    right = not quiet.items and len(edited.items) == EDITS and not quiet.unfound
    within = max(quiet.api_calls, edited.api_calls) <= MOST_CALLS and max(seconds, again) < MOST_SECONDS
    print("within the aim" if right and within else f"beyond the aim {quiet.items[:3]} {quiet.unfound[:3]}")
    return 0 if right and within else 1


if __name__ == "__main__":
    sys.exit(main())
