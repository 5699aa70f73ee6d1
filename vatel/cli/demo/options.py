"""The options of the demo, and its exit codes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from typing import Optional, Union, get_args

from vatel_rt import config
from vatel_rt.audio.echo import Mode
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
Call a voice agent and watch the call.

Without API key, URL or token, the demo calls the built-in simulator, and a clip from the package
speaks. A real agent hears your microphone, or the clip if this machine has no sound device.
--input plays a file instead. --microphone, or another option of the sound device, lets you speak
to a real agent or to the simulator.

At a terminal, `m` mutes the microphone and `q` hangs up."""

EXIT_CODES = """\
exit codes:
  0    the caller or the agent ended the call
  1    the call broke off: connection lost, or an error of the platform or the audio device
  2    bad input: an invalid option, setting, audio file, id or token, an unknown sound device,
       or a missing package
  3    refused: the API key or session token is wrong, expired, already used, or of another
       organization
  4    the agent does not exist
  5    the platform could not be reached
  130  Ctrl-C; the call was hung up"""

_CODES: dict[int, tuple[type[VatelError], ...]] = {
    2: (ConfigurationError, AudioError, SimulatorError, BadRequestError),
    3: (AuthenticationError, PermissionDeniedError),
    4: (NotFoundError,),
    5: (APIConnectionError,),
}


def exit_code(error: VatelError) -> int:
    """Return the exit code for `error`."""
    return next((code for code, kinds in _CODES.items() if isinstance(error, kinds)), BROKEN_OFF)


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Return the options of the command line and the environment; exit if they are invalid."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_devices:
        return options
    options.api_key = config.setting("VATEL_API_KEY", options.api_key)
    options.base_url = config.setting("VATEL_BASE_URL", options.base_url)
    options.token = config.setting("VATEL_SESSION_TOKEN", options.token)
    if not (options.api_key or options.token):
        meant = options.base_url or options.agent_id
        if meant and not options.simulate:
            parser.error(f"no API key for {meant}: give --api-key, or --simulate")
        options.simulate = True
    if not options.simulate:  # the simulator has one agent
        options.agent_id = config.setting("VATEL_AGENT_ID", options.agent_id)
    files = [options.input, options.output, options.record, options.events, options.trace]
    paths = [os.path.realpath(file) for file in files if file]
    if len(set(paths)) < len(paths):
        parser.error("--input, --output, --record, --events and --trace must be different files")
    options.microphone = _microphone(options, parser)
    return options


def _microphone(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Optional[bool]:
    """Return whether to use the sound device; None means: if there is one."""
    files = bool(options.input or options.output)
    device = (options.input_device, options.output_device, options.mode)
    if options.microphone or any(option is not None for option in device):
        if options.microphone is False:
            parser.error("--no-microphone cannot be combined with an option of the sound device")
        if files:
            parser.error(
                "--input and --output cannot be combined with an option of the sound device "
                "(--microphone, --input-device, --output-device, --mode)"
            )
        return True
    return False if files or options.simulate else options.microphone


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vatel_rt.demo",
        usage="%(prog)s [option ...] (--help lists them)",
        description=DESCRIPTION,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def add(name: str, metavar: str, text: str, default: Optional[str] = None) -> None:
        parser.add_argument(name, metavar=metavar, help=text, default=default, type=_not_empty)

    add("--api-key", "KEY", "API key of the organization (or VATEL_API_KEY)")
    add("--agent-id", "UUID", "agent to call (or VATEL_AGENT_ID)")
    add("--base-url", "URL", "platform to call (or VATEL_BASE_URL)")
    add("--token", "TOKEN", "session token, instead of API key and agent (or VATEL_SESSION_TOKEN)")
    add("--input", "FILE.wav", "play this file to the agent (any integer PCM), then silence")
    add("--output", "FILE.wav", "record what the speaker plays")
    record = "record both sides: caller left, agent right (default: call.wav)"
    add("--record", "FILE.wav", record, "call.wav")
    add("--events", "FILE.jsonl", "write the messages of the call, one per line")
    add("--trace", "FILE.jsonl", "write all messages, with audio, for Simulator.replay")
    _add_sound(parser)
    parser.add_argument(
        "--simulate",
        action="store_true",
        help="call the built-in simulator, even with an API key",
    )
    parser.add_argument(
        "--allow-http", action="store_true", help="send the API key unencrypted to other machines"
    )
    parser.add_argument("--version", action="version", version=f"vatel {__version__}")
    return parser


def _add_sound(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--microphone",
        action=argparse.BooleanOptionalAction,
        help="speak through the sound device, or let a clip speak",
    )
    for name, what in (("--input-device", "microphone"), ("--output-device", "speaker")):
        text = f"{what}: index or part of the name (see --list-devices)"
        parser.add_argument(name, metavar="DEVICE", type=_device, help=text)
    parser.add_argument(
        "--mode",
        choices=get_args(Mode),
        help="full: the agent always hears the microphone (default); half: not while it speaks; "
        "aec: its voice is removed from the microphone",
    )
    parser.add_argument(
        "--list-devices", action="store_true", help="list the sound devices, and exit"
    )
    parser.add_argument(
        "--meter",
        action=argparse.BooleanOptionalAction,
        help="show the loudness of both sides, at a terminal",
    )


def _device(text: str) -> Union[int, str]:
    return int(text) if text.isascii() and text.isdecimal() else _not_empty(text)


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text
