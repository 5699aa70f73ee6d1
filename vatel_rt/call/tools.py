"""Functions that an agent may call.

Every tool call has an output, even if the function fails, because the agent waits for it. The
logger `vatel.tools` never shows values of arguments or outputs.
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
from dataclasses import dataclass
from typing import Any, Optional, TypeVar, Union, overload

import anyio

from vatel_rt.call.shutdown import wait_shielded
from vatel_rt.call.tool_arguments import Signature, text_of
from vatel_rt.text import printable
from vatel_rt.validation import check_types

log = logging.getLogger("vatel.tools")

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_TIMEOUT = 30.0  # seconds: longer than a web request, shorter than a caller would wait
CANCEL_TIMEOUT = 1.0  # seconds that a cancelled tool has to clean up before its output is sent
MAX_OUTPUT = 256 * 1024
"""Maximum characters of an output; the platform ends a call for a message that is too large."""
MAX_WAITING = 100
"""Tool calls that may wait for others to end; further ones are refused."""
DEFAULT_LIMIT = 8  # tools at once in a call: more than agents ask for, too few to starve the audio


class Tools:
    """The tools of a call, by name::

        tools = Tools()

        @tools.tool
        async def order_status(order_id: str) -> dict[str, str]:
            return {"status": "shipped"}

    Coroutine functions run in the event loop; plain functions run in a thread each. If a plain
    function does not return in time, the agent receives an error, and the thread is abandoned; it
    does not delay the end of the program. One registry may serve any number of calls.

    Args:
        limit: how many tools may run at once in one call; more calls wait.

    Raises:
        ValueError: `limit` is less than 1.
    """

    def __init__(self, *, limit: int = DEFAULT_LIMIT) -> None:
        check_types(int, limit=limit)
        if limit < 1:
            raise ValueError(f"limit must be 1 or more, not {limit}")
        self.limit = limit
        self._tools: dict[str, _Tool] = {}

    @overload
    def tool(self, function: F) -> F: ...

    @overload
    def tool(
        self, *, name: Optional[str] = ..., timeout: float = ..., cancel_on_interruption: bool = ...
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: Optional[F] = None,
        *,
        name: Optional[str] = None,
        timeout: float = DEFAULT_TIMEOUT,
        cancel_on_interruption: bool = False,
    ) -> Union[F, Callable[[F], F]]:
        """Register a function as a tool.

        Args:
            function: the function, when used as `@tools.tool`.
            name: the agent's name for the tool; the function's name by default.
            timeout: seconds after which the agent receives an error instead of the output.
            cancel_on_interruption: cancel the tool when the caller interrupts the agent; a thread
                is abandoned.

        Raises:
            TypeError: the function has no name, takes arguments by position, or its annotations
                name types that are not defined (yet) or that JSON cannot be converted to.
        """
        check_types(int, float, timeout=timeout)

        def register(function: F) -> F:
            check_types(Callable, function=function)
            tool_name = name or getattr(function, "__name__", None)
            if not tool_name:
                raise TypeError(f"a tool needs a name: use @tools.tool(name=...) for {function!r}")
            signature = Signature(function)
            self._tools[tool_name] = _Tool(function, signature, timeout, cancel_on_interruption)
            return function

        return register if function is None else register(function)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def is_cancelled_by_interruption(self, name: str) -> bool:
        """Return whether an interruption cancels the tool `name`."""
        return name in self._tools and self._tools[name].cancel_on_interruption

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run the tool `name`, and return the output for the agent.

        Arguments are converted to the types of the function's annotations; those that it does not
        take are dropped. A string is returned unchanged, any other result as JSON, including
        dataclasses, dates, enums, sets, attrs and pydantic objects. An unknown tool, invalid
        arguments, an exception, a result that cannot be converted to JSON, and a timeout are
        returned as a JSON object with the key `error`, which reveals nothing about the program.
        Cancelling `call` cancels a coroutine function; a thread is abandoned.
        """
        tool = self._tools.get(name)
        if tool is None:
            log.warning("the agent called an unknown tool: %r", printable(name))
            return error_output(f"there is no tool {printable(name)!r}")
        log.debug("tool %s: called with %s", name, sorted(arguments))
        try:
            try:
                bound, dropped = tool.signature.bind(arguments)
            except ValueError as error:
                which, given = str(error).partition(":")[0], sorted(arguments)  # without values
                log.warning("tool %s: invalid arguments: %s; given: %s", name, which, given)
                return error_output(f"invalid arguments: {error}")
            if dropped:
                log.info("tool %s: dropped unexpected arguments: %s", name, dropped)
            return await tool.output(name, bound)
        except Exception:  # raised by the function, or by a model of the application
            log.exception("tool %s failed", name)
            return error_output("the tool failed")


class RunningTools:
    """Runs the tools of one call, up to the limit at once, and cancels them on interruptions."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._limit = anyio.Semaphore(tools.limit)
        self._cancellable: set[anyio.CancelScope] = set()
        self._waiting = 0

    async def run(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run a tool, once the limit allows it, and return its output."""
        if self._waiting >= MAX_WAITING:
            log.error("tool %s: refused, as %d calls wait", printable(name), self._waiting)
            return error_output("too many tools were called at once: try again later")
        with anyio.CancelScope() as scope:
            if self._tools.is_cancelled_by_interruption(name):
                self._cancellable.add(scope)
            try:
                self._waiting += 1
                try:
                    await self._limit.acquire()
                finally:
                    self._waiting -= 1
                try:
                    return await self._tools.call(name, arguments)
                except asyncio.CancelledError:
                    if not scope.cancel_called:
                        log.warning("tool %s: stopped because the call ended", printable(name))
                    raise
                finally:
                    self._limit.release()
            finally:
                self._cancellable.discard(scope)
        log.info("tool %s: cancelled because the caller interrupted", name)
        return error_output("the tool was cancelled because the caller interrupted")

    def cancel_interruptible(self) -> None:
        """Cancel the tools that were registered with `cancel_on_interruption`."""
        for scope in self._cancellable:
            scope.cancel()


def error_output(text: str) -> str:
    """Return an output that tells the agent what failed."""
    return text_of({"error": text})


def _output(name: str, result: Any) -> str:
    """Return the result of a tool as text, or that it ran: an agent must not run it again."""
    try:
        text = text_of(result)
    except Exception:
        log.exception("tool %s: its result cannot be told as JSON", name)
        return error_output("the tool ran, but its result cannot be told: do not run it again")
    if len(text) > MAX_OUTPUT:
        log.error("tool %s: its output has %d characters", name, len(text))
        told = f"the tool ran, but its output is longer than {MAX_OUTPUT} characters"
        return error_output(f"{told}: do not run it again")
    return text


@dataclass(frozen=True)
class _Tool:
    function: Callable[..., Any]
    signature: Signature
    timeout: float
    cancel_on_interruption: bool

    async def output(self, name: str, bound: dict[str, Any]) -> str:
        """Run the function, and return its output or that it took too long; raise its errors."""
        running = asyncio.ensure_future(self._run(bound))
        try:
            await asyncio.wait({running}, timeout=self.timeout)
            if running.cancelled():
                return error_output("the tool was cancelled")
            if running.done():
                return _output(name, running.result())
        finally:
            if not running.done():
                running.cancel()
                running.add_done_callback(lambda done: done.cancelled() or done.exception())
                await wait_shielded(running, CANCEL_TIMEOUT)
            if not running.done():
                log.warning("tool %s does not stop when it is cancelled: it was abandoned", name)
        log.warning("tool %s took longer than %g s", name, self.timeout)
        return error_output("the tool took too long")

    async def _run(self, bound: dict[str, Any]) -> Any:
        call = functools.partial(self.function, **bound)
        result = call() if inspect.iscoroutinefunction(self.function) else await _in_thread(call)
        return await result if inspect.isawaitable(result) else result


async def _in_thread(call: Callable[[], Any]) -> Any:
    """Run `call` in a daemon thread: one of a pool that hangs would delay the program's end."""
    result: Future[Any] = Future()
    result.set_running_or_notify_cancel()  # the thread goes on after a cancellation
    context = contextvars.copy_context()

    def work() -> None:
        try:
            result.set_result(context.run(call))
        except BaseException as failed:  # also SystemExit: somebody waits for the result
            error = RuntimeError(f"a tool raised {failed!r}")
            error.__cause__ = failed
            result.set_exception(error)

    threading.Thread(target=work, name="vatel tool", daemon=True).start()
    return await asyncio.wrap_future(result)
