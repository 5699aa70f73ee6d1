"""A checked REST request, and the handlers of operations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Callable

from vatel.simulator.openapi.document import Json
from vatel.simulator.openapi.errors import HttpError
from vatel.simulator.platform.platform import Platform


@dataclass(frozen=True)
class Download:
    """An answer that is a file."""

    content: AsyncIterator[bytes]
    headers: dict[str, str]


@dataclass(frozen=True)
class ApiRequest:
    """A request that is valid according to the document.

    Attributes:
        owner: id of the organization that makes the request.
        ids: the ids of the path, by their names there.
        query: the query parameters that are set and not empty.
        body: the JSON body; None for an operation without one.
    """

    platform: Platform
    owner: str
    ids: dict[str, str]
    query: Json
    body: Any

    def find(self, table: Mapping[str, Json], kind: str, key: str) -> Json:
        """Return the entry of `table` with an id.

        Raises:
            HttpError: (404) the organization has no such entry.
        """
        if key not in table or self.platform.owners[key] != self.owner:
            raise HttpError(404, f"{kind} not found")
        return table[key]

    def entries(self, table: Mapping[str, Json]) -> list[Json]:
        """Return the organization's entries of `table`."""
        return [entry for key, entry in table.items() if self.platform.owners[key] == self.owner]


Handler = Callable[[ApiRequest], Any]
"""Runs an operation; returns JSON, a `Download` or None, or an awaitable of one."""
