"""The group `calls`, with what is more than one request: all pages, and recordings as files."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Optional, TypedDict, Union

from vatel_rest.api.calls import CallsResource

from vatel_rt.errors import APIConnectionError
from vatel_rt.rest.recordings import Path, Progress, Transfer, recording_request

if TYPE_CHECKING:
    from typing_extensions import Unpack
    from vatel_rest.models import Call, CallOutcome, CallSource, CallStatus

    from vatel_rt.rest.transport import RestClient

LARGEST_PAGE = 100


class CallFilters(TypedDict, total=False):
    """What calls to iterate over; a call has to satisfy all that are given.

    As for `Calls.list`, but with Python's types: `agent_ids` may be several ids, the dates
    may be `datetime` objects with a zone, `outbound` a bool.
    """

    organization_id: str
    page_size: int
    agent_ids: Union[str, Iterable[str]]
    status: Union[CallStatus, str]
    source: Union[CallSource, str]
    date_from: Union[datetime, str]
    date_to: Union[datetime, str]
    outbound: Union[bool, str]
    search: str
    tag: str
    outcome: Union[CallOutcome, str]


class Calls(CallsResource):
    """The history of calls, with transcripts and recordings."""

    def __init__(self, client: RestClient) -> None:
        super().__init__(client)
        self._rest = client

    def iter(self, **filters: Unpack[CallFilters]) -> Iterator[Call]:
        """Iterate over calls across pages, the latest first.

        The filters are those of `list` (`agent_ids`, `status`, `date_from`, ...), with Python's
        types: several ids in a list, a `datetime` with a zone, a bool.

        Calls that come in meanwhile push others to later pages; those are not repeated. A call
        that stops to satisfy the filters meanwhile (its `status` changes, say) pulls another
        one onto a page that was read already: to miss none, filter by what does not change.

        Raises:
            ValueError: a date without a zone.
            APIError: the platform refused a request.
        """
        query, seen = _query(filters), set[Optional[str]]()
        while True:
            page = self.list(**query)
            yield from _new(page.calls, seen)
            if not page.pagination.has_next:
                return
            query["page"] += 1

    async def iter_async(self, **filters: Unpack[CallFilters]) -> AsyncIterator[Call]:
        """`iter` for asynchronous code."""
        query, seen = _query(filters), set[Optional[str]]()
        while True:
            page = await self.list_async(**query)
            for call in _new(page.calls, seen):
                yield call
            if not page.pagination.has_next:
                return
            query["page"] += 1

    @contextmanager
    def stream_recording(self, call_id: str) -> Iterator[Iterator[bytes]]:
        """The recording of a call in pieces, as they arrive: `with ... as pieces: for ...`.

        Raises:
            NotFoundError: there is no such call, or it has no recording.
            APIConnectionError: (also while iterating) the transfer was cut.
        """
        response = self._rest.send(stream=True, **recording_request(call_id))
        try:
            yield self._rest.pieces(response)
        finally:
            response.close()

    @asynccontextmanager
    async def stream_recording_async(self, call_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """`stream_recording` for asynchronous code."""
        response = await self._rest.send_async(stream=True, **recording_request(call_id))
        try:
            yield self._rest.pieces_async(response)
        finally:
            await response.aclose()

    def save_recording(self, call_id: str, path: Path, progress: Optional[Progress] = None) -> None:
        """Write the recording of a call to a WAV file, without holding it in memory.

        The file appears under its name only when it is whole. A transfer that is cut goes on
        from there or starts again, as often as `max_retries` says without having moved on.

        Args:
            call_id: id of the call.
            path: the file; one that is there is replaced.
            progress: called after each piece with the bytes so far and, if known, of the whole.

        Raises:
            NotFoundError: there is no such call, or it has no recording.
            APIConnectionError: the transfer was cut too often.
            OSError: the file cannot be written.
        """
        with Transfer(call_id, path, progress, self._rest.max_retries) as transfer:
            while True:
                response = self._rest.send(stream=True, **transfer.request())
                try:
                    transfer.begin(response.status_code, response.headers)
                    for piece in self._rest.pieces(response):
                        transfer.write(piece)
                    return transfer.keep()
                except APIConnectionError as error:
                    time.sleep(transfer.cut(error))
                finally:
                    response.close()

    async def save_recording_async(
        self, call_id: str, path: Path, progress: Optional[Progress] = None
    ) -> None:
        """`save_recording` for asynchronous code. Cancelling it leaves no file."""
        with Transfer(call_id, path, progress, self._rest.max_retries) as transfer:
            while True:
                response = await self._rest.send_async(stream=True, **transfer.request())
                try:
                    transfer.begin(response.status_code, response.headers)
                    async for piece in self._rest.pieces_async(response):
                        transfer.write(piece)
                    return transfer.keep()
                except APIConnectionError as error:
                    await asyncio.sleep(transfer.cut(error))
                finally:
                    await response.aclose()


def _query(filters: CallFilters) -> dict[str, Any]:
    query = {name: _on_the_wire(name, value) for name, value in filters.items()}
    return {"page_size": LARGEST_PAGE, **query, "page": 1}


def _on_the_wire(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} has no time zone, and the platform would guess one")
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Iterable) and not isinstance(value, (str, Enum)):
        return ",".join(map(str, value))
    return value


def _new(calls: Iterable[Call], seen: set[Optional[str]]) -> Iterator[Call]:
    for call in calls:
        if call.id is None or call.id not in seen:
            seen.add(call.id)
            yield call
