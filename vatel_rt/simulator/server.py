"""The simulator as a server: REST and voice sessions on one port."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Optional

import uvicorn

from vatel_rt.errors import SimulatorError
from vatel_rt.simulator.call import SHUTDOWN
from vatel_rt.simulator.platform import Platform
from vatel_rt.simulator.rest import application
from vatel_rt.simulator.scenario import Scenario

LARGEST_MESSAGE = 16 * 2**20
PATIENCE = 3
"""Seconds that an answer on its way may take once the simulator ends."""


class Simulator:
    """The platform on this machine, for as long as the context lasts.

    ::

        async with Simulator() as simulator:
            client = Client(simulator.api_key, base_url=simulator.url)

    Leaving the context ends the calls that are open, with close code 1001.

    Args:
        scenario: what the agent says; the packaged one by default.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        api_key: the key of the one organization there is.
        token_ttl: seconds that a session token is valid.

    Raises:
        SimulatorError: (on entering) the address cannot be used.

    Attributes:
        url: base URL, once entered.
        api_key: API key of the organization.
        agent_id: id of the scenario's agent.
        platform: the state behind it.
    """

    def __init__(
        self,
        scenario: Optional[Scenario] = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "simulator-key",
        token_ttl: float = 60,
    ) -> None:
        self._address = (host, port)
        self.url = ""
        self.api_key = api_key
        self.platform = Platform(scenario or Scenario.default(), api_key, token_ttl)
        self.agent_id = self.platform.scenario.agent.id

    async def __aenter__(self) -> Simulator:
        listener = _listen(*self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._folder = TemporaryDirectory(prefix="vatel-simulator-")
        self.platform.folder = Path(self._folder.name)
        self._server = _Server(application(self.platform))
        self._task = asyncio.create_task(self._server.serve([listener]))
        await self._server.ready.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.platform.folder = None
        for session in list(self.platform.sessions):
            session.end(SHUTDOWN)
            await session.finished.wait()
        self._server.should_exit = True
        await self._task
        self._folder.cleanup()


class _Server(uvicorn.Server):
    """uvicorn, as a guest: it leaves signals and logging to the program around it."""

    def __init__(self, app: Any) -> None:
        self.ready = asyncio.Event()
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="websockets-sansio",
                ws_max_size=LARGEST_MESSAGE,
                ws_per_message_deflate=False,
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=PATIENCE,
            )
        )

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    if port not in range(65_536):
        raise SimulatorError(f"cannot listen on {host}:{port}: ports are 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise SimulatorError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    # Inherited by its connections. Without it small messages wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
