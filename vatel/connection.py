"""The voice session, under its public name."""

from vatel_rt.config import connection_query
from vatel_rt.connection import Connection, connect

__all__ = ["Connection", "connect", "connection_query"]
