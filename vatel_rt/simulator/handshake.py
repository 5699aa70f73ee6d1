"""How a voice session begins: its token is taken, or refused with a status and JSON."""

from __future__ import annotations

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from vatel_rt.simulator.call import Call
from vatel_rt.simulator.platform import Platform
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.session import Session
from vatel_rt.simulator.tokens import Grant, TokenError


async def answer_caller(socket: WebSocket) -> None:
    """`GET /v1/connection`: the whole session."""
    platform: Platform = socket.app.state.platform
    try:
        grant, folder = _granted(platform, socket.query_params.get("token", ""))
    except TokenError as refusal:
        return await _deny(socket, refusal)
    await socket.accept()
    call = Call(grant.agent_id, grant.organization_id, grant.version_id)
    platform.calls[call.id] = call
    session = _session(platform, socket, call, grant, Recording(folder, call.id))
    platform.sessions.add(session)
    try:
        await session.run()
    finally:
        platform.sessions.discard(session)


async def refuse_request(_: Request) -> Response:
    """`GET /v1/connection` by somebody who speaks no WebSocket."""
    return JSONResponse({"error": "this is a WebSocket endpoint"}, 400)


def _granted(platform: Platform, token: str) -> tuple[Grant, Path]:
    if not token:
        raise TokenError(400, "no session token")
    grant = platform.tokens.redeem(token)
    if grant.agent_id not in platform.agents:
        raise TokenError(404, "agent not found")
    if platform.owners[grant.agent_id] != grant.organization_id:
        raise TokenError(403, "the agent belongs to another organization")
    if platform.folder is None:
        raise TokenError(503, "the simulator is going down")
    return grant, platform.folder


def _session(
    platform: Platform, socket: WebSocket, call: Call, grant: Grant, recording: Recording
) -> Session:
    call.recording = recording
    profile = platform.agents[grant.agent_id]
    own = profile["first_message"]
    return Session(
        socket,
        call,
        recording,
        platform.scenario,
        platform.speech,
        profile=profile,
        greeting=own if grant.first_message is None else grant.first_message,
    )


async def _deny(socket: WebSocket, refusal: TokenError) -> None:
    body = json.dumps({"error": str(refusal)}).encode()
    # No headers: older versions of uvicorn send those that they add themselves twice.
    start = {"type": "websocket.http.response.start", "status": refusal.status, "headers": []}
    await socket.send(start)
    await socket.send({"type": "websocket.http.response.body", "body": body})
