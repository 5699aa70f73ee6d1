"""The socket that accepts connections, also when no file descriptor is left for one."""

from __future__ import annotations

import errno
import logging
import socket
import time

from vatel_rt.errors import SimulatorError

BACKLOG = 2048
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_PAUSE = 0.02
"""Seconds that a connection waits each time that there is no descriptor for it."""
_REMINDER = 60
"""Seconds until a lasting lack of descriptors is logged again."""

log = logging.getLogger("vatel.simulator.server")


class Listener(socket.socket):
    """A listening socket that lets connections wait while the process has no descriptors.

    asyncio's own answer is a traceback for each try, of which some versions make thousands.
    """

    _logged = -float("inf")

    def accept(self) -> tuple[socket.socket, object]:
        """Accept a connection.

        Raises:
            BlockingIOError: none waits, or there is no descriptor for it.
        """
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in _EXHAUSTED:
                raise
            self._note(error)
            time.sleep(_PAUSE)  # the event loop asks again at once
            raise BlockingIOError(errno.EAGAIN, "no descriptor") from None

    def _note(self, error: OSError) -> None:
        if time.monotonic() - self._logged > _REMINDER:
            self._logged = time.monotonic()
            log.warning("connections wait: %s", error.strerror)


def listen(host: str, port: int) -> Listener:
    """Return a socket that listens on an address.

    Raises:
        SimulatorError: the address cannot be used.
    """
    if port not in range(65_536):
        raise SimulatorError(f"cannot listen on {host}:{port}: ports are 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        reason = str(error.strerror).partition(" (while ")[0]  # Python adds the address
        if error.errno == errno.EADDRINUSE:
            reason += "; port 0 selects a free one"
        raise SimulatorError(f"cannot listen on {host}:{port}: {reason}") from error
    listener = Listener(made.family, made.type, made.proto, made.detach())
    # Connections inherit this. Without it, small messages wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
