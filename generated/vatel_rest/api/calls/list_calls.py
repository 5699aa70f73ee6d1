"""List calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional, Union

from ...client import Client
from ...models.call_outcome import CallOutcome
from ...models.call_source import CallSource
from ...models.call_status import CallStatus
from ...models.outbound_filter import OutboundFilter
from ...models.paginated_calls_response import PaginatedCallsResponse
from ...types import Response, written

if TYPE_CHECKING:
    import httpx


def _get_kwargs(
    *,
    organization_id: Optional[str] = None,
    page: Optional[int] = None,
    page_size: Optional[int] = None,
    agent_ids: Optional[str] = None,
    status: Optional[Union[CallStatus, str]] = None,
    source: Optional[Union[CallSource, str]] = None,
    date_from: Optional[str] = None,
    date_to: Optional[str] = None,
    outbound: Optional[Union[OutboundFilter, str]] = None,
    search: Optional[str] = None,
    tag: Optional[str] = None,
    outcome: Optional[Union[CallOutcome, str]] = None,
) -> Dict[str, Any]:
    return {
        "method": "GET",
        "url": "/v1/calls",
        "params": written(
            {
                "organization_id": organization_id,
                "page": page,
                "page_size": page_size,
                "agent_ids": agent_ids,
                "status": status,
                "source": source,
                "date_from": date_from,
                "date_to": date_to,
                "outbound": outbound,
                "search": search,
                "tag": tag,
                "outcome": outcome,
            }
        ),
    }


def _build_response(client: Client, response: httpx.Response) -> Response[PaginatedCallsResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=client.parse(response, PaginatedCallsResponse.from_dict),
    )


def sync_detailed(
    *,
    client: Client,
    organization_id: Optional[str] = None,
    page: Optional[int] = None,
    page_size: Optional[int] = None,
    agent_ids: Optional[str] = None,
    status: Optional[Union[CallStatus, str]] = None,
    source: Optional[Union[CallSource, str]] = None,
    date_from: Optional[str] = None,
    date_to: Optional[str] = None,
    outbound: Optional[Union[OutboundFilter, str]] = None,
    search: Optional[str] = None,
    tag: Optional[str] = None,
    outcome: Optional[Union[CallOutcome, str]] = None,
) -> Response[PaginatedCallsResponse]:
    """Like `sync`, but return the whole answer."""
    response = client.send(
        **_get_kwargs(
            organization_id=organization_id,
            page=page,
            page_size=page_size,
            agent_ids=agent_ids,
            status=status,
            source=source,
            date_from=date_from,
            date_to=date_to,
            outbound=outbound,
            search=search,
            tag=tag,
            outcome=outcome,
        )
    )
    return _build_response(client, response)


def sync(
    *,
    client: Client,
    organization_id: Optional[str] = None,
    page: Optional[int] = None,
    page_size: Optional[int] = None,
    agent_ids: Optional[str] = None,
    status: Optional[Union[CallStatus, str]] = None,
    source: Optional[Union[CallSource, str]] = None,
    date_from: Optional[str] = None,
    date_to: Optional[str] = None,
    outbound: Optional[Union[OutboundFilter, str]] = None,
    search: Optional[str] = None,
    tag: Optional[str] = None,
    outcome: Optional[Union[CallOutcome, str]] = None,
) -> PaginatedCallsResponse:
    """List calls."""
    return sync_detailed(
        client=client,
        organization_id=organization_id,
        page=page,
        page_size=page_size,
        agent_ids=agent_ids,
        status=status,
        source=source,
        date_from=date_from,
        date_to=date_to,
        outbound=outbound,
        search=search,
        tag=tag,
        outcome=outcome,
    ).parsed


async def asyncio_detailed(
    *,
    client: Client,
    organization_id: Optional[str] = None,
    page: Optional[int] = None,
    page_size: Optional[int] = None,
    agent_ids: Optional[str] = None,
    status: Optional[Union[CallStatus, str]] = None,
    source: Optional[Union[CallSource, str]] = None,
    date_from: Optional[str] = None,
    date_to: Optional[str] = None,
    outbound: Optional[Union[OutboundFilter, str]] = None,
    search: Optional[str] = None,
    tag: Optional[str] = None,
    outcome: Optional[Union[CallOutcome, str]] = None,
) -> Response[PaginatedCallsResponse]:
    """Asynchronous `sync_detailed`."""
    response = await client.send_async(
        **_get_kwargs(
            organization_id=organization_id,
            page=page,
            page_size=page_size,
            agent_ids=agent_ids,
            status=status,
            source=source,
            date_from=date_from,
            date_to=date_to,
            outbound=outbound,
            search=search,
            tag=tag,
            outcome=outcome,
        )
    )
    return _build_response(client, response)


async def asyncio(
    *,
    client: Client,
    organization_id: Optional[str] = None,
    page: Optional[int] = None,
    page_size: Optional[int] = None,
    agent_ids: Optional[str] = None,
    status: Optional[Union[CallStatus, str]] = None,
    source: Optional[Union[CallSource, str]] = None,
    date_from: Optional[str] = None,
    date_to: Optional[str] = None,
    outbound: Optional[Union[OutboundFilter, str]] = None,
    search: Optional[str] = None,
    tag: Optional[str] = None,
    outcome: Optional[Union[CallOutcome, str]] = None,
) -> PaginatedCallsResponse:
    """Asynchronous `sync`."""
    return (
        await asyncio_detailed(
            client=client,
            organization_id=organization_id,
            page=page,
            page_size=page_size,
            agent_ids=agent_ids,
            status=status,
            source=source,
            date_from=date_from,
            date_to=date_to,
            outbound=outbound,
            search=search,
            tag=tag,
            outcome=outcome,
        )
    ).parsed
