"""The simulator as a server: REST and voice sessions on one port."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import anyio

from vatel_rt.errors import SimulatorError
from vatel_rt.simulator.guest import Guest
from vatel_rt.simulator.platform import Platform
from vatel_rt.simulator.records import SHUTDOWN
from vatel_rt.simulator.rest import application
from vatel_rt.simulator.scenario import Scenario


class Simulator:
    """The platform on this machine, for as long as the context lasts.

    ::

        async with Simulator() as simulator:
            client = Client(simulator.api_key, base_url=simulator.url)

    Leaving the context ends the calls that are open, with close code 1001, and closes the port,
    also when the task around it was cancelled.

    Args:
        scenario: what the agent says; the packaged one by default.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        api_key: the key of the one organization there is.
        token_ttl: seconds that a session token is valid.
        has_sip: whether the platform has SIP credentials; without them, trunks are a 503.

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
        has_sip: bool = True,
    ) -> None:
        self._address = (host, port)
        self.url = ""
        self.api_key = api_key
        self.platform = Platform(scenario or Scenario.default(), api_key, token_ttl, has_sip)
        self.agent_id = self.platform.scenario.agent.id

    async def __aenter__(self) -> Simulator:
        listener = _listen(*self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._folder = TemporaryDirectory(prefix="vatel-simulator-")
        self.platform.folder = Path(self._folder.name)
        self._server = Guest(application(self.platform))
        self._task = asyncio.create_task(self._server.serve([listener]))
        self._task.add_done_callback(lambda _: self._server.ready.set())
        try:
            await self._server.ready.wait()
            if self._task.done():
                raise SimulatorError(f"cannot serve: {self._failure()!r}") from self._failure()
        except BaseException:
            await self.__aexit__()
            listener.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            try:
                await self._end_calls()
                self._server.should_exit = True
                await asyncio.wait([self._task])
            finally:  # a second cancellation gets through the shield: the loop may be ending
                self._server.drop()
                self._folder.cleanup()

    async def _end_calls(self) -> None:
        self.platform.folder = None
        for session in list(self.platform.sessions):
            session.end(SHUTDOWN)
            await session.finished.wait()

    def _failure(self) -> Optional[BaseException]:
        return None if self._task.cancelled() else self._task.exception()


def _listen(host: str, port: int) -> socket.socket:
    if port not in range(65_536):
        raise SimulatorError(f"cannot listen on {host}:{port}: ports are 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (while ")[0]  # Python adds the address
        raise SimulatorError(f"cannot listen on {host}:{port}: {reason}") from error
    # Inherited by its connections. Without it small messages wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
