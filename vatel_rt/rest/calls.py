"""The group `calls`, with operations of several requests: all pages, and recordings as files."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Callable, Optional, TypedDict, Union

from vatel_rest.api.calls import CallsResource
from vatel_rest.types import segment

from vatel_rt.errors import APIConnectionError, ResponseParseError
from vatel_rt.rest.answers import pieces, pieces_async
from vatel_rt.rest.recording_file import RecordingFile
from vatel_rt.retry import Failure, wait_before
from vatel_rt.text import printable
from vatel_rt.validation import Path

if TYPE_CHECKING:
    import httpx
    from typing_extensions import Unpack
    from vatel_rest.models import Call, CallOutcome, CallSource, CallStatus, PaginatedCallsResponse

    from vatel_rt.rest.transport import RestClient

LARGEST_PAGE = 100
REMEMBERED = 20 * LARGEST_PAGE
"""Number of call ids that `iter` remembers, to avoid yielding a call twice."""
Progress = Callable[[int, Optional[int]], object]
"""Called with the bytes written so far and the total size, if that is known."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)$")
_WHOLE, _PARTIAL = 200, 206


class CallFilters(TypedDict, total=False):
    """Filters for calls, with Python's types; a call must satisfy all of them."""

    organization_id: str
    page: int
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
        """Iterate over the calls of all pages, latest first.

        The filters are those of `list`, with Python's types: several `agent_ids` in a list, a
        `datetime` with a time zone, a bool.

        New calls push older ones to later pages; these are not repeated, unless about 2,000 calls
        begin between two pages. If a call stops matching the filters while you iterate, another
        one may be skipped: filter by values that do not change.

        Raises:
            ValueError: a date has no time zone, or a list is empty.
            APIError: the platform refused a request.
        """
        query, seen = _query(filters), dict[str, bool]()
        while query["page"]:
            yield from _new(self.list(**query), query, seen)

    async def iter_async(self, **filters: Unpack[CallFilters]) -> AsyncIterator[Call]:
        """Asynchronous `iter`."""
        query, seen = _query(filters), dict[str, bool]()
        while query["page"]:
            for call in _new(await self.list_async(**query), query, seen):
                yield call

    @contextmanager
    def stream_recording(self, call_id: str) -> Iterator[Iterator[bytes]]:
        """Stream the recording of a call: `with ... as pieces: for piece in pieces: ...`.

        Raises:
            NotFoundError: there is no such call, or it has no recording.
            APITimeoutError: 50 streams of this client were open for 30 seconds.
            APIConnectionError: (also while iterating) the transfer was cut.
        """
        with self._rest.stream(**_recording_request(call_id)) as response:
            yield pieces(response)

    @asynccontextmanager
    async def stream_recording_async(self, call_id: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """Asynchronous `stream_recording`."""
        async with self._rest.stream_async(**_recording_request(call_id)) as response:
            yield pieces_async(response)

    def save_recording(self, call_id: str, path: Path, progress: Optional[Progress] = None) -> None:
        """Save the recording of a call as a WAV file, which appears only when it is complete.

        After a cut the transfer resumes or starts again; it fails after more than `max_retries`
        cuts without progress.

        Args:
            call_id: id of the call.
            path: destination; an existing file is replaced.
            progress: called after each piece with the bytes so far and the total, if known.

        Raises:
            NotFoundError: there is no such call, or it has no recording.
            APIConnectionError: the transfer was cut too often.
            OSError: the file cannot be written.
        """
        with _Transfer(call_id, path, progress, self._rest.max_retries) as transfer:
            while True:
                with self._rest.stream(queue=True, **transfer.request()) as response:
                    try:
                        transfer.begin(response)
                        for piece in pieces(response):
                            transfer.write(piece)
                        return transfer.finish()
                    except APIConnectionError as error:
                        wait = transfer.cut(error)
                time.sleep(wait)

    async def save_recording_async(
        self, call_id: str, path: Path, progress: Optional[Progress] = None
    ) -> None:
        """Asynchronous `save_recording`. Cancelling it leaves no file."""
        with _Transfer(call_id, path, progress, self._rest.max_retries) as transfer:
            while True:
                async with self._rest.stream_async(queue=True, **transfer.request()) as response:
                    try:
                        transfer.begin(response)
                        async for piece in pieces_async(response):
                            transfer.write(piece)
                        return transfer.finish()
                    except APIConnectionError as error:
                        wait = transfer.cut(error)
                await asyncio.sleep(wait)


def _query(filters: CallFilters) -> dict[str, Any]:
    query = {name: _query_value(name, value) for name, value in filters.items()}
    return {"page_size": LARGEST_PAGE, "page": 1, **query}


def _query_value(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} has no time zone: pass a datetime with tzinfo")
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Iterable) and not isinstance(value, (str, Enum)):
        joined = ",".join(map(str, value))
        if not joined:
            raise ValueError(f"{name} is empty, which would mean every call")
        return joined
    return value


def _new(
    page: PaginatedCallsResponse, query: dict[str, Any], seen: dict[str, bool]
) -> Iterator[Call]:
    """Yield the calls not in `seen`, and add them; set the next page in `query`, 0 if none.

    A page without a new call is the last one: some servers say for ever that there is more.
    """
    before = set(seen)
    for call in page.calls:
        if call.id is None or not seen.pop(call.id, False):
            yield call
        if call.id is not None:
            seen[call.id] = True
        if len(seen) > REMEMBERED:
            del seen[next(iter(seen))]
    is_new = any(call.id is None or call.id not in before for call in page.calls)
    query["page"] = query["page"] + 1 if page.pagination.has_next and is_new else 0


def _recording_request(call_id: str) -> dict[str, Any]:
    return {"method": "GET", "url": f"/v1/calls/{segment(call_id)}/recording"}


class _Transfer:
    """The transfer of a recording to a temporary file, which `finish` renames.

    After a cut it resumes, or starts again if the server does not support ranges.
    """

    def __init__(self, call_id: str, path: Path, progress: Optional[Progress], limit: int) -> None:
        self._request = _recording_request(call_id)
        self._progress, self._max_retries = progress or (lambda *_: None), limit
        self._have = self._most = self._cuts = 0
        self._total: Optional[int] = None
        self._tag: Optional[str] = None
        self._asked_for_rest = False
        self._file = RecordingFile(path)

    def __enter__(self) -> _Transfer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def request(self) -> dict[str, Any]:
        """Return the request for the missing part."""
        # Without compression the length of the answer is the length of the file.
        headers = {"Accept-Encoding": "identity"}
        self._asked_for_rest = bool(self._have and self._tag)
        if self._asked_for_rest:
            headers.update({"Range": f"bytes={self._have}-", "If-Range": str(self._tag)})
        return {**self._request, "headers": headers}

    def begin(self, response: httpx.Response) -> None:
        """Prepare to write the body of an answer: resume, or start again.

        Raises:
            ResponseParseError: the answer is not a recording.
            APIConnectionError: it is another part of one.
        """
        headers = response.headers
        _check_recording(response, may_be_part=self._asked_for_rest)
        if response.status_code == _PARTIAL:
            rest = _RANGE.match(headers.get("content-range", ""))
            if not rest or int(rest[1]) != self._have:
                self._tag = None  # start again, without requesting a part
                raise APIConnectionError("the server sent a different part of the recording")
            self._total = self._total if rest[2] == "*" else int(rest[2])
            return
        self._have = 0
        self._file.restart()
        length, tag = headers.get("content-length", ""), headers.get("etag", "")
        is_plain = headers.get("content-encoding", "identity").strip().lower() == "identity"
        self._total = int(length) if is_plain and length.isdigit() else None
        self._tag = tag if tag.startswith('"') and is_plain else None  # a weak one: other bytes

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._file.write(piece)
        self._have += len(piece)
        if self._have > self._most:  # bytes received again after a restart are not progress
            self._most, self._cuts = self._have, 0
        self._progress(self._have, self._total)

    def finish(self) -> None:
        """Move the file to its destination, or raise APIConnectionError if it is incomplete."""
        self._file.check(self._have, self._total)
        self._file.finish()

    def cut(self, error: APIConnectionError) -> float:
        """Return the seconds to wait before the next request, or raise `error` to give up."""
        self._cuts += 1
        if self._cuts > self._max_retries:
            raise error
        return wait_before(self._cuts, Failure()) or 0.0


def _check_recording(response: httpx.Response, *, may_be_part: bool) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_audio = kind.startswith("audio/") or kind in ("", "application/octet-stream")
    status = response.status_code
    if is_audio and (status == _WHOLE or (status == _PARTIAL and may_be_part)):
        return
    found = f"{status} {printable(kind, 40)}".strip()
    text = f"cannot read the answer of GET {response.request.url.path}: not a recording ({found})"
    raise ResponseParseError(text)
