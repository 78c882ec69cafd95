"""What a run that died left behind, put right before the next one begins.

    with hold(root, client, world, "up") as lock:      one run at a time; who holds it is named
        with lock.work():                              until this is left without an error, it is unfinished
            await clear(stack, lock, say)              what the last run left running or half written is gone
            await recover(stack, lock, say)            what was under way is in the state, or never happened

    lock      the lock file of a launch, and the note that a run leaves until it has ended well
    leftover  processes of a dead run, and what its engine left in the backend: its lock, half-written files
    pending   the engine's state: what was under way; the state with what was found (pure)
    found     look-ups of what creates made whose end nobody saw
    recover   all of it in order

Why like this: docs/decisions/0019-crash-recovery.md.
"""

from __future__ import annotations

from launchready.recovery.lock import RUN, Lock, hold
from launchready.recovery.recover import clear, recover

__all__ = ["RUN", "Lock", "clear", "hold", "recover"]
