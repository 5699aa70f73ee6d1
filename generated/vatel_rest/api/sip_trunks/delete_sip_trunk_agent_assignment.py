"""Delete the assignment of an agent to a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...types import Response, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(assignment_id: str) -> Dict[str, Any]:
    return {"method": "DELETE", "url": f"/v1/sip-trunks/assignments/{segment(assignment_id)}"}


def _build_response(client: Client, response: httpx.Response) -> Response[None]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=None,
    )


def sync_detailed(assignment_id: str, *, client: Client) -> Response[None]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(assignment_id))
    return _build_response(client, response)


def sync(assignment_id: str, *, client: Client) -> None:
    """Delete the assignment of an agent to a SIP trunk."""
    return sync_detailed(assignment_id, client=client).parsed


async def asyncio_detailed(assignment_id: str, *, client: Client) -> Response[None]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(assignment_id))
    return _build_response(client, response)


async def asyncio(assignment_id: str, *, client: Client) -> None:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(assignment_id, client=client)).parsed
