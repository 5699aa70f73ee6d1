"""The faults of a running simulator: set from any thread, awaited in its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import math
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Optional, TypeVar

import anyio
import msgspec

from vatel.simulator.scenario.faults import Faults, changed
from vatel_rt.errors import SimulatorError

if TYPE_CHECKING:
    _Attributes = Faults  # so that type checkers and editors know the faults' names and types
else:
    _Attributes = object

W = TypeVar("W", bound="Watch")
_OF_REQUESTS = ("status", "requests", "path", "retry_after", "html", "delay")
_OF_HANDSHAKES = ("handshake_status", "handshake_delay", "handshakes")
_NONE = Faults()


class FaultControl(_Attributes):
    """The faults that are in effect; each fault of `Faults` is an attribute.

    All methods may be called, and all attributes read and set, in any thread.

    Raises:
        SimulatorError: (on setting an attribute) there is no such fault, or the value is wrong.
    """

    def __init__(self, faults: Optional[Faults] = None) -> None:
        self._lock = threading.Lock()
        self._values = copy.copy(faults) if faults else Faults()  # replaced, never changed
        self._set_at: dict[str, float] = {}
        self._watches: set[Watch] = set()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._values, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self.set(**{name: value})

    def __eq__(self, other: object) -> bool:
        return self._values == (other._values if isinstance(other, FaultControl) else other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self._values)

    def set(self, **faults: Any) -> None:
        """Set several faults at once; the others stay as they are.

        Raises:
            SimulatorError: there is no such fault, or it cannot have this value; none is set.
        """
        with self._lock:
            self._values = changed(self._values, faults)
            self._set_at.update(dict.fromkeys(faults, time.monotonic()))
        self._wake_watches()

    def clear(self) -> None:
        """Clear all faults."""
        self.set(**msgspec.structs.asdict(_NONE))

    def check(self) -> None:
        """Check that each fault has an effect.

        Raises:
            SimulatorError: one has no effect without others.
        """
        for name, problem in self._values.problems():
            raise SimulatorError(f"faults: {name}: {problem}")

    def since(self, name: str) -> float:
        """Return when a fault was set, by the monotonic clock; minus infinity if never."""
        return self._set_at.get(name, -math.inf)

    def take(self, name: str) -> bool:
        """Count one use of `cut_frames` or another count; return whether any was left."""
        with self._lock:
            left: int = getattr(self._values, name)
            if left:
                self._replace(**{name: left - 1})
        return left > 0

    def take_request(self, path: str) -> Optional[Faults]:
        """Count a request; return the faults that apply to it, or None."""
        with self._lock:
            faults = self._values
            if path.startswith(faults.path) and (faults.status or faults.html or faults.delay):
                return self._count_down("requests", _OF_REQUESTS)
        return None

    def take_handshake(self) -> Faults:
        """Count a handshake; return the faults that apply to it."""
        with self._lock:
            return self._count_down("handshakes", _OF_HANDSHAKES)

    def add_watch(self, watch: Watch) -> None:
        """Start waking `watch` at each change."""
        with self._lock:
            self._watches.add(watch)

    def remove_watch(self, watch: Watch) -> None:
        """Stop waking `watch`."""
        with self._lock:
            self._watches.discard(watch)

    def release(self) -> None:
        """End all waits of the watches that exist now."""
        with self._lock:
            for watch in self._watches:
                watch.is_released = True
        self._wake_watches()

    def _count_down(self, count: str, group: tuple[str, ...]) -> Faults:
        """Count one use of a group of faults, and clear the group after the last one."""
        faults = self._values
        left: Optional[int] = getattr(faults, count)
        if left == 1:
            self._replace(**{name: getattr(_NONE, name) for name in group})
        elif left:
            self._replace(**{count: left - 1})
        return faults

    def _replace(self, **values: Any) -> None:
        self._values = msgspec.structs.replace(self._values, **values)

    def _wake_watches(self) -> None:
        with self._lock:
            for watch in self._watches:
                watch.wake_from_thread()


class Watch:
    """Waits that are checked again when a fault is set. A context, used in one event loop.

    Attributes:
        is_released: whether all waits end at once, because the simulator ends.
    """

    def __init__(self, faults: FaultControl) -> None:
        self.faults = faults
        self.is_released = False
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self: W) -> W:
        self.faults.add_watch(self)
        return self

    def __exit__(self, *_: object) -> None:
        self.faults.remove_watch(self)

    async def wait(self, left: Callable[[], float]) -> None:
        """Wait until `left`, which returns the seconds still to wait, returns 0 or less."""
        while not self.is_released:
            changed, seconds = self._changed, left()
            if seconds <= 0:
                return
            with anyio.move_on_after(seconds):
                await changed.wait()

    def look(self) -> None:
        """Let all waits call `left` again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def wake_from_thread(self) -> None:
        """Like `look`, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed, so nothing waits
            self._loop.call_soon_threadsafe(self.look)
