"""Create an agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

from ...client import Client
from ...models.agent import Agent
from ...models.agent_create_input import AgentCreateInput
from ...types import Response, to_json

if TYPE_CHECKING:
    import httpx


def _get_kwargs(*, body: AgentCreateInput) -> Dict[str, Any]:
    return {"method": "POST", "url": "/v1/agents", "json": to_json(body)}


def _build_response(client: Client, response: httpx.Response) -> Response[Agent]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, Agent.from_dict),
    )


def sync_detailed(*, client: Client, body: AgentCreateInput) -> Response[Agent]:
    """Like `sync`, but return the whole answer."""
    response = client.send(**_get_kwargs(body=body))
    return _build_response(client, response)


def sync(*, client: Client, body: AgentCreateInput) -> Agent:
    """Create an agent."""
    return sync_detailed(client=client, body=body).parsed


async def asyncio_detailed(*, client: Client, body: AgentCreateInput) -> Response[Agent]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(**_get_kwargs(body=body))
    return _build_response(client, response)


async def asyncio(*, client: Client, body: AgentCreateInput) -> Agent:
    """Asynchronous `sync`."""
    return (await asyncio_detailed(client=client, body=body)).parsed
