"""The outputs of tool calls, by id: a platform may send the same call twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

KEPT = 100
"""Outputs that are kept, and the calls that are running."""
KEPT_CHARACTERS = 2**20


class AnsweredCalls:
    """Runs each tool call once."""

    def __init__(self) -> None:
        self._outputs: dict[str, asyncio.Future[str]] = {}

    async def output(self, call_id: str, run: Callable[[], Awaitable[str]]) -> str:
        """Return the output of a tool call: of `run`, or of the same call before."""
        known = self._outputs.get(call_id) if call_id else None
        if known is not None:
            return await asyncio.shield(known)
        future = self._outputs[call_id] = asyncio.get_running_loop().create_future()
        try:
            output = await run()
        except BaseException:
            del self._outputs[call_id]
            future.cancel()
            raise
        future.set_result(output)
        self._trim()
        return output

    def _trim(self) -> None:
        done = [call_id for call_id, future in self._outputs.items() if future.done()]
        size = sum(len(self._outputs[call_id].result()) for call_id in done)
        for call_id in done:
            if len(self._outputs) <= KEPT and size <= KEPT_CHARACTERS:
                break
            size -= len(self._outputs.pop(call_id).result())
