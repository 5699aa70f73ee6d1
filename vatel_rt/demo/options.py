"""The options of the demo, and what its exit codes mean."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Optional

from vatel_rt import config
from vatel_rt.errors import (
    APIConnectionError,
    AudioError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    SimulatorError,
    VatelError,
)
from vatel_rt.version import __version__

DESCRIPTION = """\
Call a voice agent and watch the call. Without an API key the call goes to the simulator that
comes with the package; without --input, a caller's clip that comes with it speaks."""

EXIT_CODES = """\
exit codes:
  0    the call took place, and one of the two sides ended it
  1    the call broke off: connection lost, or an error of the platform
  2    bad input: an option, a setting, an audio file
  3    refused: API key or session token wrong, expired, already used, or of another organization
  4    there is no such agent
  5    the platform could not be reached
  130  Ctrl-C; the call was hung up"""

_CODES: list[tuple[type[VatelError], int]] = [
    (ConfigurationError, 2),
    (AudioError, 2),
    (SimulatorError, 2),
    (AuthenticationError, 3),
    (PermissionDeniedError, 3),
    (NotFoundError, 4),
    (APIConnectionError, 5),
]


def exit_code(error: VatelError) -> int:
    """The exit code that stands for `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), 1)


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Options from the command line, completed from the environment."""
    options = _parser().parse_args(arguments)
    options.api_key = config.setting("VATEL_API_KEY", options.api_key)
    options.agent_id = config.setting("VATEL_AGENT_ID", options.agent_id)
    options.token = config.setting("VATEL_SESSION_TOKEN", options.token)
    if not options.api_key and not options.token:
        options.simulate = True
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vatel_rt.demo",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--api-key", metavar="KEY", help="organization API key (or VATEL_API_KEY)")
    add("--agent-id", metavar="UUID", help="the agent to call (or VATEL_AGENT_ID)")
    add("--base-url", metavar="URL", help="platform to call (or VATEL_BASE_URL)")
    add(
        "--token",
        help="session token, instead of API key and agent (or VATEL_SESSION_TOKEN)",
    )
    add("--simulate", action="store_true", help="call the built-in simulator, even with a key")
    add(
        "--input",
        metavar="FILE.wav",
        help="what the caller says: WAV, mono, 16-bit, 24000 Hz; then silence",
    )
    add("--output", metavar="FILE.wav", help="keep what the speaker plays")
    add(
        "--record",
        metavar="FILE.wav",
        default="call.wav",
        help="keep both sides: caller left, agent right (default: call.wav)",
    )
    add("--events", metavar="FILE.jsonl", help="keep the messages of the call, one a line")
    add("--version", action="version", version=f"vatel {__version__}")
    return parser
