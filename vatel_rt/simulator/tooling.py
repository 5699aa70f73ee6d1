"""The tool calls of a session: asked, waited for, answered."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable
from typing import Optional

import anyio
import msgspec

from vatel_rt.messages import ToolCall
from vatel_rt.payloads import ToolCallArgument, ToolCallData
from vatel_rt.simulator.checks import PLACEHOLDER
from vatel_rt.simulator.records import CallRecord, new_id
from vatel_rt.simulator.scenario import Tool

log = logging.getLogger("vatel.simulator")


class PendingTools:
    """At most one tool call at a time is open: the agent waits for it."""

    def __init__(self, call: CallRecord) -> None:
        self._call = call
        self._open = ""
        self._output: Optional[str] = None
        self._answered = anyio.Event()

    def ask(self, tool: Tool, turn_id: str) -> tuple[ToolCall, Awaitable[Optional[str]]]:
        """The message that asks for `tool`, and its output: None if none comes in time."""
        self._open = new_id()
        self._output = None
        self._answered = anyio.Event()
        arguments = [
            ToolCallArgument(a.name, a.type, a.data_type, a.description, a.required, a.value)
            for a in tool.arguments
        ]
        self._call.add_tool_call(turn_id, self._open, tool.name, arguments)
        return ToolCall(ToolCallData(self._open, tool.name, arguments)), self._wait(tool)

    async def _wait(self, tool: Tool) -> Optional[str]:
        with anyio.move_on_after(tool.timeout):
            await self._answered.wait()
        if self._output is None:
            log.warning("call %s: no output of %s in time", self._call.id, tool.name)
        self._open = ""
        return self._output

    def answer(self, tool_call_id: str, output: str) -> None:
        """The caller's side sent an output; one that nobody waits for is passed over."""
        if not self._open or tool_call_id != self._open:
            log.warning("call %s: output of an unknown tool call", self._call.id)
            return
        self._open = ""
        self._output = output
        self._call.add_tool_output(output)
        self._answered.set()


def filled(text: str, output: str) -> str:
    """`text` with the tool's `{output}`, or the `{field}`s of one that is a JSON object."""
    try:
        values = msgspec.json.decode(output, type=dict[str, object])
    except msgspec.MsgspecError:
        values = {}
    values.setdefault("output", output)

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1], match[0])
        return found if isinstance(found, str) else json.dumps(found)

    return PLACEHOLDER.sub(value, text)
