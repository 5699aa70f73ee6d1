"""The simulator as a server: REST and voice sessions on one port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from threading import get_ident
from typing import Any, Optional, Union

import anyio
from anyio.from_thread import start_blocking_portal

from vatel.simulator.journal.journal import Observed
from vatel.simulator.journal.request_recorder import RequestRecorder
from vatel.simulator.platform.fault_control import FaultControl
from vatel.simulator.platform.platform import Platform
from vatel.simulator.platform.seeding import seed
from vatel.simulator.scenario.checks import check
from vatel.simulator.scenario.scenario import Scenario
from vatel.simulator.server.allowed_hosts import AllowedHosts
from vatel.simulator.server.asgi_server import AsgiServer
from vatel.simulator.server.folder import recordings_folder
from vatel.simulator.server.handshake import VoiceSessions
from vatel.simulator.server.listener import listen
from vatel.simulator.server.routes import application
from vatel.simulator.voice.replay import Replay, Speed
from vatel.simulator.voice.scripted_agent import ScriptedAgent
from vatel.simulator.voice.speech import Speech
from vatel_rt.validation import Path as TracePath
from vatel_rt.validation import check_types


class Simulator(Observed):
    """The platform on this machine. It runs while its context is entered.

    ::

        async with Simulator() as simulator:
            client = Client(simulator.api_key, base_url=simulator.url)

    `with` instead of `async with` runs it in a thread with an event loop, for code that is
    asynchronous or not. Leaving the context ends the open calls with close code 1001 and closes
    the port, also when the surrounding task was cancelled.

    All attributes and methods but `platform` may be used in any thread at any time.

    Args:
        scenario: what the agent says: a `Scenario`, the path of a scenario file, or a mapping
            with the keys of one; the packaged scenario by default.
        host: address to listen on.
        port: port to listen on; 0 selects a free one.
        api_key: API key of the one organization.
        token_ttl: seconds for which a session token is valid.
        has_sip: whether the platform has SIP credentials; without, requests for trunks are
            refused with 503.
        media_url: address of a media server, returned with tokens for WebRTC; without, they are
            refused with 503. The simulator has no such server.
        allowed_hosts: names under which the simulator may be addressed, besides IP addresses,
            `localhost` and `host`; `*` allows all. Others are refused with 421, so that no web
            page can reach the simulator under a name of its own.

    Raises:
        SimulatorError: the scenario is wrong; (on entering) the address cannot be used.
        RuntimeError: (on entering) the simulator is already running.

    Attributes:
        url: base URL, set on entering.
        api_key: API key of the organization.
        agent_id: id of the scenario's agent.
        platform: the state of the platform.
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
        allowed_hosts: Sequence[str] = (),
    ) -> None:
        super().__init__()
        check_types(str, host=host, api_key=api_key, media_url=media_url)
        check_types(int, port=port)
        check_types(int, float, token_ttl=token_ttl)
        check_types(list, tuple, allowed_hosts=allowed_hosts)
        self._address = (host, port)
        self._hosts = [host, *allowed_hosts]
        self.url = ""
        self.api_key = api_key
        checked = _checked(scenario)
        self.agent_id = checked.agent.id
        speech = Speech(checked)
        self.platform = Platform(checked, speech.pcm, api_key, token_ttl, has_sip, media_url)
        seed(self.platform, checked)
        self._sessions = VoiceSessions(self.platform, speech, self._begin, ScriptedAgent)
        self._server: Optional[AsgiServer] = None
        self._is_running = False
        self._folder = ExitStack()
        self._thread = ExitStack()

    @classmethod
    def replay(cls, path: TracePath, speed: Speed = 1, **options: Any) -> Simulator:
        """Return a simulator whose calls repeat the calls of a trace, message by message.

        The first call plays the first call of the trace, and so on; after the last one it starts
        again. Tokens and handshake are as usual. Where the trace has the output of a tool, the
        agent waits for one, 10 s at most; what the caller says has no effect.

        Args:
            path: a trace, written by `record` of this class or of a real call.
            speed: 1 plays at the pace of the trace, 2 at twice that; `"max"` does not wait.
            options: as for `Simulator`.

        Raises:
            ConfigurationError: the file cannot be read, or a line is wrong; the text has its
                number.
        """
        simulator = cls(**options)
        simulator._sessions.new_agent = Replay(path, speed).agent
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
    def faults(self) -> FaultControl:
        """The faults, which can be set at any time; initially those of the scenario."""
        return self.platform.faults

    async def __aenter__(self) -> Simulator:
        if self._is_running:
            raise RuntimeError("this simulator is already running")
        listener = listen(*self._address)
        host, port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self.platform.folder = self._folder.enter_context(recordings_folder())
        app = AllowedHosts(application(self.platform, self._sessions), self._hosts)
        self._server = AsgiServer(RequestRecorder(app, self._add_request), self.faults)
        self._waiting.thread = get_ident()
        self._is_running = True
        try:
            await self._server.start(listener)
        except BaseException:
            await self._stop(self._server)
            listener.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            await self._stop(self._server)

    async def _stop(self, server: AsgiServer) -> None:
        with anyio.CancelScope(shield=True):
            try:
                self.platform.folder = None
                self.faults.release()
                await self._sessions.end_all()
                await server.stop()
            finally:  # a second cancellation passes the shield: the loop may be ending
                server.abort()
                self._folder.close()
                self._is_running = False
                self._waiting.thread = None
                self._close_traces()


def _checked(scenario: Union[Scenario, str, Path, Mapping[str, Any], None]) -> Scenario:
    if scenario is None:
        return Scenario.default()
    check_types(Scenario, str, PathLike, Mapping, scenario=scenario)
    if isinstance(scenario, (str, PathLike)):
        return Scenario.load(scenario)
    if isinstance(scenario, Scenario):
        scenario.check()
        return scenario
    made = Scenario.of(scenario)
    check(made)
    return made
