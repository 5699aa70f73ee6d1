"""Cut the connections to a sound server that hangs (on Linux); nothing else ends a wait for it."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Iterator
from contextlib import suppress

_OPEN = "/proc/self/fd"
_SERVER = "/native"  # how the address of a server ends, both of PulseAudio and of PipeWire


def connections() -> set[str]:
    """Return the names of the open connections."""
    return {name for name, _ in _found()}


def cut_connections(keep: Collection[str]) -> None:
    """Shut down every connection except `keep`, as a server exit would."""
    for name, connection in _found():
        if name not in keep:
            with suppress(OSError):  # it ended meanwhile
                connection.shutdown(socket.SHUT_RDWR)


def _found() -> Iterator[tuple[str, socket.socket]]:
    for descriptor in os.listdir(_OPEN) if os.path.isdir(_OPEN) else []:
        with suppress(OSError):  # it was closed meanwhile, or is not connected
            name = os.readlink(f"{_OPEN}/{descriptor}")
            if name.startswith("socket:"):
                blocks = os.get_blocking(int(descriptor))
                with socket.socket(fileno=os.dup(int(descriptor))) as found:
                    found.setblocking(blocks)  # creating the object may have changed it
                    peer = str(found.getpeername())
                    if found.family == socket.AF_UNIX and peer.endswith(_SERVER):
                        yield name, found
