"""Operations of the group `calls`."""

from __future__ import annotations

from typing import Optional, Union

from ...client import Client
from ...models.call import Call
from ...models.call_outcome import CallOutcome
from ...models.call_source import CallSource
from ...models.call_status import CallStatus
from ...models.outbound_filter import OutboundFilter
from ...models.paginated_calls_response import PaginatedCallsResponse
from . import download_call_recording, get_call, list_calls


class CallsResource:
    """The history of calls, with transcripts and recordings."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(
        self,
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
    ) -> PaginatedCallsResponse:
        """List calls.

        Returns one page of the call history, latest call first. A call has to satisfy all filters
        given.

        Args:
            organization_id: Only calls of this organization. Of use with internal keys only.
            page: Which page to return, counted from 1. Default: 1.
            page_size: Number of calls on a page, from 1 to 100. Default: 20.
            agent_ids: Only calls of these agents, as ids separated by commas.
            status: Only calls with this status.
            source: Only calls that came about this way.
            date_from: Only calls whose `created_at` is this instant or later (RFC 3339).
            date_to: Only calls whose `created_at` is this instant or earlier (RFC 3339).
            outbound: Only outbound calls (`true`) or only inbound calls (`false`).
            search: Only calls with a party whose number contains this text, of at most 256
                characters.
            tag: Only calls with this tag, of at most 128 characters.
            outcome: Only calls that ended this way.

        Returns:
            A page of calls.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return list_calls.sync(
            client=self._client,
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

    async def list_async(
        self,
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
    ) -> PaginatedCallsResponse:
        """List calls.

        Returns one page of the call history, latest call first. A call has to satisfy all filters
        given.

        Args:
            organization_id: Only calls of this organization. Of use with internal keys only.
            page: Which page to return, counted from 1. Default: 1.
            page_size: Number of calls on a page, from 1 to 100. Default: 20.
            agent_ids: Only calls of these agents, as ids separated by commas.
            status: Only calls with this status.
            source: Only calls that came about this way.
            date_from: Only calls whose `created_at` is this instant or later (RFC 3339).
            date_to: Only calls whose `created_at` is this instant or earlier (RFC 3339).
            outbound: Only outbound calls (`true`) or only inbound calls (`false`).
            search: Only calls with a party whose number contains this text, of at most 256
                characters.
            tag: Only calls with this tag, of at most 128 characters.
            outcome: Only calls that ended this way.

        Returns:
            A page of calls.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            ServerError: 500: The platform failed.
        """
        return await list_calls.asyncio(
            client=self._client,
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

    def get(self, call_id: str) -> Call:
        """Get a call.

        Returns one call with its transcript, the variables extracted from it and its feedback, as
        far as it has them. The id is the one that `session_started` gives at the beginning of a
        voice session.

        Args:
            call_id: Id of the call.

        Returns:
            The call.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such call.
            ServerError: 500: The platform failed.
        """
        return get_call.sync(client=self._client, id=call_id)

    async def get_async(self, call_id: str) -> Call:
        """Get a call.

        Returns one call with its transcript, the variables extracted from it and its feedback, as
        far as it has them. The id is the one that `session_started` gives at the beginning of a
        voice session.

        Args:
            call_id: Id of the call.

        Returns:
            The call.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such call.
            ServerError: 500: The platform failed.
        """
        return await get_call.asyncio(client=self._client, id=call_id)

    def download_recording(self, call_id: str) -> bytes:
        """Download the recording of a call.

        Streams the recording as a WAV file. The file of a long call can reach hundreds of
        megabytes, so write it to disk piece by piece rather than reading it into memory.

        Args:
            call_id: Id of the call.

        Returns:
            The recording.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such call.
            APIError: 405: The method is not allowed here. The body is not specified.
            ServerError: 500: The platform failed.
        """
        return download_call_recording.sync(client=self._client, id=call_id)

    async def download_recording_async(self, call_id: str) -> bytes:
        """Download the recording of a call.

        Streams the recording as a WAV file. The file of a long call can reach hundreds of
        megabytes, so write it to disk piece by piece rather than reading it into memory.

        Args:
            call_id: Id of the call.

        Returns:
            The recording.

        Raises:
            BadRequestError: 400: Something in the request is not valid.
            AuthenticationError: 401: The API key is missing or not valid. The body is not
                specified.
            NotFoundError: 404: There is no such call.
            APIError: 405: The method is not allowed here. The body is not specified.
            ServerError: 500: The platform failed.
        """
        return await download_call_recording.asyncio(client=self._client, id=call_id)
