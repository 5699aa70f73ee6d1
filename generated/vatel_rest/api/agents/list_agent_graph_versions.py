"""List the versions of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from ...client import Client
from ...models.graph_version import GraphVersion
from ...types import Response, list_of, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str) -> Dict[str, Any]:
    return {"method": "GET", "url": f"/v1/agents/{segment(id)}/versions"}


def _build_response(client: Client, response: httpx.Response) -> Response[List[GraphVersion]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, list_of(GraphVersion.from_dict)),
    )


def sync_detailed(id: str, *, client: Client) -> Response[List[GraphVersion]]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id))
    return _build_response(client, response)


def sync(id: str, *, client: Client) -> List[GraphVersion]:
    """List the versions of an agent."""
    return sync_detailed(id, client=client).parsed


async def asyncio_detailed(id: str, *, client: Client) -> Response[List[GraphVersion]]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id))
    return _build_response(client, response)


async def asyncio(id: str, *, client: Client) -> List[GraphVersion]:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client)).parsed
