"""The options of the demo, and what its exit codes mean."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Optional

from vatel_rt import config
from vatel_rt.errors import (
    APIConnectionError,
    AudioError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    SimulatorError,
    VatelError,
)
from vatel_rt.version import __version__

BROKEN_OFF = 1

DESCRIPTION = """\
Call a voice agent and watch the call. With neither API key nor URL nor token the call goes to
the simulator that comes with the package; without --input, a caller's clip that comes with it
speaks."""

EXIT_CODES = """\
exit codes:
  0    the call took place, and one of the two sides ended it
  1    the call broke off: connection lost, an error of the platform or of the audio device
  2    bad input: an option, a setting, an audio file, an id or token that is none
  3    refused: API key or session token wrong, expired, already used, or of another organization
  4    there is no such agent
  5    the platform could not be reached
  130  Ctrl-C; the call was hung up"""

_CODES: list[tuple[type[VatelError], int]] = [
    (ConfigurationError, 2),
    (AudioError, 2),
    (SimulatorError, 2),
    (BadRequestError, 2),
    (AuthenticationError, 3),
    (PermissionDeniedError, 3),
    (NotFoundError, 4),
    (APIConnectionError, 5),
]


def exit_code(error: VatelError) -> int:
    """The exit code that stands for `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), BROKEN_OFF)


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Options from the command line, completed from the environment; exits where they are wrong."""
    parser = _parser()
    options = parser.parse_args(arguments)
    options.api_key = config.setting("VATEL_API_KEY", options.api_key)
    options.agent_id = config.setting("VATEL_AGENT_ID", options.agent_id)
    options.base_url = config.setting("VATEL_BASE_URL", options.base_url)
    options.token = config.setting("VATEL_SESSION_TOKEN", options.token)
    if not (options.api_key or options.token):
        if options.base_url and not options.simulate:
            parser.error(f"no API key for {options.base_url}: give --api-key, or --simulate")
        options.simulate = True
    files = [options.input, options.output, options.record, options.events]
    paths = [os.path.realpath(file) for file in files if file]
    if len(set(paths)) < len(paths):
        parser.error("--input, --output, --record and --events are different files")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vatel_rt.demo",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(name: str, metavar: str, text: str, default: Optional[str] = None) -> None:
        parser.add_argument(name, metavar=metavar, help=text, default=default, type=_not_empty)

    add("--api-key", "KEY", "organization API key (or VATEL_API_KEY)")
    add("--agent-id", "UUID", "the agent to call (or VATEL_AGENT_ID)")
    add("--base-url", "URL", "platform to call (or VATEL_BASE_URL)")
    add("--token", "TOKEN", "session token, instead of key and agent (or VATEL_SESSION_TOKEN)")
    add("--input", "FILE.wav", "what the caller says: mono, 16-bit, 24000 Hz; then silence")
    add("--output", "FILE.wav", "keep what the speaker plays")
    record = "keep both sides: caller left, agent right (default: call.wav)"
    add("--record", "FILE.wav", record, "call.wav")
    add("--events", "FILE.jsonl", "keep the messages of the call, one a line")
    parser.add_argument(
        "--simulate", action="store_true", help="call the built-in simulator, whatever else is set"
    )
    parser.add_argument(
        "--allow-http", action="store_true", help="send the API key unencrypted to other machines"
    )
    parser.add_argument("--version", action="version", version=f"vatel {__version__}")
    return parser


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text
