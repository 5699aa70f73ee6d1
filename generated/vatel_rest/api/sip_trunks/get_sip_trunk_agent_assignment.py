"""Get the assignment of an agent to a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.sip_trunk_agent_assignment import SipTrunkAgentAssignment
from ...types import Response, segment

if TYPE_CHECKING:
    import httpx


def _get_kwargs(assignment_id: str) -> Dict[str, Any]:
    return {"method": "GET", "url": f"/v1/sip-trunks/assignments/{segment(assignment_id)}"}


def _build_response(client: Client, response: httpx.Response) -> Response[SipTrunkAgentAssignment]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, SipTrunkAgentAssignment.from_dict),
    )


def sync_detailed(assignment_id: str, *, client: Client) -> Response[SipTrunkAgentAssignment]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(assignment_id))
    return _build_response(client, response)


def sync(assignment_id: str, *, client: Client) -> SipTrunkAgentAssignment:
    """Get the assignment of an agent to a SIP trunk."""
    return sync_detailed(assignment_id, client=client).parsed


async def asyncio_detailed(
    assignment_id: str, *, client: Client
) -> Response[SipTrunkAgentAssignment]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(assignment_id))
    return _build_response(client, response)


async def asyncio(assignment_id: str, *, client: Client) -> SipTrunkAgentAssignment:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(assignment_id, client=client)).parsed
