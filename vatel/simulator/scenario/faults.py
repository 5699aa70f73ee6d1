"""Faults on demand: what the simulator is asked to do wrong."""

from __future__ import annotations

import asyncio
import contextlib
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Callable, Optional, TypeVar

import anyio
import msgspec

from vatel.simulator.scenario.errors import in_types
from vatel_rt.errors import SimulatorError

Count = Annotated[int, msgspec.Meta(ge=0)]
NextOnly = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Status = Annotated[int, msgspec.Meta(ge=400, le=599)]

W = TypeVar("W", bound="Watch")

LONGEST_REASON = 123
"""Bytes; what a close frame holds."""
_OWN_CODES = range(3000, 5000)
_CLOSE_CODES = {*range(1000, 1004), *range(1007, 1015), *_OWN_CODES}
_OF_REQUESTS = ("status", "requests", "path", "retry_after", "html", "delay")
_OF_HANDSHAKES = ("handshake_status", "handshake_delay", "handshakes")
_NEEDS = {
    "requests": ("status", "html", "delay"),
    "path": ("status", "html", "delay"),
    "retry_after": ("status", "html", "handshake_status"),
    "handshakes": ("handshake_status", "handshake_delay"),
    "close_reason": ("close_code",),
}
"""What does nothing by itself, and what it goes with."""


class Faults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What the simulator does wrong. An attribute that is as it was at first is no fault.

    In a program, at any time, from any thread, with effect on what is running::

        simulator.faults.drop_after_seconds = 0  # every open session loses its connection
        simulator.faults.set(status=503, requests=2)  # several at once
        simulator.faults.clear()  # none any more

    In a scenario: `faults: {status: 503, requests: 2}`, to begin with. On the command line:
    `--fault status=503 --fault requests=2`. The names are the same everywhere.

    Some go with others, as `requests` with a `status`; alone, a scenario and the command line
    refuse them.

    What is counted with "the next" counts down as it is used, over all sessions together, and
    is over at 0. Seconds and messages of a session run from its handshake on, or from when the
    fault was set, if that was later. Random choices come from the scenario's seed.

    Attributes:
        status: REST requests are refused with this status, 400 to 599: `status=503`.
        requests: the faults of requests meet only the next n; after them they are taken back:
            `requests=2`.
        path: the faults of requests meet only paths that begin so: `path=/v1/calls`.
        retry_after: seconds in the header `Retry-After` of a refusal, of a handshake too:
            `retry_after=1`.
        html: a refusal is an HTML page, as of a gateway; without a `status`, a 502: `html=true`.
        delay: seconds before each answer to a request: `delay=0.5`.
        expired_tokens: new session tokens have expired already: `expired_tokens=true`.
        handshake_status: handshakes of sessions are refused so: `handshake_status=503`.
        handshake_delay: seconds before the answer to a handshake: `handshake_delay=2`.
        handshakes: the faults of handshakes meet only the next n, and are taken back then:
            `handshakes=1`.
        drop_after_messages: a session's connection is reset, without a close frame, after n
            messages of the platform; 0: before `session_started`: `drop_after_messages=10`.
        drop_after_seconds: ... after so many seconds; 0 with a `handshake_delay`: in the
            handshake: `drop_after_seconds=2.5`.
        close_code: with one of the two before, the session is closed with this code instead of
            reset; alone, it is the code with which sessions end: `close_code=1011`.
        close_reason: the reason that goes with it, up to 123 bytes: `close_reason=overloaded`.
        cut_frames: the next n messages end in the middle of their JSON: `cut_frames=1`.
        garble_frames: the next n messages have a wrong type, bad base64 or half a sample in
            them: `garble_frames=3`.
        binary_frames: the next n messages are binary frames instead of text: `binary_frames=1`.
        big_frames: the next n pieces of audio are 10 MB long, filled up with silence:
            `big_frames=1`.
        silence: the agent's audio is silence: `silence=true`.
        mute: the agent's audio is not sent at all: `mute=true`.
        duplicate_audio: each piece of audio is sent twice: `duplicate_audio=true`.
        reorder_audio: each second piece of audio is sent before the first: `reorder_audio=true`.
        slow_reading: seconds before each message of the client is read, so that its sends have
            to wait in the end: `slow_reading=1`.
        stall: nothing is sent for so many seconds, and then all of it: `stall=2`.
        no_pong: the client's pings are not answered; with a long `stall`, a connection that
            seems alive and is not: `no_pong=true`.

    Raises:
        SimulatorError: (on setting) there is no such fault, or it cannot have this value.
    """

    status: Optional[Status] = None
    requests: Optional[NextOnly] = None
    path: str = ""
    retry_after: Optional[Count] = None
    html: bool = False
    delay: Seconds = 0
    expired_tokens: bool = False
    handshake_status: Optional[Status] = None
    handshake_delay: Seconds = 0
    handshakes: Optional[NextOnly] = None
    drop_after_messages: Optional[Count] = None
    drop_after_seconds: Optional[Seconds] = None
    close_code: Optional[int] = None
    close_reason: str = ""
    cut_frames: Count = 0
    garble_frames: Count = 0
    binary_frames: Count = 0
    big_frames: Count = 0
    silence: bool = False
    mute: bool = False
    duplicate_audio: bool = False
    reorder_audio: bool = False
    slow_reading: Seconds = 0
    stall: Seconds = 0
    no_pong: bool = False

    def __post_init__(self) -> None:
        if self.close_code is not None and self.close_code not in _CLOSE_CODES:
            raise ValueError("close_code: one that can be sent is 1000-1003, 1007-1014, 3000-4999")
        if len(self.close_reason.encode()) > LONGEST_REASON:
            raise ValueError(f"close_reason: over {LONGEST_REASON} bytes")
        vars(self)["life"] = _Life()

    def __setattr__(self, name: str, value: Any) -> None:
        self.set(**{name: value})

    def set(self, **faults: Any) -> None:
        """Set several faults at once; the others stay as they are.

        Raises:
            SimulatorError: there is no such fault, or it cannot have this value. None is set.
        """
        _check_names(faults)
        try:
            checked = msgspec.convert({**msgspec.structs.asdict(self), **faults}, Faults)
        except msgspec.ValidationError as error:
            raise SimulatorError(f"faults: {in_types(error, Faults)}") from error
        with self._life.lock:
            for name in faults:
                self._put(name, getattr(checked, name))
                self._life.set_at[name] = time.monotonic()
        self._life.tell()

    def clear(self) -> None:
        """Take all faults back."""
        self.set(**msgspec.structs.asdict(Faults()))

    def copy(self) -> Faults:
        """The same faults, which count on their own."""
        return Faults(**msgspec.structs.asdict(self))

    @staticmethod
    def parse(text: str) -> dict[str, Any]:
        """A fault as on the command line, `name=value`, for `set`.

        Raises:
            SimulatorError: it is none; the text lists those that there are.
        """
        name, equals, value = text.partition("=")
        _check_names([name])
        if not equals:
            raise SimulatorError(f"{name} needs a value: {name}=...")
        try:
            return {name: getattr(msgspec.convert({name: value}, Faults, strict=False), name)}
        except msgspec.ValidationError as error:
            raise SimulatorError(f"{in_types(error, Faults)}: {value!r}") from error

    def idle(self) -> Iterator[tuple[str, str]]:
        """The faults that do nothing as the others are, and what each is missing."""
        for name, others in _NEEDS.items():
            if self._has(name) and not any(map(self._has, others)):
                yield name, f"it does nothing without {' or '.join(others)}"

    def check(self) -> None:
        """Look for faults that do nothing; for where no others are set afterwards.

        Raises:
            SimulatorError: there is one.
        """
        for name, problem in self.idle():
            raise SimulatorError(f"faults: {name}: {problem}")

    def since(self, name: str) -> float:
        """When a fault was set, by the monotonic clock; minus infinity if it has not been."""
        return self._life.set_at.get(name, -math.inf)

    def take(self, name: str) -> bool:
        """Use one of the next n of `cut_frames` and the like; whether there was one."""
        with self._life.lock:
            left: int = getattr(self, name)
            self._put(name, max(left - 1, 0))
        return left > 0

    def take_request(self, path: str) -> Optional[Faults]:
        """Count a request: the faults as it meets them, or None if it meets none."""
        with self._life.lock:
            if path.startswith(self.path) and (self.status or self.html or self.delay):
                return self._use("requests", _OF_REQUESTS)
        return None

    def take_handshake(self) -> Faults:
        """Count a handshake, and give the faults as it meets them."""
        with self._life.lock:
            return self._use("handshakes", _OF_HANDSHAKES)

    def release(self) -> None:
        """Let all go on that waits for a fault to be over."""
        with self._life.lock:
            for watch in self._life.watches:
                watch.is_released = True
        self._life.tell()

    def _use(self, count: str, group: tuple[str, ...]) -> Faults:
        met, left = self.copy(), getattr(self, count)
        if left == 1:
            for name in group:
                self._put(name, getattr(_NONE, name))
        elif left:
            self._put(count, left - 1)
        return met

    def _has(self, name: str) -> bool:
        return bool(getattr(self, name) != getattr(_NONE, name))

    def _put(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)

    @property
    def _life(self) -> _Life:
        life: _Life = vars(self)["life"]
        return life


@dataclass
class _Life:
    """What a `Faults` has beside the faults."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    set_at: dict[str, float] = field(default_factory=dict)
    watches: set[Watch] = field(default_factory=set)

    def tell(self) -> None:
        with self.lock:
            for watch in self.watches:
                watch.tell()


class Watch:
    """Waits which look again whenever a fault is set. A context, in an event loop."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.is_released = False
        self._life: _Life = vars(faults)["life"]
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def __enter__(self: W) -> W:
        with self._life.lock:
            self._life.watches.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        with self._life.lock:
            self._life.watches.discard(self)

    async def wait(self, left: Callable[[], float]) -> None:
        """Wait until `left`, the seconds that there are still to wait, gives none."""
        while not self.is_released:
            changed, seconds = self._changed, left()
            if seconds <= 0:
                return
            with anyio.move_on_after(seconds):
                await changed.wait()

    def look(self) -> None:
        """Let all waits look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def tell(self) -> None:
        """As `look`, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits
            self._loop.call_soon_threadsafe(self.look)


def _check_names(names: Any) -> None:
    known = Faults.__struct_fields__
    for name in names:
        if name not in known:
            raise SimulatorError(f"there is no fault {name!r}; there are: {', '.join(known)}")


_NONE = Faults()
