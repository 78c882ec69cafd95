"""Workers of the local edge: scripts as the API holds them, run by Node where this machine has it."""

from launchready.edge.workers.runtime import (
    NoRuntimeError,
    RuntimeLimits,
    Script,
    WorkerError,
    WorkerRequest,
    WorkerResponse,
    WorkerRuntime,
    find_node,
)

__all__ = [
    "NoRuntimeError",
    "RuntimeLimits",
    "Script",
    "WorkerError",
    "WorkerRequest",
    "WorkerResponse",
    "WorkerRuntime",
    "find_node",
]
