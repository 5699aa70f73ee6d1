"""Python SDK of Vatel, the platform for voice agents.

The import name, re-exports only: `Client`, what a live call needs, and every model of
`vatel.models`. What is behind a name is loaded when the name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from vatel_rt.version import __version__ as __version__

if TYPE_CHECKING:
    from vatel.models import *  # noqa: F403
    from vatel_rt.client import Client as Client
    from vatel_rt.config import connection_query as connection_query
    from vatel_rt.connection import Connection as Connection
    from vatel_rt.connection import connect as connect
    from vatel_rt.tools import Tools as Tools

_HOMES = {
    "Client": "vatel_rt.client",
    "Connection": "vatel_rt.connection",
    "Tools": "vatel_rt.tools",
    "connect": "vatel_rt.connection",
    "connection_query": "vatel_rt.config",
}


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "vatel.models")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*_HOMES, *import_module("vatel.models").__all__, "__version__"})
