"""The command `python -m vatel.simulator`: its options, and serving until a signal."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import os
import signal
import sys
import textwrap
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Optional

from vatel.simulator.scenario.faults import Faults
from vatel_rt.errors import ConfigurationError, SimulatorError
from vatel_rt.version import __version__

if TYPE_CHECKING:
    from vatel.simulator.server.server import Simulator
    from vatel.simulator.voice.replay import Speed

ENDED, NOT_STARTED, BAD_INPUT = 0, 1, 2
LAST_PORT = 65_535
EXIT_CODES = """\
exit codes:
  0  ended by SIGINT or SIGTERM
  1  not started: the address is in use or not on this machine, or the output cannot be written
  2  bad input: an argument, the scenario file, or a missing package
"""
FAULTS = f"""\
faults (documented in vatel.simulator.Faults):
{textwrap.fill(", ".join(Faults.__struct_fields__), initial_indent="  ", subsequent_indent="  ")}
"""
_TRY_IT = """\
API key {key}, agent {agent}; to talk to it:
  VATEL_BASE_URL={url} VATEL_API_KEY={key} VATEL_AGENT_ID={agent} python -m vatel_rt.demo"""


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the simulator until a signal ends it, and return the exit code."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    failure = BAD_INPUT
    try:
        simulator = _simulator(options)
        failure = NOT_STARTED
        asyncio.run(_serve(simulator, options.record))
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return BAD_INPUT
    except SimulatorError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return failure
    except OSError as error:  # from writing the output; all others are translated
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            print(f"cannot write the output: {error.strerror or error}", file=sys.stderr)  # noqa: T201
        return NOT_STARTED
    return ENDED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vatel.simulator",
        usage="%(prog)s [option ...] (--help lists them)",
        description="Run the Vatel platform on this machine, with a scripted agent. It does not "
        "recognize speech: what the agent hears and says is defined by the scenario.",
        epilog=f"{FAULTS}\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=_port, default=8484, help="port to listen on; 0: a free one (%(default)s)")
    add("--scenario", metavar="FILE", help="scenario file (default: the packaged scenario)")
    text = "API key of the organization (%(default)s)"
    add("--api-key", type=_api_key, default="simulator-key", help=text)
    text = "have no SIP credentials: refuse requests for trunks with 503"
    add("--no-sip", action="store_false", dest="has_sip", help=text)
    text = "address of a media server, returned with tokens for WebRTC"
    add("--media-url", metavar="URL", default="", help=text)
    text = "how long a session token is valid (%(default)s)"
    add("--token-ttl", type=_seconds, default=60, metavar="SECONDS", help=text)
    text = "set a fault, such as drop_after_seconds=5 (repeatable; listed below)"
    add("--fault", type=_fault, action="append", default=[], metavar="NAME=VALUE", help=text)
    text = "repeat the calls of a trace instead of following the scenario"
    add("--replay", metavar="FILE", help=text)
    text = "pace of --replay: 2 is twice as fast; max: without waiting (1)"
    add("--speed", type=_speed, metavar="N", help=text)
    add("--record", metavar="FILE", help="write a trace of the calls, for --replay")
    text = (
        "a name under which the simulator may be addressed, besides localhost (repeatable; *: any)"
    )
    add(
        "--allowed-host",
        action="append",
        default=[],
        dest="allowed_hosts",
        metavar="NAME",
        help=text,
    )
    add("--version", action="version", version=f"vatel {__version__}")
    return parser


def _port(text: str) -> int:
    if text.isdecimal() and text.isascii() and int(text) <= LAST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {LAST_PORT}")


def _seconds(text: str) -> float:
    with suppress(ValueError):
        if 0 < float(text) < math.inf:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a number greater than 0")


def _speed(text: str) -> Speed:
    return "max" if text == "max" else _seconds(text)


def _fault(text: str) -> dict[str, Any]:
    try:
        return Faults.parse(text)
    except SimulatorError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _api_key(text: str) -> str:
    if text.isascii() and text.isprintable() and text.strip() == text != "":
        return text
    raise argparse.ArgumentTypeError("must be printable ASCII, without spaces at either end")


def _simulator(options: argparse.Namespace) -> Simulator:
    try:
        from vatel.simulator.server.server import Simulator
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        missing = f"the simulator needs {package}: pip install 'vatel[simulator]'"
        raise SimulatorError(missing) from error

    given = dict(vars(options))  # the options have the names of Simulator's arguments
    faults, _ = given.pop("fault"), given.pop("record")
    trace, speed = given.pop("replay"), given.pop("speed")
    if speed and not trace:
        raise SimulatorError("--speed requires --replay")
    simulator = Simulator.replay(trace, speed or 1, **given) if trace else Simulator(**given)
    for fault in faults:
        simulator.faults.set(**fault)
    simulator.faults.check()
    return simulator


async def _serve(simulator: Simulator, record: Optional[str]) -> None:
    ended = asyncio.Event()
    with _set_on_signals(ended):
        async with simulator:
            if record:
                simulator.record(record)
            print(f"listening on {simulator.url}", flush=True)  # noqa: T201
            facts = {"url": simulator.url, "key": simulator.api_key, "agent": simulator.agent_id}
            print(_TRY_IT.format(**facts), flush=True)  # noqa: T201
            await ended.wait()


@contextmanager
def _set_on_signals(ended: asyncio.Event) -> Generator[None, None, None]:
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(ended.set)

    handlers = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
