"""Run a web service that lets a browser talk to an agent without giving it the API key.

Set VATEL_API_KEY and VATEL_AGENT_ID (and VATEL_BASE_URL, for the simulator), and
SERVICE_PASSWORD, which the browser has to send; then:
pip install fastapi uvicorn; uvicorn --app-dir examples token_service:app

    const {url} = await (await fetch("/voice-session", {method: "POST"})).json()
    const socket = new WebSocket(url)  // one call; openapi/vatel.yaml has the messages
"""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from vatel import Client, RateLimitError, VatelError, connection_query

log = logging.getLogger(__name__)
basic = HTTPBasic()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.agent_id = os.environ["VATEL_AGENT_ID"]  # chosen here, not by the browser
    app.state.password = os.environ["SERVICE_PASSWORD"].encode()
    async with Client() as client:  # one for all requests: it keeps its connections
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


def signed_in(request: Request, given: HTTPBasicCredentials = Depends(basic)) -> str:
    """Return the user. Use your own sign-in here: you pay for the calls of every user."""
    if not secrets.compare_digest(given.password.encode(), request.app.state.password):
        raise HTTPException(401, "wrong password", {"WWW-Authenticate": "Basic"})
    return given.username


@app.post("/voice-session")
async def voice_session(
    request: Request, response: Response, user: str = Depends(signed_in)
) -> dict[str, str]:
    """Return a URL that opens one call; it expires after about a minute."""
    client: Client = request.app.state.client
    try:
        session = await client.session.generate_token_async(request.app.state.agent_id)
    except RateLimitError:
        raise HTTPException(503, "busy", {"Retry-After": "5"}) from None
    except VatelError as error:  # the details are for our log, not for the browser
        log.error("no session token for %s: %s", user, error)
        raise HTTPException(502, "no call is possible at the moment") from None
    response.headers["Cache-Control"] = "no-store"
    address = client.base_url.replace("http", "ws", 1)
    return {"url": f"{address}/v1/connection?{connection_query(session.token)}"}
