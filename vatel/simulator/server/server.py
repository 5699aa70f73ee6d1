"""The simulator as a server: REST and voice sessions on one port."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import get_ident
from typing import Any, Optional, Union

import anyio
from anyio.from_thread import start_blocking_portal

from vatel.simulator.journal.journal import Observed
from vatel.simulator.journal.request_recorder import RequestRecorder
from vatel.simulator.platform.platform import Platform
from vatel.simulator.scenario.faults import Faults
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.server.asgi_server import Guest
from vatel.simulator.server.handshake import NewAgent
from vatel.simulator.server.routes import application
from vatel.simulator.voice.replay import Replay, Speed
from vatel.simulator.voice.scripted_agent import ScriptedAgent
from vatel_rt.errors import SimulatorError
from vatel_rt.realtime.trace import Path as TracePath
from vatel_rt.validation import check_types


class Simulator(Observed):
    """The platform on this machine, for as long as the context lasts.

    ::

        async with Simulator() as simulator:
            client = Client(simulator.api_key, base_url=simulator.url)

    `with` instead of `async with` runs it in a thread of its own, with an event loop of its own;
    it may then be used from any code, asynchronous or not. Leaving the context ends the calls
    that are open, with close code 1001, and closes the port, also when the task around it was
    cancelled.

    From other threads, everything here but `platform` may be used at any time.

    Args:
        scenario: what the agent says: a `Scenario`, the path of a scenario file, or a mapping
            with the keys of one; the packaged one by default.
        host: address to listen on.
        port: port to listen on; 0 takes a free one.
        api_key: the key of the one organization there is.
        token_ttl: seconds that a session token is valid.
        has_sip: whether the platform has SIP credentials; without them, trunks are a 503.
        media_url: address of a media server to tell with tokens for WebRTC, which are a 503
            without it. The simulator has no such server.

    Raises:
        SimulatorError: something in the scenario cannot be; (on entering) the address cannot
            be used.
        RuntimeError: (on entering) it runs already.

    Attributes:
        url: base URL, once entered.
        api_key: API key of the organization.
        agent_id: id of the scenario's agent.
        platform: the state behind it.
    """

    def __init__(
        self,
        scenario: Union[Scenario, str, Path, Mapping[str, Any], None] = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str = "simulator-key",
        token_ttl: float = 60,
        has_sip: bool = True,
        media_url: str = "",
    ) -> None:
        super().__init__()
        check_types(str, host=host, api_key=api_key, media_url=media_url)
        check_types(int, port=port)
        check_types(int, float, token_ttl=token_ttl)
        self._address = (host, port)
        self.url = ""
        self.api_key = api_key
        chosen = _scenario(scenario)
        self.platform = Platform(chosen, api_key, token_ttl, has_sip, media_url)
        self.agent_id = self.platform.scenario.agent.id
        self._new_agent: NewAgent = ScriptedAgent

    @classmethod
    def replay(cls, path: TracePath, speed: Speed = 1, **options: Any) -> Simulator:
        """A simulator whose calls play those of a trace, message for message.

        The first call plays the first of the trace, and so on; after the last comes the first.
        Tokens and handshake are as usual. Where the trace has the output of a tool, the agent
        waits for one (10 s at most); what the caller says makes no difference.

        Args:
            path: a trace, of this class's `record` or of a real call (`vatel_rt.tracing`).
            speed: 1 is the pace of the trace, 2 twice that; with `"max"` nothing waits.
            options: as for `Simulator`.

        Raises:
            ConfigurationError: the file cannot be read, or a line of it is wrong; the text has
                the line's number.
        """
        simulator = cls(**options)
        simulator._new_agent = Replay(path, speed).agent
        return simulator

    def __enter__(self) -> Simulator:
        with ExitStack() as stack:
            portal = stack.enter_context(start_blocking_portal())
            stack.enter_context(portal.wrap_async_context_manager(self))
            self._thread = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        self._thread.__exit__(*error)

    @property
    def faults(self) -> Faults:
        """What goes wrong, to be set at any time; at first what the scenario says."""
        return self.platform.faults

    async def __aenter__(self) -> Simulator:
        if self._waiting.thread:
            raise RuntimeError("this simulator runs already")
        listener = _listen(*self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._folder = TemporaryDirectory(prefix="vatel-simulator-")
        self.platform.folder = Path(self._folder.name)
        app = application(self.platform, self._begin, self._new_agent)
        self._server = Guest(RequestRecorder(app, self._add_request), self.faults)
        self._waiting.thread = get_ident()
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
                self._server.end()
                await asyncio.wait([self._task])
            finally:  # a second cancellation gets through the shield: the loop may be ending
                self._server.drop()
                self._folder.cleanup()
                self._waiting.thread = None
                self._close_traces()

    async def _end_calls(self) -> None:
        self.platform.folder = None
        self.faults.release()
        sessions = list(self.platform.sessions)
        for session in sessions:
            session.end("server_shutdown")
        for session in sessions:
            await session.finished.wait()

    def _failure(self) -> Optional[BaseException]:
        return None if self._task.cancelled() else self._task.exception()


def _scenario(given: Union[Scenario, str, Path, Mapping[str, Any], None]) -> Scenario:
    if given is None:
        return Scenario.default()
    if isinstance(given, Scenario):
        return given
    check_types(Scenario, str, PathLike, Mapping, scenario=given)
    return Scenario.of(given) if isinstance(given, Mapping) else Scenario.load(given)


def _listen(host: str, port: int) -> socket.socket:
    if port not in range(65_536):
        raise SimulatorError(f"cannot listen on {host}:{port}: ports are 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (while ")[0]  # Python adds the address
        if error.errno == errno.EADDRINUSE:
            reason += "; port 0 takes a free one"
        raise SimulatorError(f"cannot listen on {host}:{port}: {reason}") from error
    # Inherited by its connections. Without it small messages wait for acknowledgements.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
