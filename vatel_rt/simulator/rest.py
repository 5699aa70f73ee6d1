"""The REST side, and the handshake of voice sessions."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable
from typing import Any, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from vatel_rt.simulator.document import InvalidValueError, check, read_query, schema_named
from vatel_rt.simulator.handshake import answer_caller, refuse_request
from vatel_rt.simulator.platform import LLMS, VOICES, Json, Platform
from vatel_rt.simulator.tokens import Grant

Operation = Callable[[Request, Platform, Json], Awaitable[Response]]


def application(platform: Platform) -> Starlette:
    """The platform as an ASGI application."""
    routes = [Route(path, _guarded(run), methods=[method]) for method, path, run in OPERATIONS]
    handshakes = [
        WebSocketRoute("/v1/connection", answer_caller),
        Route("/v1/connection", refuse_request),
    ]
    answers: dict[Any, Any] = {HTTPException: _refused, Exception: _failed}
    app = Starlette(routes=[*routes, *handshakes], exception_handlers=answers)
    app.router.redirect_slashes = False
    app.state.platform = platform
    return app


async def get_organization(_: Request, _platform: Platform, organization: Json) -> Response:
    """`GET /v1/organization`."""
    return JSONResponse(organization)


async def list_llms(_: Request, _platform: Platform, _organization: Json) -> Response:
    """`GET /v1/llms`."""
    return JSONResponse({"llms": LLMS})


async def list_voices(_: Request, _platform: Platform, _organization: Json) -> Response:
    """`GET /v1/voices`."""
    return JSONResponse({"voices": VOICES})


async def list_agents(_: Request, platform: Platform, organization: Json) -> Response:
    """`GET /v1/agents`."""
    return JSONResponse(platform.agents_of(organization))


async def get_agent(request: Request, platform: Platform, organization: Json) -> Response:
    """`GET /v1/agents/{id}`."""
    found = platform.agents.get(_id(request))
    if found is None or platform.owners[found["id"]] != organization["id"]:
        raise HTTPException(404, "agent not found")
    return JSONResponse(found)


async def list_calls(request: Request, platform: Platform, organization: Json) -> Response:
    """`GET /v1/calls`."""
    try:
        query = read_query("/v1/calls", "get", request.query_params)
        page, size = query.pop("page", 1), query.pop("page_size", 20)
        calls = platform.calls_of(organization, query)
    except ValueError as error:
        raise HTTPException(400, str(error)) from error
    pages = -(-len(calls) // size)
    pagination = {
        "page": page,
        "page_size": size,
        "total": len(calls),
        "total_pages": pages,
        "has_next": page < pages,
        "has_prev": page > 1,
    }
    shown = [call.to_json() for call in calls[(page - 1) * size : page * size]]
    return JSONResponse({"calls": shown, "pagination": pagination})


async def get_call(request: Request, platform: Platform, organization: Json) -> Response:
    """`GET /v1/calls/{id}`."""
    found = platform.calls.get(_id(request))
    if found is None or found.organization_id != organization["id"]:
        raise HTTPException(404, "call not found")
    return JSONResponse(found.to_json())


async def download_recording(request: Request, platform: Platform, organization: Json) -> Response:
    """`GET /v1/calls/{id}/recording`."""
    found = platform.calls.get(_id(request))
    if found is None or found.organization_id != organization["id"]:
        raise HTTPException(404, "call not found")
    if found.recording is None or found.ended is None:
        raise HTTPException(404, "the call has no recording")
    headers = {
        "content-length": str(found.recording.size),
        "content-disposition": f'attachment; filename="{found.id}.wav"',
    }
    return StreamingResponse(found.recording.wav(), headers=headers, media_type="audio/wav")


async def generate_token(request: Request, platform: Platform, organization: Json) -> Response:
    """`POST /v1/session-token`, in its present form and the old one with `?agentId=`."""
    wanted = await _token_request(request)
    owner = platform.owners.get(wanted["agent_id"].lower())
    if owner is None:
        raise HTTPException(404, "agent not found")
    if owner != organization["id"]:
        raise HTTPException(403, "the agent belongs to another organization")
    if wanted.get("transport") == "webrtc":
        raise HTTPException(503, "the simulator has no media server: use the websocket transport")
    grant = Grant(
        agent_id=wanted["agent_id"].lower(),
        organization_id=organization["id"],
        version_id=wanted.get("version_id"),
        first_message=wanted.get("first_message"),
        prompt=wanted.get("prompt"),
        chat=wanted.get("chat", False),
    )
    return JSONResponse({"token": platform.tokens.issue(grant)})


async def _token_request(request: Request) -> Json:
    body = await request.body()
    if not body and "agentId" in request.query_params:
        wanted: Any = {"agent_id": request.query_params["agentId"]}
    else:
        wanted = _json(body)
    if isinstance(wanted, dict):  # an explicit null is an option that is not set
        wanted = {key: value for key, value in wanted.items() if value is not None}
    try:
        check(schema_named("GenerateSessionTokenRequest"), wanted)
    except InvalidValueError as error:
        raise HTTPException(400, str(error)) from error
    return wanted  # type: ignore[no-any-return]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is not JSON") from error


def _id(request: Request) -> str:
    try:
        return str(uuid.UUID(request.path_params["id"]))
    except ValueError as error:
        raise HTTPException(400, "the id is not a UUID") from error


def _guarded(run: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        platform: Platform = request.app.state.platform
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        organization = platform.organizations.get(key.strip())
        if organization is None or scheme.lower() != "bearer":
            raise HTTPException(401, "invalid API key")
        return await run(request, platform, organization)

    return endpoint


async def _refused(_: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failed(_: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "internal error of the simulator"}, 500)


OPERATIONS: list[tuple[str, str, Operation]] = [
    ("GET", "/v1/organization", get_organization),
    ("GET", "/v1/llms", list_llms),
    ("GET", "/v1/voices", list_voices),
    ("GET", "/v1/agents", list_agents),
    ("GET", "/v1/agents/{id}", get_agent),
    ("GET", "/v1/calls", list_calls),
    ("GET", "/v1/calls/{id}", get_call),
    ("GET", "/v1/calls/{id}/recording", download_recording),
    ("POST", "/v1/session-token", generate_token),
]
