"""Traces of calls; the home of `record_messages` is `vatel_rt.call.tracing`."""

from vatel_rt.call.tracing import record_messages

__all__ = ["record_messages"]
