"""The hand-written half of the SDK: voice sessions, calls, audio, tools, simulator.

`vatel_rt.connect` opens a voice session; `vatel_rt.client.Client` is the whole. What is
behind a name is loaded when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vatel_rt.version import __version__ as __version__

if TYPE_CHECKING:
    from vatel_rt.audio.device import SilentDevice as SilentDevice
    from vatel_rt.audio.wav import WavDevice as WavDevice
    from vatel_rt.call import Call as Call
    from vatel_rt.client import Client as Client
    from vatel_rt.connection import connect as connect
    from vatel_rt.tools import Tools as Tools

_HOMES = {
    "Call": "vatel_rt.call",
    "Client": "vatel_rt.client",
    "SilentDevice": "vatel_rt.audio.device",
    "Tools": "vatel_rt.tools",
    "WavDevice": "vatel_rt.audio.wav",
    "connect": "vatel_rt.connection",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
