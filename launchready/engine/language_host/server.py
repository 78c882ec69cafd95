"""The `LanguageRuntime` service: what the engine asks of a language before and while it runs a program."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

PROGRAM_REPORTED_ITS_ERROR = 32
"""Exit code of a program whose failure the engine has already been told."""

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
Context: TypeAlias = grpc.ServicerContext


def project_python(root: Path, options: Any) -> str:
    """The interpreter of the project's virtual environment, else the one that runs this host."""
    virtualenv = str(options["virtualenv"]) if "virtualenv" in options else ""
    candidate = (root / virtualenv / "bin" / "python") if virtualenv else None
    return str(candidate) if candidate is not None and candidate.exists() else sys.executable


class PythonLanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Pulumi programs written in Python. One host serves one engine run."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def Handshake(self, request: Any, context: Context) -> Any:  # noqa: N802
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Context) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def GetRequiredPlugins(self, request: Any, context: Context) -> Any:  # noqa: N802
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(self, request: Any, context: Context) -> Any:  # noqa: N802
        """None: plugins are found on PATH, where the launcher put what this machine has."""
        return language_pb2.GetRequiredPackagesResponse()

    def About(self, request: Any, context: Context) -> Any:  # noqa: N802
        return language_pb2.AboutResponse(executable=sys.executable, version=sys.version.split()[0])

    def GetProgramDependencies(self, request: Any, context: Context) -> Any:  # noqa: N802
        names = ("pulumi", "pulumi-cloudflare", "launchready")
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=name, version=importlib.metadata.version(name))
                for name in names
            ]
        )

    def InstallDependencies(self, request: Any, context: Context) -> Any:  # noqa: N802
        yield language_pb2.InstallDependenciesResponse(
            stdout=b"launchready keeps the environment: run `make setup`\n"
        )

    def Run(self, request: Any, context: Context) -> Any:  # noqa: N802
        """Run the program in a child; its configuration goes through a pipe, never through argv or env."""
        root = Path(request.info.root_directory or request.pwd)
        command = [project_python(root, request.info.options), "-u", "-m"]
        command += ["launchready.engine.language_host.program", self._engine_address]
        with self._lock:
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, cwd=request.info.program_directory or request.pwd
            )
        child = self._child
        context.add_callback(self._stop_child)
        try:
            child.communicate(request.SerializeToString())
        except BrokenPipeError:
            child.wait()
        if child.returncode == 0:
            return language_pb2.RunResponse()
        if child.returncode == PROGRAM_REPORTED_ITS_ERROR:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {child.returncode}")

    def Cancel(self, request: Any, context: Context) -> Any:  # noqa: N802
        from google.protobuf import empty_pb2

        self._stop_child()
        return empty_pb2.Empty()

    def _stop_child(self) -> None:
        child = self._child
        if child is not None and child.poll() is None:
            child.terminate()


def main(arguments: list[str]) -> None:
    """Serve until the engine ends this process. Prints the port, as the engine expects of a plugin."""
    engine_address = next((a for a in reversed(arguments) if not a.startswith("-")), "")
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=UNLIMITED)
    host = PythonLanguageHost(engine_address)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    os.write(1, f"{port}\n".encode())
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        # The engine interrupts its plugins when it has finished; a person's Ctrl-C reaches it first.
        server.stop(grace=None)
