"""The options of the demo, and what its exit codes mean."""

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
Call a voice agent and watch the call. With neither API key nor URL nor token the call goes to
the simulator that comes with the package, and a caller's clip that comes with it speaks. A real
agent hears your microphone, if there is a sound device, and the clip if there is none. --input
makes a file speak, --microphone (or an option of the sound device) you, whoever is called.

At a terminal `m` mutes the microphone, and `q` hangs up."""

EXIT_CODES = """\
exit codes:
  0    the call took place, and one of the two sides ended it
  1    the call broke off: connection lost, an error of the platform or of the audio device
  2    bad input: an option, a setting, an audio file, an id or token that is none; or no such
       sound device, or what it needs is not installed
  3    refused: API key or session token wrong, expired, already used, or of another organization
  4    there is no such agent
  5    the platform could not be reached
  130  Ctrl-C; the call was hung up"""

_CODES: dict[int, tuple[type[VatelError], ...]] = {
    2: (ConfigurationError, AudioError, SimulatorError, BadRequestError),
    3: (AuthenticationError, PermissionDeniedError),
    4: (NotFoundError,),
    5: (APIConnectionError,),
}


def exit_code(error: VatelError) -> int:
    """The exit code that stands for `error`."""
    return next((code for code, kinds in _CODES.items() if isinstance(error, kinds)), BROKEN_OFF)


def parse(arguments: Optional[Sequence[str]] = None) -> argparse.Namespace:
    """Options from the command line, completed from the environment; exits where they are wrong."""
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
    if not options.simulate:  # which has an agent of its own
        options.agent_id = config.setting("VATEL_AGENT_ID", options.agent_id)
    files = [options.input, options.output, options.record, options.events, options.trace]
    paths = [os.path.realpath(file) for file in files if file]
    if len(set(paths)) < len(paths):
        parser.error("--input, --output, --record, --events and --trace are different files")
    options.microphone = _microphone(options, parser)
    return options


def _microphone(options: argparse.Namespace, parser: argparse.ArgumentParser) -> Optional[bool]:
    """Whether the caller has the sound device of this machine; None: if there is one."""
    files = bool(options.input or options.output)
    device = (options.input_device, options.output_device, options.mode)
    if options.microphone or any(option is not None for option in device):
        if options.microphone is False:
            parser.error("--no-microphone goes with no option of the sound device")
        if files:
            parser.error(
                "--input and --output go with no option of the sound device "
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

    add("--api-key", "KEY", "organization API key (or VATEL_API_KEY)")
    add("--agent-id", "UUID", "the agent to call (or VATEL_AGENT_ID)")
    add("--base-url", "URL", "platform to call (or VATEL_BASE_URL)")
    add("--token", "TOKEN", "session token, instead of key and agent (or VATEL_SESSION_TOKEN)")
    add("--input", "FILE.wav", "what the caller says, in any integer PCM; then silence")
    add("--output", "FILE.wav", "keep what the speaker plays")
    record = "keep both sides: caller left, agent right (default: call.wav)"
    add("--record", "FILE.wav", record, "call.wav")
    add("--events", "FILE.jsonl", "keep the messages of the call, one a line")
    add("--trace", "FILE.jsonl", "keep all messages, with audio, for Simulator.replay")
    _add_sound(parser)
    parser.add_argument(
        "--simulate", action="store_true", help="call the built-in simulator, whatever else is set"
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
        help="whether you speak, through the sound device, or a clip",
    )
    for name, what in (("--input-device", "microphone"), ("--output-device", "speaker")):
        text = f"the {what}: its index or a part of its name (see --list-devices)"
        parser.add_argument(name, metavar="DEVICE", type=_device, help=text)
    parser.add_argument(
        "--mode",
        choices=get_args(Mode),
        help="full: the agent listens always (default); half: not while it speaks; "
        "aec: its voice is taken out of the microphone",
    )
    parser.add_argument(
        "--list-devices", action="store_true", help="list the sound devices, and do nothing else"
    )
    parser.add_argument(
        "--meter",
        action=argparse.BooleanOptionalAction,
        help="whether a terminal shows how loud both sides are",
    )


def _device(text: str) -> Union[int, str]:
    return int(text) if text.isascii() and text.isdecimal() else _not_empty(text)


def _not_empty(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text
