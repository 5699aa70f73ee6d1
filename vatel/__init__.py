"""Python SDK of Vatel, the platform for voice agents.

The import name, re-exports only: `Client`, what a live call needs, and every model of
`vatel.models`. What is behind a name is loaded when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vatel_rt.lazy import exports

if TYPE_CHECKING:
    from vatel import connection as connection
    from vatel import models as models
    from vatel.models import *  # noqa: F403
    from vatel_rt.call.tools import Tools as Tools
    from vatel_rt.client import Client as Client
    from vatel_rt.config import connection_query as connection_query
    from vatel_rt.realtime.connection import Connection as Connection
    from vatel_rt.realtime.connection import connect as connect
    from vatel_rt.realtime.options import ConnectionOptions as ConnectionOptions
    from vatel_rt.version import __version__ as __version__

__getattr__, __dir__ = exports(
    __name__,
    {
        "__version__": "vatel_rt.version",
        "Client": "vatel_rt.client",
        "Connection": "vatel_rt.realtime.connection",
        "ConnectionOptions": "vatel_rt.realtime.options",
        "Tools": "vatel_rt.call.tools",
        "connect": "vatel_rt.realtime.connection",
        "connection": "vatel.connection",
        "connection_query": "vatel_rt.config",
        "models": "vatel.models",
    },
    "vatel.models",
)
