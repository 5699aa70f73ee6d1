"""The tool calls of a session: asked, waited for, answered."""

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
from vatel_rt.realtime.messages import ToolCall
from vatel_rt.realtime.payloads import ToolCallArgument, ToolCallData

log = logging.getLogger("vatel.simulator")


@dataclass
class _Pending:
    data: ToolCallData
    deadline: float
    row: dict[str, Any]
    output: Optional[str] = None
    answered: anyio.Event = field(default_factory=anyio.Event)


class PendingTools:
    """The tool calls that are open: the agent waits for them."""

    def __init__(self, call: CallRecord) -> None:
        self._call = call
        self._ids = randomness(call.id, "tools")
        self._open: dict[str, _Pending] = {}

    async def ask(
        self, tools: list[Tool], turn_id: str, send: Callable[[ToolCall], Awaitable[None]]
    ) -> list[Optional[str]]:
        """Ask for `tools` at once; gives their outputs, None for one that did not come in time."""
        asked = [self._opened(tool, turn_id) for tool in tools]
        for pending in asked:
            await send(ToolCall(pending.data))
        for pending in asked:
            with anyio.CancelScope(deadline=pending.deadline):
                await pending.answered.wait()
            if self._open.pop(pending.data.tool_call_id, None):
                name = pending.data.tool_name
                log.warning("call %s: no output of %s in time", self._call.id, name)
        return [pending.output for pending in asked]

    def _opened(self, tool: Tool, turn_id: str) -> _Pending:
        arguments = [ToolCallArgument(**msgspec.structs.asdict(each)) for each in tool.arguments]
        data = ToolCallData(new_id(self._ids), tool.name, arguments)
        row = self._call.add_tool_call(turn_id, data)
        pending = _Pending(data, anyio.current_time() + tool.timeout, row)
        self._open[data.tool_call_id] = pending
        return pending

    def answer(self, tool_call_id: str, output: str) -> None:
        """The caller's side sent an output; one that nobody waits for is passed over."""
        pending = self._open.pop(tool_call_id, None)
        if pending is None:
            log.warning("call %s: output of an unknown tool call", self._call.id)
            return
        pending.output = output
        self._call.add_tool_output(pending.row, output)
        pending.answered.set()


def chosen(turn: Turn, outputs: list[Optional[str]]) -> Line:
    """What a turn says after its tools, with their outputs filled in."""
    values: dict[str, Any] = {}
    for tool, output in zip(turn.tools, outputs):
        if output is None:
            return _saying(turn, tool.on_timeout)
        fields = _fields(output)
        if tool.on_error is not None and "error" in fields:
            return _saying(turn, filled(tool.on_error, fields))
        values = {**fields, **values}
    for answer in turn.answers:
        if answer.when.items() <= values.items():
            return msgspec.structs.replace(answer, says=filled(answer.says, values))
    return msgspec.structs.replace(turn, says=filled(turn.says, values))


def _saying(turn: Turn, text: str) -> Line:
    return msgspec.structs.replace(turn, says=text, clip=None, interim=None, pauses=[])


def _fields(output: str) -> dict[str, Any]:
    """The fields of an output that is a JSON object, and `output` for all of it."""
    try:
        fields = msgspec.json.decode(output, type=dict[str, Any])
    except msgspec.MsgspecError:
        fields = {}
    return {"output": output, **fields}


def filled(text: str, values: dict[str, Any]) -> str:
    """`text` with values in place of their names in braces; others stay."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in values:
            log.warning("the output of no tool has %s: the agent says it as it stands", match[0])
        found = values.get(match[1], match[0])
        return found if isinstance(found, str) else json.dumps(found)

    return PLACEHOLDER.sub(value, text)
