"""Reading the body of an answer, with limits for its size and its time.

httpx decodes as many content codings as an answer names, each without a limit: 261 bytes can
become a gigabyte. Here one coding is decoded, piece by piece.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from vatel_rt.errors import ResponseParseError
from vatel_rt.rest.deadline import Deadline
from vatel_rt.text import printable

MAX_ERROR = 2**20
"""Bytes that are read of the answer to a request that failed."""
MAX_ANSWER = 64 * 2**20
"""Bytes of any other answer that is not streamed; a hundred calls with transcripts take 20 MiB."""
PIECE = 64 * 1024
"""Bytes of a piece of a streamed answer, about."""
CODINGS = "gzip, deflate"
"""The content codings that are asked for."""
_GZIP = zlib.MAX_WBITS | 16
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


class Decoder:
    """Decodes the body of an answer as its header `Content-Encoding` says.

    Raises:
        ResponseParseError: there is more than one coding, or one that was not asked for.
    """

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._inflate = None
        coding = response.headers.get("content-encoding", "").strip().lower()
        if coding not in ("", "identity", *_WINDOWS):
            raise _unreadable(response, f"its content coding is {printable(coding, 40)!r}")
        self._coding = coding
        if coding in _WINDOWS:
            self._inflate = zlib.decompressobj(_WINDOWS[coding])

    def decode(self, piece: bytes, limit: int) -> bytes:
        """Return what `piece` stands for, or a byte more than `limit` if it stands for more.

        Raises:
            ResponseParseError: the piece cannot be decoded.
        """
        if self._inflate is None:
            return piece
        try:
            return self._inflate.decompress(piece, limit + 1)
        except zlib.error as error:
            raise _unreadable(self._response, f"it is not valid {self._coding}") from error

    def pieces(self, piece: bytes) -> Iterator[bytes]:
        """Yield what `piece` stands for, in pieces of limited size.

        Raises:
            ResponseParseError: the piece cannot be decoded.
        """
        if self._inflate is None:
            yield piece
            return
        while piece:
            yield self.decode(piece, PIECE)
            piece = self._inflate.unconsumed_tail


class Body:
    """The body of an answer, piece by piece."""

    def __init__(self, response: httpx.Response, deadline: Deadline) -> None:
        self._response, self._deadline = response, deadline
        self._decoder = Decoder(response)
        self._limit = MAX_ANSWER if response.is_success else MAX_ERROR
        self._read, self._received = bytearray(), 0

    def add(self, piece: bytes) -> bool:
        """Add a piece of the answer; return whether more of it is wanted.

        Raises:
            ResponseParseError: the answer is too large, or cannot be decoded.
            httpx.ReadTimeout: the answer takes too long.
        """
        self._received += len(piece)  # what follows the end of a coded body counts as well
        self._read += self._decoder.decode(piece, self._limit - len(self._read))
        if max(len(self._read), self._received) > self._limit:
            if self._response.is_success:
                raise _unreadable(self._response, f"it is larger than {self._limit} bytes")
            del self._read[self._limit :]
            return False
        if not self._deadline.left:
            raise self._deadline.exceeded(self._response.request)
        return True

    def finish(self) -> None:
        """Give the answer its body."""
        self._response._content = bytes(self._read)


def read(response: httpx.Response, deadline: Deadline) -> None:
    """Read the body of an answer and close it; errors as those of `Body.add`."""
    if is_read(response):
        return
    body = Body(response, deadline)
    for piece in response.iter_raw():
        if not body.add(piece):
            break
    response.close()
    body.finish()


async def read_async(response: httpx.Response, deadline: Deadline) -> None:
    """Asynchronous `read`."""
    if is_read(response):
        return
    body = Body(response, deadline)
    async for piece in response.aiter_raw():
        if not body.add(piece):
            break
    await response.aclose()
    body.finish()


@contextmanager
def in_time(deadline: Deadline, request: httpx.Request) -> Iterator[None]:
    """Limit the time of asynchronous code by a deadline; raise `httpx.ReadTimeout` after it."""
    import anyio

    try:
        with anyio.fail_after(None if deadline.left == math.inf else deadline.left):
            yield
    except TimeoutError as error:
        raise deadline.exceeded(request) from error


def is_read(response: httpx.Response) -> bool:
    """Return whether the body of an answer has been read, as that of a stand-in may be."""
    return hasattr(response, "_content")


def _unreadable(response: httpx.Response, problem: str) -> ResponseParseError:
    asked = f"{response.request.method} {response.request.url.path}"
    return ResponseParseError(f"cannot read the answer of {asked}: {problem}")
