"""What the operations need of a client; `vatel_rt.rest.transport` has one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Protocol, TypeVar

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class Client(Protocol):
    """Sends requests and reads answers; where addresses, keys, retries and errors are handled."""

    def send(self, **request: Any) -> httpx.Response:
        """Send one request and return its answer, a success that is read whole.

        Every other status and every failure to get an answer raises an error of the client.

        Args:
            request: `method`, `url` (a path) and, where there are any, `params`, `json` and
                `headers`, as `httpx.Client.request` takes them.
        """
        ...

    async def send_async(self, **request: Any) -> httpx.Response:
        """Like `send`, for asynchronous programs."""
        ...

    def parse(self, response: httpx.Response, reader: Callable[[Any], T]) -> T:
        """Decode the answer's JSON and return what the reader makes of it.

        A body that is not JSON, and KeyError, TypeError or ValueError of the reader, raise an
        error of the client.
        """
        ...
