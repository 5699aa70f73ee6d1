"""How a voice session begins: its token is taken, or refused with a status and JSON."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from vatel_rt.simulator.agent import CallSetup
from vatel_rt.simulator.platform import Platform
from vatel_rt.simulator.recording import Recording
from vatel_rt.simulator.records import CallRecord
from vatel_rt.simulator.session import Session
from vatel_rt.simulator.tokens import Grant, TokenError


async def answer_caller(socket: WebSocket) -> None:
    """`GET /v1/connection`: the whole session."""
    platform: Platform = socket.app.state.platform
    try:
        grant, folder = _granted(platform, socket.query_params.get("token", ""))
    except TokenError as refusal:
        return await _deny(socket, refusal)
    session = Session(socket, _setup(platform, grant, folder))
    platform.calls[session.record.id] = session.record
    platform.sessions.add(session)
    try:
        with contextlib.suppress(WebSocketDisconnect):  # gone before the handshake was over
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


def _setup(platform: Platform, grant: Grant, folder: Path) -> CallSetup:
    version_id = grant.version_id or platform.active[grant.agent_id]
    record = CallRecord(grant.agent_id, grant.organization_id, version_id)
    record.recording = recording = Recording(folder, record.id)
    profile = platform.agents[grant.agent_id]
    own = profile["first_message"]
    greeting = own if grant.first_message is None else grant.first_message
    return CallSetup(record, recording, platform.scenario, platform.speech, profile, greeting)


async def _deny(socket: WebSocket, refusal: TokenError) -> None:
    body = json.dumps({"error": str(refusal)}).encode()
    # No headers: older versions of uvicorn send those that they add themselves twice.
    start = {"type": "websocket.http.response.start", "status": refusal.status, "headers": []}
    await socket.send(start)
    await socket.send({"type": "websocket.http.response.body", "body": body, "more_body": False})
