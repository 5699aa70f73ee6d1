"""Connections of this program to its sound server, for the case that the server hangs.

PulseAudio's library waits without end for a server that does not answer. Nothing of PortAudio
ends that, only the end of the connection does. Linux; elsewhere none are found.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator
from contextlib import suppress

_OPEN = "/proc/self/fd"
_SERVER = "/native"
"""How the address of a server ends, be it PulseAudio's own or PipeWire's."""


def connections() -> set[str]:
    """The connections that are open, by the system's names for them."""
    return {name for name, _ in _found()}


def cut_connections(spared: Collection[str]) -> None:
    """End all connections but those `spared`, as the end of the server would."""
    for name, connection in _found():
        if name not in spared:
            with suppress(OSError):  # it has ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)


def _found() -> Iterator[tuple[str, socket.socket]]:
    descriptors = os.listdir(_OPEN) if os.path.isdir(_OPEN) else []
    for descriptor in descriptors:
        with suppress(OSError):  # what is closed meanwhile, or has no other side
            name = os.readlink(f"{_OPEN}/{descriptor}")
            if name.startswith("socket:"):
                blocks = os.get_blocking(int(descriptor))
                with socket.socket(fileno=os.dup(int(descriptor))) as found:
                    found.setblocking(blocks)  # the default timeout is not for others' sockets
                    peer = str(found.getpeername())
                    if found.family == socket.AF_UNIX and peer.endswith(_SERVER):
                        yield name, found
