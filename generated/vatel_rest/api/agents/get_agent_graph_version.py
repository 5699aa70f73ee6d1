"""Get a version of an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.graph_version_detail import GraphVersionDetail
from ...types import Response, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str, version_id: str) -> Dict[str, Any]:
    return {"method": "GET", "url": f"/v1/agents/{segment(id)}/versions/{segment(version_id)}"}


def _build_response(client: Client, response: httpx.Response) -> Response[GraphVersionDetail]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, GraphVersionDetail.from_dict),
    )


def sync_detailed(id: str, version_id: str, *, client: Client) -> Response[GraphVersionDetail]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id, version_id))
    return _build_response(client, response)


def sync(id: str, version_id: str, *, client: Client) -> GraphVersionDetail:
    """Get a version of an agent."""
    return sync_detailed(id, version_id, client=client).parsed


async def asyncio_detailed(
    id: str, version_id: str, *, client: Client
) -> Response[GraphVersionDetail]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id, version_id))
    return _build_response(client, response)


async def asyncio(id: str, version_id: str, *, client: Client) -> GraphVersionDetail:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, version_id, client=client)).parsed
