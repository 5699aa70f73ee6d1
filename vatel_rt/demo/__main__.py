"""`python -m vatel_rt.demo`: make a call, show it, sum it up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
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
from vatel_rt.demo.options import exit_code, parse
from vatel_rt.demo.view import EventFile, Screen
from vatel_rt.errors import ConfigurationError, ConnectionClosed, VatelError
from vatel_rt.simulator import Simulator
from vatel_rt.simulator.caller import caller_clip
from vatel_rt.tools import Tools

INTERRUPTED = 130
ORDER = {"status": "shipped", "arrives": "tomorrow, 10 to 12"}


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the demo; returns the exit code."""
    options = parse(arguments)
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    try:
        return asyncio.run(_run(options))
    except KeyboardInterrupt:
        return INTERRUPTED
    except VatelError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return exit_code(error)


async def _run(options: Namespace) -> int:
    screen = Screen()
    device = WavDevice(options.input or caller_clip(), options.output)
    if not options.input:
        screen.say("No sound device is used: a clip that comes with the package speaks.")
    with EventFile(options.events) as events:
        async with _client(options, screen) as (client, agent_id):
            tools = DemoTools(screen, events)
            call = client.call(
                agent_id, token=options.token, audio=device, tools=tools, record=options.record
            )
            return await _converse(call, screen, events, options)


@contextlib.asynccontextmanager
async def _client(
    options: Namespace, screen: Screen
) -> AsyncIterator[tuple[Client, Optional[str]]]:
    if options.simulate:
        screen.say("Calling the built-in simulator (set VATEL_API_KEY to call a real agent).")
        async with Simulator() as simulator:
            async with Client(simulator.api_key, simulator.url) as client:
                yield client, options.agent_id or simulator.agent_id
        return
    if not options.agent_id and not options.token:
        raise ConfigurationError("no agent to call: give --agent-id or set VATEL_AGENT_ID")
    screen.say(f"Calling an agent of {base_url(options.base_url)}.")
    # With a token alone no REST request is made, but a client wants a key.
    async with Client(options.api_key or "not-used", options.base_url) as client:
        yield client, options.agent_id


async def _converse(call: Call, screen: Screen, events: EventFile, options: Namespace) -> int:
    code = 0
    async with call:
        interrupted = _hang_up_on_interrupt(call)
        try:
            async for message in call:
                events.message(message)
                screen.show(message)
        except ConnectionClosed:
            code = 1
    if interrupted.is_set():
        code = INTERRUPTED
    end = await call.wait()
    events.event("call_end", asdict(end))
    events.event("call_report", call.report.to_dict())
    screen.summary(call.report, end, _kept(options))
    return code


def _hang_up_on_interrupt(call: Call) -> asyncio.Event:
    """Let Ctrl-C hang up; where the system has no such handlers, Ctrl-C cancels."""
    loop = asyncio.get_running_loop()
    interrupted = asyncio.Event()

    def on_signal() -> None:
        interrupted.set()
        call.hang_up()

    with contextlib.suppress(NotImplementedError):
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, on_signal)
    return interrupted


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


if __name__ == "__main__":
    sys.exit(main())
