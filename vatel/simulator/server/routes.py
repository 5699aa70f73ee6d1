"""The REST side as an ASGI application, and the handshake of voice sessions."""

from __future__ import annotations

import inspect
import time
from collections import defaultdict
from collections.abc import Awaitable
from typing import Any, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from vatel.simulator.openapi.document import (
    Asked,
    Download,
    Handler,
    Operation,
    operations,
    read_json,
)
from vatel.simulator.platform import agents, calls, telephony
from vatel.simulator.platform.platform import Platform
from vatel.simulator.scenario.faults import Faults, Watch
from vatel.simulator.server import handshake

BAD_GATEWAY = 502
HANDLERS: dict[str, Handler] = {**agents.OPERATIONS, **calls.OPERATIONS, **telephony.OPERATIONS}
"""What runs an operation of the document, by its name there."""


def application(
    platform: Platform, begin_call: handshake.BeginCall, new_agent: handshake.NewAgent
) -> Starlette:
    """The platform as an ASGI application, which tells of voice sessions that begin."""
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations():
        by_path[operation.path][operation.method] = operation
    # Starlette takes the first path that matches: fixed ones go before those with ids.
    paths = sorted(by_path, key=lambda path: path.replace("{", "~"))
    routes: list[Any] = [
        Route(path, _endpoint(by_path[path]), methods=list(by_path[path])) for path in paths
    ]
    sessions = WebSocketRoute("/v1/connection", handshake.answer_caller)
    others = Route("/v1/connection", handshake.refuse_request)
    answers: dict[Any, Any] = {HTTPException: _refused, Exception: _failed}
    faults = [Middleware(RestFaults, faults=platform.faults)]
    no_sessions = WebSocketRoute("/{path:path}", handshake.refuse_session)
    routes += [sessions, others, no_sessions]
    app = Starlette(routes=routes, middleware=faults, exception_handlers=answers)
    app.router.redirect_slashes = False
    app.state.platform = platform
    app.state.begin_call = begin_call
    app.state.new_agent = new_agent
    return app


def _endpoint(methods: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        result = HANDLERS[operation.name](await _asked(request, operation))
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, Download):
            return StreamingResponse(result.content, headers=result.headers)
        if result is None:
            return Response(status_code=operation.success)
        return JSONResponse(result, operation.success)

    return endpoint


async def _asked(request: Request, operation: Operation) -> Asked:
    platform: Platform = request.app.state.platform
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    organization = platform.organizations.get(key.strip())
    if organization is None or scheme.lower() != "bearer":
        raise HTTPException(401, "invalid API key")
    ids = operation.ids(request.path_params)
    query = operation.query(request.query_params)
    text = await request.body() if operation.body else b"null"
    if operation.name == agents.TOKENS:
        body = agents.normalized(text, request.query_params)
    else:
        body = read_json(text)
    return Asked(platform, organization["id"], ids, query, operation.check(body))


class RestFaults:
    """What stands before the REST side, as a gateway does."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let it pass."""
        answer = self._app
        met = self._faults.take_request(scope["path"]) if scope["type"] == "http" else None
        if met:
            await self._delay(met.delay)
            if met.status or met.html:
                answer = handshake.refusal(met, met.status or BAD_GATEWAY)
        await answer(scope, receive, send)

    async def _delay(self, seconds: float) -> None:
        until, since = time.monotonic() + seconds, self._faults.since("delay")

        def left() -> float:
            return until - time.monotonic() if self._faults.since("delay") == since else 0

        with Watch(self._faults) as watch:
            await watch.wait(left)


async def _refused(_: Request, refusal: HTTPException) -> Response:
    return JSONResponse({"error": refusal.detail}, refusal.status_code, refusal.headers)


async def _failed(_: Request, _error: Exception) -> Response:
    return JSONResponse({"error": handshake.FAILURE}, 500)
