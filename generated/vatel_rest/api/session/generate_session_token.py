"""Get a token for a voice session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.generate_session_token_request import GenerateSessionTokenRequest
from ...models.session_token_response import SessionTokenResponse
from ...types import Response, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(*, body: GenerateSessionTokenRequest) -> Dict[str, Any]:
    return {"method": "POST", "url": "/v1/session-token", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[SessionTokenResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, SessionTokenResponse.from_dict),
    )


def sync_detailed(
    *, client: Client, body: GenerateSessionTokenRequest
) -> Response[SessionTokenResponse]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(body=body))
    return _build_response(client, response)


def sync(*, client: Client, body: GenerateSessionTokenRequest) -> SessionTokenResponse:
    """Get a token for a voice session."""
    return sync_detailed(client=client, body=body).parsed


async def asyncio_detailed(
    *, client: Client, body: GenerateSessionTokenRequest
) -> Response[SessionTokenResponse]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(body=body))
    return _build_response(client, response)


async def asyncio(*, client: Client, body: GenerateSessionTokenRequest) -> SessionTokenResponse:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client, body=body)).parsed
