"""The import path of `record_messages` in version 0.1.0."""

from vatel_rt.realtime.trace import record_messages

__all__ = ["record_messages"]
