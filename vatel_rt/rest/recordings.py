"""Recordings of calls on their way into a file.

They can be hundreds of megabytes and are never held in memory. A recording is written beside
its place and takes it when it is whole; where the transfer is cut it goes on from there, or
starts again if the server cannot.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from os import PathLike, fspath
from typing import Any, Callable, Optional, Union

from vatel_rest.types import segment

from vatel_rt.errors import APIConnectionError
from vatel_rt.retry import Failure, wait_before

Path = Union[str, "PathLike[str]"]
Progress = Callable[[int, Optional[int]], object]
"""Called with the bytes written so far, and the size of the whole where it is known."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)$")
_PARTIAL = 206


def recording_request(call_id: str) -> dict[str, Any]:
    """The request for a recording."""
    return {"method": "GET", "url": f"/v1/calls/{segment(call_id)}/recording"}


class Transfer:
    """A recording that is being written: where it stands, and what to ask for next.

    Leaving the context without `keep` leaves no file.

    Args:
        path: where the file shall be; one that is there is replaced when this one is whole.
        progress: called after each piece.
        max_retries: how often in a row the transfer may be cut without having moved on.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(
        self, call_id: str, path: Path, progress: Optional[Progress], max_retries: int
    ) -> None:
        self._request = recording_request(call_id)
        self._path = fspath(path)
        self._part = f"{self._path}.{secrets.token_hex(4)}.part"
        self._progress = progress
        self._max_retries = max_retries
        self._have = self._most = 0
        self._total: Optional[int] = None
        self._tag: Optional[str] = None
        self._cuts = 0

    def __enter__(self) -> Transfer:
        self._file = open(self._part, "xb")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._part)

    def request(self) -> dict[str, Any]:
        """The request for what is missing."""
        # Without compression the length of the answer is the length of the file.
        headers = {"Accept-Encoding": "identity"}
        if self._have and self._tag:
            headers.update({"Range": f"bytes={self._have}-", "If-Range": self._tag})
        return {**self._request, "headers": headers}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Take the head of an answer: it goes on where this stands, or starts again.

        Raises:
            APIConnectionError: it is a part that was not asked for.
        """
        if status == _PARTIAL:
            rest = _RANGE.match(headers.get("content-range", ""))
            if not rest or int(rest[1]) != self._have:
                self._tag = None  # start again, without asking for a part
                raise APIConnectionError("the server gave another part of the recording")
            self._total = self._total if rest[2] == "*" else int(rest[2])
            return
        self._have = 0
        self._file.seek(0)
        self._file.truncate()
        length = headers.get("content-length", "")
        self._total = int(length) if length.isdigit() else None
        # Only a strong tag promises that the bytes are the same.
        tag = headers.get("etag", "")
        self._tag = tag if tag.startswith('"') else None

    def write(self, chunk: bytes) -> None:
        """Append a piece."""
        self._file.write(chunk)
        self._have += len(chunk)
        if self._have > self._most:  # what is had again after a start from the begin is no way on
            self._most, self._cuts = self._have, 0
        if self._progress is not None:
            self._progress(self._have, self._total)

    def keep(self) -> None:
        """Put the whole file in its place.

        Raises:
            APIConnectionError: it is not whole.
        """
        if self._total is not None and self._have != self._total:
            raise APIConnectionError(f"the recording ended at {self._have} of {self._total} bytes")
        self._file.close()
        os.replace(self._part, self._path)

    def cut(self, error: APIConnectionError) -> float:
        """Seconds to wait before the transfer goes on; raises `error` if it shall not."""
        self._cuts += 1
        if self._cuts > self._max_retries:
            raise error
        return wait_before(self._cuts, Failure()) or 0.0
