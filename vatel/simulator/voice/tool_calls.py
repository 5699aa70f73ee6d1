"""The tool calls of a session: requests, outputs, and the line that follows."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any, Callable, Optional

import anyio
import msgspec

from vatel.simulator.platform.call_record import CallRecord, new_id, randomness
from vatel.simulator.scenario.keys import PLACEHOLDER, Line, Tool, Turn
from vatel_rt.realtime.messages import ToolCall, ToolCallArgument, ToolCallData

log = logging.getLogger("vatel.simulator")


@dataclass
class _Pending:
    data: ToolCallData
    deadline: float
    row: dict[str, Any]
    output: Optional[str] = None
    answered: anyio.Event = field(default_factory=anyio.Event)


class PendingTools:
    """The tool calls that wait for an output."""

    def __init__(self, call: CallRecord) -> None:
        self._call = call
        self._ids = randomness(call.id, "tools")
        self._open: dict[str, _Pending] = {}

    async def call_tools(
        self, tools: list[Tool], turn_id: str, send: Callable[[ToolCall], Awaitable[None]]
    ) -> list[Optional[str]]:
        """Call all `tools` at once; return their outputs, None for each that timed out."""
        calls = [self._add_call(tool, turn_id) for tool in tools]
        for pending in calls:
            await send(ToolCall(pending.data))
        for pending in calls:
            with anyio.CancelScope(deadline=pending.deadline):
                await pending.answered.wait()
            if self._open.pop(pending.data.tool_call_id, None):
                name = pending.data.tool_name
                log.warning("call %s: tool %s timed out", self._call.id, name)
        return [pending.output for pending in calls]

    def _add_call(self, tool: Tool, turn_id: str) -> _Pending:
        arguments = [ToolCallArgument(**msgspec.structs.asdict(each)) for each in tool.arguments]
        data = ToolCallData(new_id(self._ids), tool.name, arguments)
        row = self._call.add_tool_call(turn_id, data)
        pending = _Pending(data, anyio.current_time() + tool.timeout, row)
        self._open[data.tool_call_id] = pending
        return pending

    def add_output(self, tool_call_id: str, output: str) -> None:
        """Store the output of a tool call; ignore one that no call waits for."""
        pending = self._open.pop(tool_call_id, None)
        if pending is None:
            log.warning("call %s: ignored the output of an unknown tool call", self._call.id)
            return
        pending.output = output
        self._call.add_tool_output(pending.row, output)
        pending.answered.set()


def chosen_line(turn: Turn, outputs: list[Optional[str]]) -> Line:
    """Return the line that a turn says after its tools, with their outputs filled in."""
    values: dict[str, Any] = {}
    for tool, output in zip(turn.tools, outputs):
        if output is None:
            return _with_text(turn, tool.on_timeout)
        fields = _fields(output)
        if tool.on_error is not None and "error" in fields:
            return _with_text(turn, _filled(tool.on_error, fields))
        values = {**fields, **values}
    for answer in turn.answers:
        if answer.when.items() <= values.items():
            return msgspec.structs.replace(answer, says=_filled(answer.says, values))
    return msgspec.structs.replace(turn, says=_filled(turn.says, values))


def _with_text(turn: Turn, text: str) -> Line:
    return msgspec.structs.replace(turn, says=text, clip=None, interim=None, pauses=[])


def _fields(output: str) -> dict[str, Any]:
    """Return the fields of an output that is a JSON object, and the whole output as `output`."""
    try:
        fields = msgspec.json.decode(output, type=dict[str, Any])
    except msgspec.MsgspecError:
        fields = {}
    return {"output": output, **fields}


def _filled(text: str, values: dict[str, Any]) -> str:
    """Return `text` with its placeholders replaced; a placeholder without a value stays."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            log.warning("no tool output has %s: the agent says the placeholder itself", match[0])
        found = values.get(match[1], match[0])
        return found if isinstance(found, str) else json.dumps(found)

    return PLACEHOLDER.sub(value, text)
