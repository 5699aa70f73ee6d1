"""Functions that an agent may call.

Whatever happens, a tool call has an output: the agent waits for it. Logger `vatel.tools`.
"""

from __future__ import annotations

import functools
import inspect
import logging
import typing
from collections.abc import Mapping
from typing import Any, Callable, Optional, TypeVar, Union, overload

import anyio
import anyio.to_thread
import msgspec

log = logging.getLogger("vatel.tools")

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_TIMEOUT = 30.0
"""Seconds a tool may take: longer than a web request, shorter than a caller's patience."""


class Tools:
    """The tools of a call, by name::

        tools = Tools()

        @tools.tool
        async def order_status(order_id: str) -> dict[str, str]:
            return {"status": "shipped"}

    Plain functions run in threads, coroutine functions in the event loop.
    """

    def __init__(self) -> None:
        self._tools: dict[str, _Tool] = {}

    @overload
    def tool(self, function: F) -> F: ...

    @overload
    def tool(
        self, *, name: Optional[str] = None, timeout: float = DEFAULT_TIMEOUT
    ) -> Callable[[F], F]: ...

    def tool(
        self,
        function: Optional[F] = None,
        *,
        name: Optional[str] = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Union[F, Callable[[F], F]]:
        """Register a function, under its own name or `name`.

        Args:
            function: the function, where this is used as `@tools.tool`.
            name: the agent's name for the tool.
            timeout: seconds after which the agent is told that it took too long.

        Raises:
            TypeError: it cannot be a tool: it has no name, takes arguments by position, or its
                annotations name types that are not known (yet).
        """

        def register(function: F) -> F:
            known = name or getattr(function, "__name__", None)
            if not known:
                raise TypeError(f"a tool without a name: {function!r}")
            self._tools[known] = _Tool(function, timeout)
            return function

        return register if function is None else register(function)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Run the tool `name`, and return the output for the agent.

        Arguments are converted to the types that the function's annotations name. A result
        that is a string is returned as it is, any other as JSON. An unknown tool, arguments
        that do not fit, an exception and a timeout become a JSON object with the key `error`.
        Cancelling it cancels a coroutine function; a thread is left to run out.
        """
        tool = self._tools.get(name)
        if tool is None:
            log.warning("the agent called %r, which is not a tool here", name)
            return _error(f"there is no tool {name!r}")
        try:
            bound = tool.bind(arguments)
        except (TypeError, msgspec.ValidationError) as error:
            log.warning("tool %s: arguments that do not fit: %s", name, error)
            return _error(f"the arguments do not fit: {error}")
        try:
            with anyio.move_on_after(tool.timeout):
                return _output(await tool.run(bound))
        except Exception:
            log.exception("tool %s failed", name)
            return _error("the tool failed")
        log.warning("tool %s took longer than %g s", name, tool.timeout)
        return _error("the tool took too long")


class _Tool:
    """A function and its parameters.

    Raises:
        TypeError: it cannot be called with arguments by name, or names types that are not known.
    """

    def __init__(self, function: Callable[..., Any], timeout: float) -> None:
        self._function = function
        self.timeout = timeout
        try:
            parameters = inspect.signature(function).parameters.values()
            hints = typing.get_type_hints(_annotated(function))
        except (NameError, ValueError) as error:
            raise TypeError(f"{function!r} cannot be a tool: {error}") from error
        if any(p.kind in {p.POSITIONAL_ONLY, p.VAR_POSITIONAL} for p in parameters):
            raise TypeError(f"{function!r} cannot be a tool: an agent gives arguments by name")
        self._parameters = [(p, hints.get(p.name, Any)) for p in parameters]

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the function, in the types that it asks for."""
        left = dict(arguments)
        bound: dict[str, Any] = {}
        for parameter, hint in self._parameters:
            if parameter.kind is parameter.VAR_KEYWORD:
                return {**bound, **left}
            if parameter.name in left:
                bound[parameter.name] = _convert(parameter.name, left.pop(parameter.name), hint)
            elif parameter.default is parameter.empty:
                raise TypeError(f"{parameter.name} is missing")
        if left:
            log.info("dropped arguments that the tool does not take: %s", ", ".join(left))
        return bound

    async def run(self, bound: dict[str, Any]) -> Any:
        """What the function gives; a thread is left to run out where this is cancelled."""
        if inspect.iscoroutinefunction(self._function):
            return await self._function(**bound)
        call = functools.partial(self._function, **bound)
        result = await anyio.to_thread.run_sync(call, abandon_on_cancel=True)
        return await result if inspect.isawaitable(result) else result


def _annotated(function: Any) -> Any:
    """What has the annotations of `function`, which may be any callable."""
    while isinstance(function, functools.partial):
        function = function.func
    return function if inspect.isroutine(function) else function.__call__


def _convert(name: str, value: Any, hint: Any) -> Any:
    try:
        return msgspec.convert(value, hint, strict=False)
    except msgspec.ValidationError as error:
        raise msgspec.ValidationError(f"{name}: {error}") from None


def _output(result: Any) -> str:
    text = result if isinstance(result, str) else msgspec.json.encode(result).decode("utf-8")
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair cannot travel


def _error(text: str) -> str:
    return _output({"error": text})
