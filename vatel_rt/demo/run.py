"""Make a call, show it, sum it up."""

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

from vatel_rt.audio.wav import WavDevice
from vatel_rt.call import Call
from vatel_rt.client import Client
from vatel_rt.config import base_url
from vatel_rt.connection import connect
from vatel_rt.demo import INTERRUPTED
from vatel_rt.demo.options import BROKEN_OFF, exit_code, parse
from vatel_rt.demo.view import EventFile, Screen
from vatel_rt.errors import AudioDeviceError, ConfigurationError, ConnectionClosed, VatelError
from vatel_rt.tools import Tools

ORDER = {"status": "shipped", "arrives": "tomorrow, 10 to 12"}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the demo; gives the exit code."""
    options = parse(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    try:
        return asyncio.run(_until_interrupted(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return INTERRUPTED
    except VatelError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return exit_code(error)
    except BrokenPipeError:  # who reads our output has gone: `| head`, for example
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_OFF


async def _until_interrupted(options: Namespace) -> int:
    making = asyncio.ensure_future(_make_call(options))
    signals: list[int] = []

    def on_signal() -> None:
        if not signals:  # a second one must not disturb the clean end that the first began
            making.cancel()
        signals.append(1)

    loop = asyncio.get_running_loop()
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C cancels by itself
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
    return await making


async def _make_call(options: Namespace) -> int:
    screen = Screen()
    device = WavDevice(options.input or _packaged_clip(), options.output)
    with EventFile(options.events) as events:
        tools = DemoTools(screen, events)
        async with _dialed(options, screen, device, tools) as call:
            if not options.input:
                screen.say("No sound device is used: a clip that comes with the package speaks.")
            return await _converse(call, screen, events, options)


@contextlib.asynccontextmanager
async def _dialed(
    options: Namespace, screen: Screen, device: WavDevice, tools: Tools
) -> AsyncIterator[Call]:
    if options.simulate:
        from vatel_rt.simulator import Simulator

        screen.say("Calling the built-in simulator (set VATEL_API_KEY to call a real agent).")
        async with Simulator() as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                agent = options.agent_id or simulator.agent_id
                yield client.call(agent, audio=device, tools=tools, record=options.record)
        return
    screen.say(f"Calling an agent of {base_url(options.base_url)}.")
    if options.token:
        yield Call(
            lambda: connect(options.token, options.base_url),
            audio=device,
            tools=tools,
            record=options.record,
        )
        return
    if not options.agent_id:
        raise ConfigurationError("no agent to call: give --agent-id or set VATEL_AGENT_ID")
    key, url = options.api_key, options.base_url
    async with Client(key, url, allow_http=options.allow_http) as client:
        yield client.call(options.agent_id, audio=device, tools=tools, record=options.record)


async def _converse(call: Call, screen: Screen, events: EventFile, options: Namespace) -> int:
    code = 0
    try:
        async with call:
            async for message in call:
                events.message(message)
                screen.show(message)
    except asyncio.CancelledError:
        code = INTERRUPTED
        if call.end is None:
            raise
    except (ConnectionClosed, AudioDeviceError):
        code = BROKEN_OFF
        if call.end is None:
            raise
    end = await call.wait()
    events.event("call_end", asdict(end))
    events.event("call_report", asdict(call.report))
    screen.summary(call.report, end, _kept(options))
    return code


def _packaged_clip() -> bytes:
    from vatel_rt.simulator import caller_clip

    return caller_clip()


def _kept(options: Namespace) -> list[str]:
    files = [
        (options.record, "caller left, agent right"),
        (options.output, "what the speaker played"),
        (options.events, "the messages"),
    ]
    return [f"{path}: {what}" for path, what in files if path]


class DemoTools(Tools):
    """Answers every tool call, and shows it: orders are known, other tools are not."""

    def __init__(self, screen: Screen, events: EventFile) -> None:
        super().__init__()
        self._screen = screen
        self._events = events
        self.tool(name="order_status")(_order_status)

    async def call(self, name: str, arguments: Any) -> str:
        """Run the tool, and show what it was given and what it gave."""
        output = await super().call(name, arguments)
        self._screen.tool(name, arguments, output)
        self._events.event("tool_call_output", {"toolName": name, "output": output})
        return output


def _order_status(order_id: str) -> dict[str, str]:
    return {"order_id": order_id, **ORDER}
