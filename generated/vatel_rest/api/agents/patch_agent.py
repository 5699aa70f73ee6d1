"""Change an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.agent import Agent
from ...models.agent_update_input import AgentUpdateInput
from ...types import Response, segment, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(id: str, *, body: AgentUpdateInput) -> Dict[str, Any]:
    return {"method": "PATCH", "url": f"/v1/agents/{segment(id)}", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[Agent]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, Agent.from_dict),
    )


def sync_detailed(id: str, *, client: Client, body: AgentUpdateInput) -> Response[Agent]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(id, body=body))
    return _build_response(client, response)


def sync(id: str, *, client: Client, body: AgentUpdateInput) -> Agent:
    """Change an agent."""
    return sync_detailed(id, client=client, body=body).parsed


async def asyncio_detailed(id: str, *, client: Client, body: AgentUpdateInput) -> Response[Agent]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(id, body=body))
    return _build_response(client, response)


async def asyncio(id: str, *, client: Client, body: AgentUpdateInput) -> Agent:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(id, client=client, body=body)).parsed
