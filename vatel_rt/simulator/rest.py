"""The REST side as an ASGI application, and the handshake of voice sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable
from typing import Any, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute

from vatel_rt.simulator import agents, calls, catalog, dial, numbers, session_tokens, trunks
from vatel_rt.simulator.handshake import answer_caller, refuse_request
from vatel_rt.simulator.operations import (
    Asked,
    Download,
    Handler,
    Operation,
    RefusedError,
    operations,
    read_json,
)
from vatel_rt.simulator.platform import Platform

HANDLERS: dict[str, Handler] = {
    **catalog.OPERATIONS,
    **agents.OPERATIONS,
    **dial.OPERATIONS,
    **calls.OPERATIONS,
    **numbers.OPERATIONS,
    **trunks.OPERATIONS,
    **session_tokens.OPERATIONS,
}
"""What runs an operation of the document, by its name there."""


def application(platform: Platform) -> Starlette:
    """The platform as an ASGI application."""
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations():
        by_path[operation.path][operation.method] = operation
    # Starlette takes the first path that matches: fixed ones go before those with ids.
    paths = sorted(by_path, key=lambda path: path.replace("{", "~"))
    routes = [Route(path, _endpoint(by_path[path]), methods=list(by_path[path])) for path in paths]
    handshakes = [
        WebSocketRoute("/v1/connection", answer_caller),
        Route("/v1/connection", refuse_request),
    ]
    answers: dict[Any, Any] = {RefusedError: _refused, HTTPException: _unserved, Exception: _failed}
    app = Starlette(routes=[*routes, *handshakes], exception_handlers=answers)
    app.router.redirect_slashes = False
    app.state.platform = platform
    return app


def _endpoint(methods: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        asked = await _asked(request, operation)
        result = await HANDLERS[operation.name](asked)
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
        raise RefusedError(401, "invalid API key")
    ids = operation.ids(request.path_params)
    query = operation.query(request.query_params)
    return Asked(platform, organization["id"], ids, query, await _body(request, operation))


async def _body(request: Request, operation: Operation) -> Any:
    if operation.body is None:
        return None
    text = await request.body()
    if operation.name == session_tokens.NAME:
        return operation.check(session_tokens.normalized(text, request.query_params))
    return operation.check(read_json(text))


async def _refused(_: Request, refusal: RefusedError) -> Response:
    return JSONResponse({"error": str(refusal)}, refusal.status)


async def _unserved(_: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failed(_: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "internal error of the simulator"}, 500)
