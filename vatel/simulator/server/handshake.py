"""Voice sessions of the server: handshakes, and the sessions that are open."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Callable

from starlette.responses import Response
from starlette.websockets import WebSocket

from vatel.simulator.journal.observed_call import SeenCall
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.platform import Platform
from vatel.simulator.platform.recording import Recording
from vatel.simulator.platform.tokens import Grant
from vatel.simulator.server.responses import INTERNAL_ERROR, error_response, fault_response
from vatel.simulator.voice.agent import Agent, CallSetup, Send
from vatel.simulator.voice.session import Session
from vatel.simulator.voice.socket import HangUpError, VoiceSocket
from vatel.simulator.voice.speech import Speech
from vatel_rt.realtime.trace import Tap

BeginCall = Callable[[Grant, CallRecord], tuple[SeenCall, list[Tap]]]
"""Called when a call begins; returns its entry in the journal, and taps for its messages."""
NewAgent = Callable[[CallSetup, Send], Agent]


class VoiceSessions:
    """Answers handshakes, and runs a session for each one that is accepted.

    Attributes:
        new_agent: creates the agent of a session.
        open: the sessions that are open.
    """

    def __init__(
        self, platform: Platform, speech: Speech, begin_call: BeginCall, new_agent: NewAgent
    ) -> None:
        self.new_agent = new_agent
        self.open: set[Session] = set()
        self._platform = platform
        self._speech = speech
        self._begin_call = begin_call

    async def answer(self, socket: WebSocket) -> None:
        """Answer a handshake at `/v1/connection`; return when its session has ended."""
        platform = self._platform
        with VoiceSocket(socket, platform.faults, platform.scenario.seed) as caller:
            faults = await caller.wait_for_handshake()
            if caller.drops_handshake:
                caller.reset()
            elif faults.handshake_status:
                await _deny(socket, fault_response(faults, faults.handshake_status))
            else:
                await self._run_session(socket, caller)

    async def end_all(self) -> None:
        """End all open sessions as a shutdown of the server does, and wait for that."""
        sessions = list(self.open)
        for session in sessions:
            session.end("server_shutdown")
        for session in sessions:
            await session.finished.wait()

    async def _run_session(self, socket: WebSocket, caller: VoiceSocket) -> None:
        try:
            grant, folder = _redeem(self._platform, socket.query_params.get("token", ""))
        except HttpError as error:
            return await _deny(socket, error_response(error.status, error.detail))
        except Exception:
            await _deny(socket, error_response(500, INTERNAL_ERROR))
            raise
        setup = _setup(self._platform, self._speech, grant, folder)
        session = Session(caller, setup, self.new_agent(setup, caller.send))
        call, caller.taps = self._begin_call(grant, setup.record)
        self._platform.add_call(session.record)
        self.open.add(session)
        try:
            with contextlib.suppress(HangUpError):  # the caller left during the handshake
                await session.run()
        finally:
            self.open.discard(session)
            call.finish()
            self._platform.limit_transcripts()


async def refuse_session(socket: WebSocket) -> None:
    """Answer a handshake at any other address."""
    await _deny(socket, error_response(404, "Not Found"))


async def _deny(socket: WebSocket, response: Response) -> None:
    del response.headers["content-length"]  # the server adds it
    await socket.send_denial_response(response)


def _redeem(platform: Platform, token: str) -> tuple[Grant, Path]:
    """Return what a token grants, and the folder for the recording.

    Raises:
        HttpError: the token is not valid, its agent is gone, or the simulator is ending.
    """
    if not token:
        raise HttpError(400, "no session token")
    grant = platform.tokens.redeem(token)
    if grant.agent_id not in platform.agents:
        raise HttpError(404, "agent not found")
    if platform.owners[grant.agent_id] != grant.organization_id:
        raise HttpError(403, "the agent belongs to another organization")
    if platform.folder is None:
        raise HttpError(503, "the simulator is shutting down")
    return grant, platform.folder


def _setup(platform: Platform, speech: Speech, grant: Grant, folder: Path) -> CallSetup:
    version_id = grant.version_id or platform.active[grant.agent_id]
    profile = platform.agents[grant.agent_id]
    prompt = platform.prompt(grant.agent_id, version_id) if grant.prompt is None else grant.prompt
    record = CallRecord(
        grant.agent_id,
        grant.organization_id,
        version_id,
        id=platform.new_id("calls"),
        prompt=prompt,
        chat_id=grant.chat_id,
    )
    record.recording = recording = Recording(folder, record.id)
    greeting = profile["first_message"] if grant.first_message is None else grant.first_message
    return CallSetup(record, recording, platform.scenario, speech, profile, greeting)
