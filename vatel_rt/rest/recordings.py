"""Save recordings of calls to files.

The file is written under a temporary name beside its destination and renamed when it is
complete. After a cut the transfer resumes, or starts again if the server does not support ranges.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Callable, Optional

from vatel_rest.types import segment

from vatel_rt.errors import APIConnectionError
from vatel_rt.retry import Failure, wait_before
from vatel_rt.validation import Path

Progress = Callable[[int, Optional[int]], object]
"""Called with the bytes written so far and the total size, if that is known."""
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)$")
_PARTIAL = 206


def recording_request(call_id: str) -> dict[str, Any]:
    """Return the request for a recording."""
    return {"method": "GET", "url": f"/v1/calls/{segment(call_id)}/recording"}


class Transfer:
    """The transfer of a recording to a file; leaving the context without `finish` leaves none."""

    def __init__(self, call_id: str, path: Path, progress: Optional[Progress], limit: int) -> None:
        self._request = recording_request(call_id)
        self._path = os.fspath(path)
        self._part = f"{self._path}.{secrets.token_hex(4)}.part"
        self._progress, self._max_retries = progress or (lambda *_: None), limit
        self._have = self._most = self._cuts = 0
        self._total: Optional[int] = None
        self._tag: Optional[str] = None
        self._file = open(self._part, "xb")  # noqa: SIM115  (closed by __exit__)

    def __enter__(self) -> Transfer:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        with suppress(FileNotFoundError):
            os.unlink(self._part)

    def request(self) -> dict[str, Any]:
        """Return the request for the missing part."""
        # Without compression the length of the answer is the length of the file.
        headers = {"Accept-Encoding": "identity"}
        if self._have and self._tag:
            headers.update({"Range": f"bytes={self._have}-", "If-Range": self._tag})
        return {**self._request, "headers": headers}

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        """Prepare to write the body of an answer: resume, or start again."""
        if status == _PARTIAL:
            rest = _RANGE.match(headers.get("content-range", ""))
            if not rest or int(rest[1]) != self._have:
                self._tag = None  # start again, without requesting a part
                raise APIConnectionError("the server sent a different part of the recording")
            self._total = self._total if rest[2] == "*" else int(rest[2])
            return
        self._have = 0
        self._file.seek(0)
        self._file.truncate()
        length, tag = headers.get("content-length", ""), headers.get("etag", "")
        self._total = int(length) if length.isdigit() else None
        self._tag = tag if tag.startswith('"') else None  # a weak tag allows other bytes

    def write(self, piece: bytes) -> None:
        """Append a piece."""
        self._file.write(piece)
        self._have += len(piece)
        if self._have > self._most:  # bytes received again after a restart are not progress
            self._most, self._cuts = self._have, 0
        self._progress(self._have, self._total)

    def finish(self) -> None:
        """Move the file to its destination, or raise APIConnectionError if it is incomplete."""
        if self._total is not None and self._have != self._total:
            raise APIConnectionError(f"the recording ended at {self._have} of {self._total} bytes")
        self._file.close()
        os.replace(self._part, self._path)

    def cut(self, error: APIConnectionError) -> float:
        """Return the seconds to wait before the next request, or raise `error` to give up."""
        self._cuts += 1
        if self._cuts > self._max_retries:
            raise error
        return wait_before(self._cuts, Failure()) or 0.0
