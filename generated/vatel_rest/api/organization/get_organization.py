"""Get the organization of the API key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.organization import Organization
from ...types import Response

if TYPE_CHECKING:
    import httpx


def _get_kwargs() -> Dict[str, Any]:
    return {"method": "GET", "url": "/v1/organization"}


def _build_response(client: Client, response: httpx.Response) -> Response[Organization]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, Organization.from_dict),
    )


def sync_detailed(*, client: Client) -> Response[Organization]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs())
    return _build_response(client, response)


def sync(*, client: Client) -> Organization:
    """Get the organization of the API key."""
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[Organization]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs())
    return _build_response(client, response)


async def asyncio(*, client: Client) -> Organization:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client)).parsed
