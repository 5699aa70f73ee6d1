"""Functions that an agent may call.

Whatever happens, a tool call has an output: the agent waits for it.

Logger `vatel.tools`: a call that has no good output at WARNING, a function that raises with its
traceback at ERROR, the names of the arguments at DEBUG. Never the values of arguments or outputs.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any, Optional, TypeVar, Union, overload

import anyio

from vatel_rt.call.shutdown import to_the_end
from vatel_rt.call.tool_arguments import Signature, text_of
from vatel_rt.validation import check_types

log = logging.getLogger("vatel.tools")

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_TIMEOUT = 30.0
"""Seconds a tool may take: longer than a web request, shorter than a caller's patience."""
GRACE = 1.0
"""Seconds for a tool to end that is cancelled; its output does not wait longer for it."""
DEFAULT_LIMIT = 8
"""Tools at once in one call: more than agents ask for, fewer than would starve the audio."""


class Tools:
    """The tools of a call, by name::

        tools = Tools()

        @tools.tool
        async def order_status(order_id: str) -> dict[str, str]:
            return {"status": "shipped"}

    Coroutine functions run in the event loop, plain functions in a thread each. A plain function
    that does not return keeps its thread until the program ends, which it does not delay; the
    agent is told that it took too long. One registry may serve any number of calls.

    Args:
        limit: how many may run at once in one call; the others wait for their turn.

    Raises:
        ValueError: a limit below 1.
    """

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        check_types(int, limit=limit)
        if limit < 1:
            raise ValueError(f"limit is 1 or more, not {limit}")
        self.limit = limit
        self._tools: dict[str, _Tool] = {}

    @overload
    def tool(self, function: F) -> F: ...

    @overload
    def tool(
        self,
        *,
        name: Optional[str] = None,
        timeout: float = DEFAULT_TIMEOUT,
        cancel_on_interruption: bool = False,
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: Optional[F] = None,
        *,
        name: Optional[str] = None,
        timeout: float = DEFAULT_TIMEOUT,
        cancel_on_interruption: bool = False,
    ) -> Union[F, Callable[[F], F]]:
        """Register a function, under its own name or `name`.

        Args:
            function: the function, where this is used as `@tools.tool`.
            name: the agent's name for the tool.
            timeout: seconds after which the agent is told that it took too long.
            cancel_on_interruption: cancel it when the caller interrupts the agent; a thread is
                left to run out.

        Raises:
            TypeError: it cannot be a tool: it has no name, takes arguments by position, or its
                annotations name types that are not known (yet), or that JSON is not converted to.
        """
        check_types(int, float, timeout=timeout)

        def register(function: F) -> F:
            check_types(Callable, function=function)
            known = name or getattr(function, "__name__", None)
            if not known:
                raise TypeError(f"a tool without a name: {function!r}")
            self._tools[known] = _Tool(function, timeout, cancel_on_interruption)
            return function

        return register if function is None else register(function)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def is_cancelled_by_interruption(self, name: str) -> bool:
        """Whether an interruption cancels the tool `name`."""
        return name in self._tools and self._tools[name].cancel_on_interruption

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run the tool `name`, and return the output for the agent.

        Arguments are converted to the types that the function's annotations name; those that it
        does not take are dropped. A result that is a string is returned as it is, any other as
        JSON: dataclasses, dates, enums, sets, attrs and pydantic objects too. An unknown tool,
        arguments that do not fit, an exception, a result that cannot be JSON and a timeout
        become a JSON object with the key `error`, which tells nothing of the program's inside.
        Cancelling it cancels a coroutine function; a thread is left to run out.
        """
        tool = self._tools.get(name)
        if tool is None:
            log.warning("the agent called %r, which is not a tool here", name)
            return error_output(f"there is no tool {name!r}")
        log.debug("tool %s: called with %s", name, sorted(arguments))
        try:
            bound, dropped = tool.signature.bind(arguments)
        except ValueError as error:
            which = str(error).partition(":")[0]  # what follows may show a value
            given = sorted(arguments)
            log.warning("tool %s: its arguments do not fit: %s; given: %s", name, which, given)
            return error_output(f"the arguments do not fit: {error}")
        except Exception:  # of a model of the program's
            log.exception("tool %s failed", name)
            return error_output("the tool failed")
        if dropped:
            log.info("tool %s: dropped arguments that it does not take: %s", name, dropped)
        return await tool.output(name, bound)


class RunningTools:
    """The tools that run in one call: no more than the limit, and cancelled by interruptions."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._limit = anyio.Semaphore(tools.limit)
        self._cancellable: set[anyio.CancelScope] = set()

    async def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run a tool as soon as the limit allows it, and return its output."""
        with anyio.CancelScope() as scope:
            if self._tools.is_cancelled_by_interruption(name):
                self._cancellable.add(scope)
            try:
                async with self._limit:
                    return await self._tools.call(name, arguments)
            finally:
                self._cancellable.discard(scope)
        log.info("tool %s: cancelled by the caller's interruption", name)
        return error_output("the caller interrupted, and the tool was cancelled")

    def interrupt(self) -> None:
        """The caller interrupts the agent: cancel the tools that are meant to be."""
        for scope in self._cancellable:
            scope.cancel()


def error_output(text: str) -> str:
    """An output that tells the agent what failed."""
    return text_of({"error": text})


class _Tool:
    """A function that is a tool."""

    def __init__(
        self, function: Callable[..., Any], timeout: float, cancel_on_interruption: bool
    ) -> None:
        self.signature = Signature(function)
        self.cancel_on_interruption = cancel_on_interruption
        self._function = function
        self._timeout = timeout

    async def output(self, name: str, bound: dict[str, Any]) -> str:
        """Run the function; gives the output, whatever happens."""
        running = asyncio.ensure_future(self._run(bound))
        try:
            await asyncio.wait({running}, timeout=self._timeout)
            if running.cancelled():
                return error_output("the tool was cancelled")
            if running.done():
                return text_of(running.result())
        except Exception:
            log.exception("tool %s failed", name)
            return error_output("the tool failed")
        finally:
            await _cancel(name, running)
        log.warning("tool %s took longer than %g s", name, self._timeout)
        return error_output("the tool took too long")

    async def _run(self, bound: dict[str, Any]) -> Any:
        call = functools.partial(self._function, **bound)
        if inspect.iscoroutinefunction(self._function):
            return await call()
        result = await _in_thread(call)
        return await result if inspect.isawaitable(result) else result


async def _cancel(name: str, running: asyncio.Future[Any]) -> None:
    """Cancel a tool that is not done; one that does not end by that is left to itself."""
    if running.done():
        return
    running.cancel()
    running.add_done_callback(lambda done: done.cancelled() or done.exception())
    await to_the_end(running, GRACE)
    if not running.done():
        log.warning("tool %s does not end when it is cancelled: it is left as it is", name)


async def _in_thread(call: Callable[[], Any]) -> Any:
    """What `call` gives, in a thread of its own.

    Pools wait at the end of a program for their threads; this one may hang, and must not.
    """
    result: Future[Any] = Future()
    result.set_running_or_notify_cancel()  # it runs on where nobody waits any more
    context = contextvars.copy_context()

    def work() -> None:
        try:
            result.set_result(context.run(call))
        except BaseException as failed:  # it must be told, whatever it is
            error = RuntimeError(f"{failed!r} in a tool")
            error.__cause__ = failed
            result.set_exception(error)

    threading.Thread(target=work, name="vatel tool", daemon=True).start()
    return await asyncio.wrap_future(result)
