"""Get a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.sip_trunk import SipTrunk
from ...types import Response, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str) -> Dict[str, Any]:
    return {"method": "GET", "url": f"/v1/sip-trunks/{segment(id)}"}


def _build_response(client: Client, response: httpx.Response) -> Response[SipTrunk]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, SipTrunk.from_dict),
    )


def sync_detailed(id: str, *, client: Client) -> Response[SipTrunk]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id))
    return _build_response(client, response)


def sync(id: str, *, client: Client) -> SipTrunk:
    """Get a SIP trunk."""
    return sync_detailed(id, client=client).parsed


async def asyncio_detailed(id: str, *, client: Client) -> Response[SipTrunk]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id))
    return _build_response(client, response)


async def asyncio(id: str, *, client: Client) -> SipTrunk:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client)).parsed
