"""Assign an agent to a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.sip_trunk_agent_assignment import SipTrunkAgentAssignment
from ...models.sip_trunk_agent_assignment_create_input import SipTrunkAgentAssignmentCreateInput
from ...types import Response, segment, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str, *, body: SipTrunkAgentAssignmentCreateInput) -> Dict[str, Any]:
    return {
        "method": "POST",
        "url": f"/v1/sip-trunks/{segment(id)}/assignments",
        "json": to_json(body),
    }


def _build_response(client: Client, response: httpx.Response) -> Response[SipTrunkAgentAssignment]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, SipTrunkAgentAssignment.from_dict),
    )


def sync_detailed(
    id: str, *, client: Client, body: SipTrunkAgentAssignmentCreateInput
) -> Response[SipTrunkAgentAssignment]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id, body=body))
    return _build_response(client, response)


def sync(
    id: str, *, client: Client, body: SipTrunkAgentAssignmentCreateInput
) -> SipTrunkAgentAssignment:
    """Assign an agent to a SIP trunk."""
    return sync_detailed(id, client=client, body=body).parsed


async def asyncio_detailed(
    id: str, *, client: Client, body: SipTrunkAgentAssignmentCreateInput
) -> Response[SipTrunkAgentAssignment]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id, body=body))
    return _build_response(client, response)


async def asyncio(
    id: str, *, client: Client, body: SipTrunkAgentAssignmentCreateInput
) -> SipTrunkAgentAssignment:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client, body=body)).parsed
