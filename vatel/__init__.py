"""Python SDK of Vatel, the platform for voice agents.

Everything a program needs is imported from here: `Client`, the audio devices, `Tools`, the
errors, and the models and messages of `vatel.models`. The simulator is `vatel.simulator`.
A name is loaded when it is first used.

Two classes are about calls. `Call` is a call in the platform's history, as `client.calls` returns
it. `LiveCall` is the call that runs while `async with client.call(...)` is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel import connection as connection
    from vatel import models as models
    from vatel.models import *  # noqa: F403
    from vatel_rt.audio.clocked_device import SilentDevice as SilentDevice
    from vatel_rt.audio.device import AudioDevice as AudioDevice
    from vatel_rt.audio.device import BaseDevice as BaseDevice
    from vatel_rt.audio.portaudio.device import PyAudioDevice as PyAudioDevice
    from vatel_rt.audio.portaudio.library import list_devices as list_devices
    from vatel_rt.audio.queue_device import QueueDevice as QueueDevice
    from vatel_rt.audio.wav_device import WavDevice as WavDevice
    from vatel_rt.call.call import LiveCall as LiveCall
    from vatel_rt.call.end import CallEnd as CallEnd
    from vatel_rt.call.report import CallReport as CallReport
    from vatel_rt.call.tools import Tools as Tools
    from vatel_rt.call.transcript import TranscriptRow as TranscriptRow
    from vatel_rt.client import Client as Client
    from vatel_rt.config import connection_query as connection_query
    from vatel_rt.errors import APIConnectionError as APIConnectionError
    from vatel_rt.errors import APIError as APIError
    from vatel_rt.errors import APITimeoutError as APITimeoutError
    from vatel_rt.errors import AudioDeviceError as AudioDeviceError
    from vatel_rt.errors import AudioError as AudioError
    from vatel_rt.errors import AudioFormatError as AudioFormatError
    from vatel_rt.errors import AuthenticationError as AuthenticationError
    from vatel_rt.errors import BadRequestError as BadRequestError
    from vatel_rt.errors import ClientClosedError as ClientClosedError
    from vatel_rt.errors import ConfigurationError as ConfigurationError
    from vatel_rt.errors import ConflictError as ConflictError
    from vatel_rt.errors import ConnectionClosed as ConnectionClosed
    from vatel_rt.errors import NotFoundError as NotFoundError
    from vatel_rt.errors import PermissionDeniedError as PermissionDeniedError
    from vatel_rt.errors import RateLimitError as RateLimitError
    from vatel_rt.errors import ResponseParseError as ResponseParseError
    from vatel_rt.errors import ServerError as ServerError
    from vatel_rt.errors import SimulatorError as SimulatorError
    from vatel_rt.errors import VatelError as VatelError
    from vatel_rt.realtime.connection import Connection as Connection
    from vatel_rt.realtime.connection import connect as connect
    from vatel_rt.realtime.options import ConnectionOptions as ConnectionOptions
    from vatel_rt.realtime.trace import record_messages as record_messages
    from vatel_rt.version import __version__ as __version__

_NAMES = {
    "vatel.connection": "connection",
    "vatel.models": "models",
    "vatel_rt.audio.clocked_device": "SilentDevice",
    "vatel_rt.audio.device": "AudioDevice BaseDevice",
    "vatel_rt.audio.portaudio.device": "PyAudioDevice",
    "vatel_rt.audio.portaudio.library": "list_devices",
    "vatel_rt.audio.queue_device": "QueueDevice",
    "vatel_rt.audio.wav_device": "WavDevice",
    "vatel_rt.call.call": "LiveCall",
    "vatel_rt.call.end": "CallEnd",
    "vatel_rt.call.report": "CallReport",
    "vatel_rt.call.tools": "Tools",
    "vatel_rt.call.transcript": "TranscriptRow",
    "vatel_rt.client": "Client",
    "vatel_rt.config": "connection_query",
    "vatel_rt.errors": "APIConnectionError APIError APITimeoutError AudioDeviceError AudioError "
    "AudioFormatError AuthenticationError BadRequestError ClientClosedError ConfigurationError "
    "ConflictError ConnectionClosed NotFoundError PermissionDeniedError RateLimitError "
    "ResponseParseError ServerError SimulatorError VatelError",
    "vatel_rt.realtime.connection": "Connection connect",
    "vatel_rt.realtime.options": "ConnectionOptions",
    "vatel_rt.realtime.trace": "record_messages",
    "vatel_rt.version": "__version__",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}

__getattr__, __dir__ = exports(__name__, _HOMES, "vatel.models")
