"""The interface that operations need of a client; `vatel_rt.rest.transport` implements it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Client(Protocol):
    """Send requests and read answers; handle URLs, keys, retries and errors."""

    def send(self, **request: Any) -> httpx.Response:
        """Send a request and return its successful answer, read completely.

        Any other status, and a missing answer, raises an error of the client.

        Args:
            request: `method`, `url` (a path) and optionally `params`, `json` and `headers`, as
                for `httpx.Client.request`.
        """
        ...

    async def send_async(self, **request: Any) -> httpx.Response:
        """Asynchronous `send`."""
        ...

    def parse(self, response: httpx.Response, reader: Callable[[Any], T]) -> T:
        """Return what `reader` makes of the JSON body of an answer.

        A body that is not JSON, and a KeyError, TypeError or ValueError of the reader, raises
        an error of the client.
        """
        ...
