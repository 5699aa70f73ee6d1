"""The runtime of the SDK. Each name is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel_rt.audio.clocked_device import SilentDevice as SilentDevice
    from vatel_rt.audio.portaudio.device import PyAudioDevice as PyAudioDevice
    from vatel_rt.audio.portaudio.library import list_devices as list_devices
    from vatel_rt.audio.queue_device import QueueDevice as QueueDevice
    from vatel_rt.audio.wav_device import WavDevice as WavDevice
    from vatel_rt.call.call import Call as Call
    from vatel_rt.call.end import CallEnd as CallEnd
    from vatel_rt.call.report import CallReport as CallReport
    from vatel_rt.call.tools import Tools as Tools
    from vatel_rt.client import Client as Client
    from vatel_rt.realtime.connection import connect as connect
    from vatel_rt.realtime.options import ConnectionOptions as ConnectionOptions
    from vatel_rt.version import __version__ as __version__

__getattr__, __dir__ = exports(
    __name__,
    {
        "__version__": "vatel_rt.version",
        "Call": "vatel_rt.call.call",
        "CallEnd": "vatel_rt.call.end",
        "CallReport": "vatel_rt.call.report",
        "Client": "vatel_rt.client",
        "ConnectionOptions": "vatel_rt.realtime.options",
        "PyAudioDevice": "vatel_rt.audio.portaudio.device",
        "QueueDevice": "vatel_rt.audio.queue_device",
        "SilentDevice": "vatel_rt.audio.clocked_device",
        "Tools": "vatel_rt.call.tools",
        "WavDevice": "vatel_rt.audio.wav_device",
        "connect": "vatel_rt.realtime.connection",
        "list_devices": "vatel_rt.audio.portaudio.library",
    },
)
