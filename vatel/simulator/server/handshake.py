"""How a voice session begins: its token is taken, or refused with a status and JSON."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.websockets import WebSocket

from vatel.simulator.journal.observed_call import SeenCall
from vatel.simulator.platform.call_record import CallRecord
from vatel.simulator.platform.platform import Platform
from vatel.simulator.platform.recording import Recording
from vatel.simulator.platform.tokens import Grant
from vatel.simulator.scenario.faults import Faults
from vatel.simulator.voice.agent import Agent, CallSetup, Send
from vatel.simulator.voice.session import Session
from vatel.simulator.voice.socket import HangUpError, VoiceSocket
from vatel_rt.realtime.trace import Tap

FAILURE = "internal error of the simulator"
FAULT = "a fault that the simulator was asked for"
_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>gateway</body></html>\n"
BeginCall = Callable[[Grant, CallRecord], tuple[SeenCall, list[Tap]]]
"""Tells that a call begins; gives what sees it, and what is to be told of its messages."""
NewAgent = Callable[[CallSetup, Send], Agent]


async def answer_caller(socket: WebSocket) -> None:
    """`GET /v1/connection`: the whole session."""
    platform: Platform = socket.app.state.platform
    with VoiceSocket(socket, platform.faults, platform.scenario.seed) as caller:
        met = await caller.wait_for_handshake()
        if caller.drops_handshake:
            caller.reset()
        elif met.handshake_status:
            await _deny(socket, refusal(met, met.handshake_status))
        else:
            await _hold(platform, socket, caller)


async def _hold(platform: Platform, socket: WebSocket, caller: VoiceSocket) -> None:
    try:
        grant, folder = _granted(platform, socket.query_params.get("token", ""))
    except HTTPException as error:
        return await _deny(socket, JSONResponse({"error": error.detail}, error.status_code))
    except Exception:
        await _deny(socket, JSONResponse({"error": FAILURE}, 500))
        raise
    setup = _setup(platform, grant, folder)
    session = Session(caller, setup, socket.app.state.new_agent(setup, caller.send))
    call, caller.taps = socket.app.state.begin_call(grant, setup.record)
    platform.add_call(session.record)
    platform.sessions.add(session)
    try:
        with contextlib.suppress(HangUpError):  # gone before the handshake was over
            await session.run()
    finally:
        platform.sessions.discard(session)
        call.finish()


def refusal(met: Faults, status: int) -> Response:
    """The answer with which a request or a handshake is refused."""
    headers = {} if met.retry_after is None else {"retry-after": str(met.retry_after)}
    if met.html:
        return HTMLResponse(_PAGE.format(status), status, headers)
    return JSONResponse({"error": FAULT}, status, headers)


async def refuse_request(_: Request) -> Response:
    """`GET /v1/connection` by somebody who speaks no WebSocket."""
    return JSONResponse({"error": "this is a WebSocket endpoint"}, 400)


async def refuse_session(socket: WebSocket) -> None:
    """A voice session at an address that has none."""
    await _deny(socket, JSONResponse({"error": "Not Found"}, 404))


def _granted(platform: Platform, token: str) -> tuple[Grant, Path]:
    if not token:
        raise HTTPException(400, "no session token")
    grant = platform.tokens.redeem(token)
    if grant.agent_id not in platform.agents:
        raise HTTPException(404, "agent not found")
    if platform.owners[grant.agent_id] != grant.organization_id:
        raise HTTPException(403, "the agent belongs to another organization")
    if platform.folder is None:
        raise HTTPException(503, "the simulator is going down")
    return grant, platform.folder


def _setup(platform: Platform, grant: Grant, folder: Path) -> CallSetup:
    version_id = grant.version_id or platform.active[grant.agent_id]
    profile = platform.agents[grant.agent_id]
    own = platform.prompt(grant.agent_id, version_id)
    record = CallRecord(
        grant.agent_id,
        grant.organization_id,
        version_id,
        id=platform.new_id("calls"),
        prompt=own if grant.prompt is None else grant.prompt,
        chat_id=grant.chat_id,
    )
    record.recording = recording = Recording(folder, record.id)
    own = profile["first_message"]
    greeting = own if grant.first_message is None else grant.first_message
    return CallSetup(record, recording, platform.scenario, platform.speech, profile, greeting)


async def _deny(socket: WebSocket, answer: Response) -> None:
    del answer.headers["content-length"]  # the server adds it itself
    await socket.send_denial_response(answer)
