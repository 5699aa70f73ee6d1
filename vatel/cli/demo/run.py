"""The run of the demo: one call, and its summary."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from typing import Any, Optional

from vatel.cli.demo import INTERRUPTED
from vatel.cli.demo.events import EventFile
from vatel.cli.demo.live import Live
from vatel.cli.demo.options import BROKEN_OFF, exit_code, parse
from vatel.cli.demo.sound import Device, chosen_device, device_table
from vatel.cli.demo.view import Screen, ScreenLog
from vatel_rt.call.call import Call
from vatel_rt.call.tools import Tools
from vatel_rt.call.tracing import record_messages
from vatel_rt.client import Client
from vatel_rt.config import base_url
from vatel_rt.errors import AudioDeviceError, ConfigurationError, ConnectionClosed, VatelError
from vatel_rt.realtime.connection import connect

ORDER = {"status": "shipped", "arrives": "tomorrow, 10 to 12"}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the demo; return the exit code."""
    options = parse(arguments)
    screen = Screen()
    _log_to(screen)
    try:
        if options.list_devices:
            for line in device_table():
                screen.say(line)
            return 0
        return asyncio.run(_until_interrupted(options, screen))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except VatelError as error:
        screen.log(f"error: {error}")
        return exit_code(error)
    except OSError as error:  # all other files raise a VatelError
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):  # raised when the reader exits, as in `| head`
            screen.log(f"error: cannot write the output: {error.strerror or error}")
        return BROKEN_OFF


def _log_to(screen: Screen) -> None:
    form = "%(name)s: %(message)s"
    logging.basicConfig(level=logging.ERROR, format=form, handlers=[ScreenLog(screen)])
    logging.getLogger("vatel.audio").setLevel(logging.WARNING)  # warnings that help the caller


async def _until_interrupted(options: Namespace, screen: Screen) -> int:
    making = asyncio.ensure_future(_make_call(options, screen))
    signals: list[int] = []

    def on_signal() -> None:
        if not signals:  # a second signal must not interrupt the clean end
            making.cancel()
        signals.append(1)

    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: asyncio.run cancels on Ctrl-C
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
    return await making


async def _make_call(options: Namespace, screen: Screen) -> int:
    device, said = await chosen_device(options)
    with EventFile(options.events) as events:
        tools = DemoTools(screen, events)
        async with _dialed(options, screen, device, tools) as call:
            for line in said:
                screen.say(line)
            live = Live(call, device, screen, meter=options.meter is not False)
            return await _converse(call, live, screen, events, options)


@contextlib.asynccontextmanager
async def _dialed(
    options: Namespace, screen: Screen, device: Device, tools: Tools
) -> AsyncIterator[Call]:
    key, url, agent = options.api_key, options.base_url, options.agent_id
    sides: Any = {"audio": device, "tools": tools, "record": options.record}
    async with contextlib.AsyncExitStack() as opened:
        if options.simulate:
            from vatel.simulator import Simulator

            how = "" if options.api_key else " (set VATEL_API_KEY to call a real agent)"
            screen.say(f"Calling the built-in simulator{how}.")
            simulator = await opened.enter_async_context(Simulator())
            key, url, agent = simulator.api_key, simulator.url, agent or simulator.agent_id
        else:
            screen.say(f"Calling an agent of {base_url(url)}.")
            if options.token:
                yield Call(lambda: connect(options.token, url), **sides)
                return
        if not agent:
            raise ConfigurationError(
                "no agent to call: give --agent-id or set VATEL_AGENT_ID "
                "(client.agents.list() returns the ids)"
            )
        client = Client(key, url, allow_http=options.allow_http)
        yield (await opened.enter_async_context(client)).call(agent, **sides)


async def _converse(
    call: Call, live: Live, screen: Screen, events: EventFile, options: Namespace
) -> int:
    code, began = 0, False
    try:
        async with record_messages(call, options.trace) if options.trace else call:
            began = True
            async with live.running():
                try:
                    async for message in call:
                        events.message(message)
                        screen.show(message)
                finally:
                    call.hang_up()  # also after Ctrl-C
    except asyncio.CancelledError:
        code = INTERRUPTED
        if not began:
            raise
    except (ConnectionClosed, AudioDeviceError):
        code = BROKEN_OFF
        if not began:
            raise
    end = await call.wait()
    events.event("call_end", asdict(end))
    events.event("call_report", call.report.to_dict())
    screen.summary(call.report, end, _kept(options))
    return code


def _kept(options: Namespace) -> list[str]:
    files = [
        (options.record, "caller left, agent right"),
        (options.output, "what the speaker played"),
        (options.events, "the messages"),
        (options.trace, "a trace for Simulator.replay"),
    ]
    return [f"{path}: {what}" for path, what in files if path]


class DemoTools(Tools):
    """Runs and shows tool calls. `order_status` is the only tool."""

    def __init__(self, screen: Screen, events: EventFile) -> None:
        super().__init__()
        self._screen = screen
        self._events = events
        self.tool(name="order_status")(_order_status)

    async def call(self, name: str, arguments: Any) -> str:
        """Run the tool; show its arguments and its output."""
        output = await super().call(name, arguments)
        self._screen.tool(name, arguments, output)
        self._events.event("tool_call_output", {"toolName": name, "output": output})
        return output


def _order_status(order_id: str) -> dict[str, str]:
    return {"order_id": order_id, **ORDER}
