"""The ASGI application: REST operations, and the handshake of voice sessions."""

from __future__ import annotations

import inspect
import time
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.openapi.operations import Operation, operations, parse_json
from vatel.simulator.platform import agents, calls, telephony
from vatel.simulator.platform.api_request import ApiRequest, Download, Handler
from vatel.simulator.platform.fault_control import FaultControl, Watch
from vatel.simulator.platform.platform import Platform
from vatel.simulator.server.handshake import VoiceSessions, refuse_session
from vatel.simulator.server.responses import (
    INTERNAL_ERROR,
    error_response,
    fault_response,
    websocket_required,
)

BAD_GATEWAY = 502
MAX_BODY = 2**20
"""Maximum bytes of a request's body."""
HANDLERS: dict[str, Handler] = {**agents.OPERATIONS, **calls.OPERATIONS, **telephony.OPERATIONS}
"""The handlers of the document's operations, by operation id."""


def application(platform: Platform, sessions: VoiceSessions) -> Starlette:
    """Return the platform as an ASGI application."""
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations():
        by_path[operation.path][operation.method] = operation
    # Starlette uses the first path that matches: fixed paths precede those with ids.
    paths = sorted(by_path, key=lambda path: path.replace("{", "~"))
    routes: list[Any] = [
        Route(path, _endpoint(platform, by_path[path]), methods=list(by_path[path]))
        for path in paths
    ]
    routes += [
        WebSocketRoute("/v1/connection", sessions.answer),
        Route("/v1/connection", websocket_required),
        WebSocketRoute("/{path:path}", refuse_session),
    ]
    handlers: dict[Any, Any] = {
        HttpError: _refused,
        HTTPException: _not_routed,
        ClientDisconnect: _left,
        Exception: _failed,
    }
    faults = [Middleware(RestFaults, faults=platform.faults)]
    app = Starlette(routes=routes, middleware=faults, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _endpoint(
    platform: Platform, methods: dict[str, Operation]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        result = HANDLERS[operation.name](await _checked(platform, request, operation))
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, Download):
            return StreamingResponse(result.content, headers=result.headers)
        if result is None:
            return Response(status_code=operation.success)
        return JSONResponse(result, operation.success)

    return endpoint


async def _checked(platform: Platform, request: Request, operation: Operation) -> ApiRequest:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    organization = platform.organizations.get(key.strip())
    if organization is None or scheme.lower() != "bearer":
        raise HttpError(401, "invalid API key")
    ids = operation.check_ids(request.path_params)
    query = operation.check_query(request.query_params)
    text = await _body(request) if operation.body else b"null"
    if operation.name == agents.CREATE_TOKEN:
        body = agents.token_request(text, request.query_params)
    else:
        body = parse_json(text)
    return ApiRequest(platform, organization["id"], ids, query, operation.check_body(body))


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            raise HttpError(400, f"the body is larger than {MAX_BODY} bytes")
    return bytes(body)


class RestFaults:
    """Middleware that delays and refuses requests, as a gateway may."""

    def __init__(self, app: ASGIApp, faults: FaultControl) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        answer = self._app
        faults = self._faults.take_request(scope["path"]) if scope["type"] == "http" else None
        if faults:
            await self._delay(faults.delay)
            if faults.status or faults.html:
                answer = fault_response(faults, faults.status or BAD_GATEWAY)
        await answer(scope, receive, send)

    async def _delay(self, seconds: float) -> None:
        until, since = time.monotonic() + seconds, self._faults.since("delay")

        def left() -> float:
            return until - time.monotonic() if self._faults.since("delay") == since else 0

        with Watch(self._faults) as watch:
            await watch.wait(left)


async def _refused(_: Request, error: HttpError) -> Response:
    return error_response(error.status, error.detail)


async def _not_routed(_: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _left(_: Request, _error: Exception) -> Response:
    return Response(status_code=400)  # nobody reads it


async def _failed(_: Request, _error: Exception) -> Response:
    return error_response(500, INTERNAL_ERROR)
