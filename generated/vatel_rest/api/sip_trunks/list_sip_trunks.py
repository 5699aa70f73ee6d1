"""List the SIP trunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List

from ...client import Client
from ...models.sip_trunk import SipTrunk
from ...types import Response, list_of

if TYPE_CHECKING:
    import httpx


def _get_kwargs() -> Dict[str, Any]:
    return {"method": "GET", "url": "/v1/sip-trunks"}


def _build_response(client: Client, response: httpx.Response) -> Response[List[SipTrunk]]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, list_of(SipTrunk.from_dict)),
    )


def sync_detailed(*, client: Client) -> Response[List[SipTrunk]]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs())
    return _build_response(client, response)


def sync(*, client: Client) -> List[SipTrunk]:
    """List the SIP trunks."""
    return sync_detailed(client=client).parsed


async def asyncio_detailed(*, client: Client) -> Response[List[SipTrunk]]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs())
    return _build_response(client, response)


async def asyncio(*, client: Client) -> List[SipTrunk]:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client)).parsed
