"""Error answers to requests and handshakes."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from vatel.simulator.scenario.faults import Faults

INTERNAL_ERROR = "internal error of the simulator"
SIMULATED_FAULT = "simulated fault"
_PAGE = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>gateway</body></html>\n"


def error_response(status: int, text: str) -> Response:
    """Return an error in the platform's format."""
    return JSONResponse({"error": text}, status)


def fault_response(faults: Faults, status: int) -> Response:
    """Return the answer with which a fault refuses a request or a handshake."""
    headers = {} if faults.retry_after is None else {"retry-after": str(faults.retry_after)}
    if faults.html:
        return HTMLResponse(_PAGE.format(status), status, headers)
    return JSONResponse({"error": SIMULATED_FAULT}, status, headers)


async def websocket_required(_: Request) -> Response:
    """Answer a plain request to `/v1/connection`."""
    return error_response(400, "this is a WebSocket endpoint")
