"""Delete a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...types import Response, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str) -> Dict[str, Any]:
    return {"method": "DELETE", "url": f"/v1/sip-trunks/{segment(id)}"}


def _build_response(client: Client, response: httpx.Response) -> Response[None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=None,
    )


def sync_detailed(id: str, *, client: Client) -> Response[None]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id))
    return _build_response(client, response)


def sync(id: str, *, client: Client) -> None:
    """Delete a SIP trunk."""
    return sync_detailed(id, client=client).parsed


async def asyncio_detailed(id: str, *, client: Client) -> Response[None]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id))
    return _build_response(client, response)


async def asyncio(id: str, *, client: Client) -> None:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client)).parsed
