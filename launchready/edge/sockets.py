"""Listening sockets, and a clear word when a port is taken."""

from __future__ import annotations

import errno
import socket

from launchready.errors import EdgeError


def listen(host: str, port: int, what: str, *, backlog: int = 1024) -> socket.socket:
    """A listening TCP socket on ``host:port`` (0: any free port).

    :raises EdgeError: names the part, the port and what to do.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(backlog)
    except OSError as exc:
        sock.close()
        raise taken(host, port, what, exc) from exc
    sock.setblocking(False)
    return sock


def taken(host: str, port: int, what: str, exc: OSError) -> EdgeError:
    """The error for a port that can't be had."""
    if exc.errno == errno.EADDRINUSE:
        return EdgeError(
            f"port {port} of {host}, wanted for {what}, is in use",
            fix=f"end what listens there (ss -ltnp 'sport = :{port}' names it), pick another port with "
            f"--{what}-port, or leave the option out and any free port is taken",
        )
    return EdgeError(f"can't listen on {host}:{port} for {what}: {exc.strerror or exc}")
