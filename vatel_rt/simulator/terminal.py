"""The simulator at a terminal: options, and a server until a signal comes."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Optional

from vatel_rt.errors import SimulatorError
from vatel_rt.version import __version__

if TYPE_CHECKING:
    from vatel_rt.simulator import Simulator

ENDED, NO_START, BAD_INPUT = 0, 1, 2
LAST_PORT = 65_535
EXIT_CODES = """\
exit codes:
  0  ended by SIGINT or SIGTERM
  1  cannot start: the address is in use, or is none of this machine
  2  bad input: an argument, the scenario file, or a missing package
"""
_TRY_IT = """\
API key {key}, agent {agent}; to talk to it:
  VATEL_BASE_URL={url} VATEL_API_KEY={key} VATEL_AGENT_ID={agent} python -m vatel_rt.demo"""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the simulator until a signal ends it; gives the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        simulator = _simulator(options)
    except SimulatorError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    try:
        asyncio.run(_serve(simulator))
    except SimulatorError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return NO_START
    return ENDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vatel_rt.simulator",
        description="The Vatel platform on this machine, with a scripted agent. It recognises "
        "no speech: what it says and 'hears' comes from the scenario.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8484, help="port to listen on, 0 for a free one (%(default)s)"
    )
    parser.add_argument("--scenario", metavar="FILE", help="scenario file (a packaged one)")
    parser.add_argument(
        "--api-key",
        type=_api_key,
        default="simulator-key",
        help="API key of its organization (%(default)s)",
    )
    parser.add_argument("--version", action="version", version=f"vatel {__version__}")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and text.isascii() and int(text) <= LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {LAST_PORT}")


def _api_key(text: str) -> str:
    if text.isascii() and text.isprintable() and text.strip() == text != "":
        return text
    raise argparse.ArgumentTypeError("a key is printable ASCII without spaces at its ends")


def _simulator(options: argparse.Namespace) -> Simulator:
    from vatel_rt.simulator import Scenario, Simulator

    scenario = Scenario.load(options.scenario) if options.scenario else None
    return Simulator(scenario, host=options.host, port=options.port, api_key=options.api_key)


async def _serve(simulator: Simulator) -> None:
    over = asyncio.Event()
    with _ended_by_signals(over):
        async with simulator:
            print(f"listening on {simulator.url}", flush=True)  # noqa: T201
            facts = {"url": simulator.url, "key": simulator.api_key, "agent": simulator.agent_id}
            print(_TRY_IT.format(**facts), flush=True)  # noqa: T201
            await over.wait()


@contextmanager
def _ended_by_signals(over: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(over.set))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
