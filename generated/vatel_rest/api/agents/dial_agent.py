"""Call a phone number with an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from ...client import Client
from ...models.dial_agent_response import DialAgentResponse
from ...types import Response, segment, written

if TYPE_CHECKING:
    import httpx


def _get_kwargs(
    id: str,
    *,
    number: Optional[str] = None,
    destination: Optional[str] = None,
    sip_trunk_id: Optional[str] = None,
    caller_id: Optional[str] = None,
    first_message: Optional[str] = None,
    prompt: Optional[str] = None,
) -> Dict[str, Any]:
    return {
        "method": "POST",
        "url": f"/v1/agents/{segment(id)}/dial",
        "params": written(
            {
                "number": number,
                "destination": destination,
                "sipTrunkId": sip_trunk_id,
                "callerId": caller_id,
                "firstMessage": first_message,
                "prompt": prompt,
            }
        ),
    }


def _build_response(client: Client, response: httpx.Response) -> Response[DialAgentResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, DialAgentResponse.from_dict),
    )


def sync_detailed(
    id: str,
    *,
    client: Client,
    number: Optional[str] = None,
    destination: Optional[str] = None,
    sip_trunk_id: Optional[str] = None,
    caller_id: Optional[str] = None,
    first_message: Optional[str] = None,
    prompt: Optional[str] = None,
) -> Response[DialAgentResponse]:
    """Like `sync`, but return the whole answer."""
    response = client.send(
        **_get_kwargs(
            id,
            number=number,
            destination=destination,
            sip_trunk_id=sip_trunk_id,
            caller_id=caller_id,
            first_message=first_message,
            prompt=prompt,
        )
    )
    return _build_response(client, response)


def sync(
    id: str,
    *,
    client: Client,
    number: Optional[str] = None,
    destination: Optional[str] = None,
    sip_trunk_id: Optional[str] = None,
    caller_id: Optional[str] = None,
    first_message: Optional[str] = None,
    prompt: Optional[str] = None,
) -> DialAgentResponse:
    """Call a phone number with an agent."""
    return sync_detailed(
        id,
        client=client,
        number=number,
        destination=destination,
        sip_trunk_id=sip_trunk_id,
        caller_id=caller_id,
        first_message=first_message,
        prompt=prompt,
    ).parsed


async def asyncio_detailed(
    id: str,
    *,
    client: Client,
    number: Optional[str] = None,
    destination: Optional[str] = None,
    sip_trunk_id: Optional[str] = None,
    caller_id: Optional[str] = None,
    first_message: Optional[str] = None,
    prompt: Optional[str] = None,
) -> Response[DialAgentResponse]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(
        **_get_kwargs(
            id,
            number=number,
            destination=destination,
            sip_trunk_id=sip_trunk_id,
            caller_id=caller_id,
            first_message=first_message,
            prompt=prompt,
        )
    )
    return _build_response(client, response)


async def asyncio(
    id: str,
    *,
    client: Client,
    number: Optional[str] = None,
    destination: Optional[str] = None,
    sip_trunk_id: Optional[str] = None,
    caller_id: Optional[str] = None,
    first_message: Optional[str] = None,
    prompt: Optional[str] = None,
) -> DialAgentResponse:
    """Asynchronous `sync`."""
    return (
        await asyncio_detailed(
            id,
            client=client,
            number=number,
            destination=destination,
            sip_trunk_id=sip_trunk_id,
            caller_id=caller_id,
            first_message=first_message,
            prompt=prompt,
        )
    ).parsed
