"""Change the assignment of an agent to a SIP trunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.sip_trunk_agent_assignment import SipTrunkAgentAssignment
from ...models.sip_trunk_agent_assignment_patch_input import SipTrunkAgentAssignmentPatchInput
from ...types import Response, segment, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(assignment_id: str, *, body: SipTrunkAgentAssignmentPatchInput) -> Dict[str, Any]:
    return {
        "method": "PATCH",
        "url": f"/v1/sip-trunks/assignments/{segment(assignment_id)}",
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
    assignment_id: str, *, client: Client, body: SipTrunkAgentAssignmentPatchInput
) -> Response[SipTrunkAgentAssignment]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(assignment_id, body=body))
    return _build_response(client, response)


def sync(
    assignment_id: str, *, client: Client, body: SipTrunkAgentAssignmentPatchInput
) -> SipTrunkAgentAssignment:
    """Change the assignment of an agent to a SIP trunk."""
    return sync_detailed(assignment_id, client=client, body=body).parsed


async def asyncio_detailed(
    assignment_id: str, *, client: Client, body: SipTrunkAgentAssignmentPatchInput
) -> Response[SipTrunkAgentAssignment]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(assignment_id, body=body))
    return _build_response(client, response)


async def asyncio(
    assignment_id: str, *, client: Client, body: SipTrunkAgentAssignmentPatchInput
) -> SipTrunkAgentAssignment:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(assignment_id, client=client, body=body)).parsed
