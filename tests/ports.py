"""A loopback port that is free for UDP and for TCP at once, as a name server needs it."""

from __future__ import annotations

import socket

TRIES = 50


def pair() -> tuple[socket.socket, socket.socket]:
    """(TCP, UDP) sockets bound to one port; another process may hold either half, so it tries again."""
    for _ in range(TRIES):
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            tcp.bind(("127.0.0.1", 0))
            udp.bind(tcp.getsockname())
        except OSError:
            tcp.close()
            udp.close()
            continue
        return tcp, udp
    raise OSError(f"no port of {TRIES} tried was free for both UDP and TCP")
