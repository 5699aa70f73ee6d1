"""Public names of the voice session."""

from vatel_rt.config import connection_query
from vatel_rt.realtime.connection import Connection, connect
from vatel_rt.realtime.options import ConnectionOptions

__all__ = ["Connection", "ConnectionOptions", "connect", "connection_query"]
