"""Create a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.sip_trunk import SipTrunk
from ...models.sip_trunk_create_input import SipTrunkCreateInput
from ...types import Response, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(*, body: SipTrunkCreateInput) -> Dict[str, Any]:
    return {"method": "POST", "url": "/v1/sip-trunks", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[SipTrunk]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, SipTrunk.from_dict),
    )


def sync_detailed(*, client: Client, body: SipTrunkCreateInput) -> Response[SipTrunk]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(body=body))
    return _build_response(client, response)


def sync(*, client: Client, body: SipTrunkCreateInput) -> SipTrunk:
    """Create a SIP trunk."""
    return sync_detailed(client=client, body=body).parsed


async def asyncio_detailed(*, client: Client, body: SipTrunkCreateInput) -> Response[SipTrunk]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(body=body))
    return _build_response(client, response)


async def asyncio(*, client: Client, body: SipTrunkCreateInput) -> SipTrunk:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client, body=body)).parsed
