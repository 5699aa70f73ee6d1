"""Traces of real calls: what passes between an application and the platform, in a file.

`Simulator.replay` plays them. The format is described in `vatel_rt.realtime.trace`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar
from uuid import uuid4

from vatel_rt.call.call import Call
from vatel_rt.realtime.connection import Connection
from vatel_rt.realtime.trace import Path, TraceWriter

S = TypeVar("S")


@asynccontextmanager
async def record_messages(session: AbstractAsyncContextManager[S], path: Path) -> AsyncIterator[S]:
    """Enter a call or a voice session, and write a trace of it::

        async with record_messages(client.call(agent_id), "call.trace.jsonl") as call:
            ...
        async with record_messages(client.connect(token), "call.trace.jsonl") as connection:
            ...

    The session does not end because its trace cannot be written. Values of fields that hold a
    token or a password are not in the trace; what is said and what tools give, is.

    Args:
        session: `client.call(...)` or `client.connect(...)`, not yet entered.
        path: the file; one that is there is replaced.

    Raises:
        ConfigurationError: the file cannot be written; if that happens on the way, it is raised
            at the end, unless something else is.
    """
    with TraceWriter(path) as trace:

        def tapped(connection: Connection) -> Connection:
            connection.taps.append(trace.call(str(uuid4())))
            return connection

        async def connect() -> Connection:
            return tapped(await dial())

        call: Any = session
        if isinstance(call, Call):
            dial, call._connect = call._connect, connect
        async with session as entered:
            if isinstance(entered, Connection):
                tapped(entered)
            yield entered
