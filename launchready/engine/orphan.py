"""No orphans: a helper process ends when the process that started it is gone, however it went."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path


def end_with_parent(poll_seconds: float = 0.5, *, unless: Path | None = None) -> None:
    """Watch the parent from a daemon thread; once it is gone, end this process.

    A file at ``unless`` releases it: the process then outlives its parent (a kept rehearsal).

    Linux's PR_SET_PDEATHSIG is no help here: it fires when the parent's *thread* ends, and the engine
    is a Go program that starts plugins from any of its threads.
    """
    parent = os.getppid()
    if parent == 1:
        return

    def watch() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(poll_seconds)
        if unless is not None and unless.exists():
            return
        os.kill(os.getpid(), signal.SIGTERM)
        pause.wait(5.0)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
