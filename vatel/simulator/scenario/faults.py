"""The faults that a simulator can be told to make: their names, values and meanings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Optional

import msgspec

from vatel.simulator.scenario.errors import from_msgspec
from vatel.simulator.scenario.types import Count, PositiveCount, Seconds, Status
from vatel_rt.errors import SimulatorError

MAX_REASON = 123
"""Bytes; the reason of a close frame cannot be longer."""
_CLOSE_CODES = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
_NEEDS = {
    "requests": ("status", "html", "delay"),
    "path": ("status", "html", "delay"),
    "retry_after": ("status", "html", "handshake_status"),
    "handshakes": ("handshake_status", "handshake_delay"),
    "close_reason": ("close_code",),
}
"""Faults that have an effect only together with one of those named."""


class Faults(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the simulator does wrong. An attribute with its default value is no fault.

    In a program, at any time, from any thread, with effect on open sessions too::

        simulator.faults.drop_after_seconds = 0  # every open session loses its connection
        simulator.faults.set(status=503, requests=2)  # several at once
        simulator.faults.clear()  # none any more

    In a scenario: `faults: {status: 503, requests: 2}`, from the start. On the command line:
    `--fault status=503 --fault requests=2`. The names are the same everywhere.

    Some have an effect only together with others, as `requests` with a `status`; alone, they are
    refused in a scenario and on the command line.

    A count ("the next n") is shared by all sessions, goes down with each use, and the fault ends
    at 0. Seconds and messages of a session are counted from its handshake, or from when the
    fault was set, if that was later. Random choices depend on the scenario's seed.

    Attributes:
        status: refuse REST requests with this status, 400 to 599: `status=503`.
        requests: apply the faults of requests only to the next n, then clear them:
            `requests=2`.
        path: apply the faults of requests only to paths with this prefix: `path=/v1/calls`.
        retry_after: seconds in the header `Retry-After` of refused requests and handshakes:
            `retry_after=1`.
        html: refuse with an HTML page, as a gateway does; without a `status`, with 502:
            `html=true`.
        delay: seconds before each answer to a request: `delay=0.5`.
        expired_tokens: issue session tokens that have already expired: `expired_tokens=true`.
        handshake_status: refuse handshakes of sessions with this status: `handshake_status=503`.
        handshake_delay: seconds before the answer to a handshake: `handshake_delay=2`.
        handshakes: apply the faults of handshakes only to the next n, then clear them:
            `handshakes=1`.
        drop_after_messages: reset a session's connection, without a close frame, after n
            messages of the platform; 0: before `session_started`: `drop_after_messages=10`.
        drop_after_seconds: the same after so many seconds; 0 with a `handshake_delay`: during
            the handshake: `drop_after_seconds=2.5`.
        close_code: with one of the two above, close the session with this code instead of
            resetting it; alone, the code with which sessions end: `close_code=1011`.
        close_reason: the reason sent with `close_code`, up to 123 bytes:
            `close_reason=overloaded`.
        cut_frames: end the next n messages in the middle of their JSON: `cut_frames=1`.
        garble_frames: send the next n messages without a type, without an object as data, or with
            audio that is no base64: `garble_frames=3`.
        binary_frames: send the next n messages as binary frames instead of text:
            `binary_frames=1`.
        big_frames: pad the next n pieces of audio with silence to 10 MB: `big_frames=1`.
        silence: send silence instead of the agent's audio: `silence=true`.
        mute: do not send the agent's audio: `mute=true`.
        duplicate_audio: send each piece of audio twice: `duplicate_audio=true`.
        reorder_audio: send every second piece of audio before the first: `reorder_audio=true`.
        slow_reading: seconds before each message of the client is read, so that its sends
            block in the end: `slow_reading=1`.
        stall: send nothing for so many seconds, then everything: `stall=2`.
        no_pong: do not answer the client's pings; with a long `stall`, a connection that
            seems alive but is dead: `no_pong=true`.
    """

    status: Optional[Status] = None
    requests: Optional[PositiveCount] = None
    path: str = ""
    retry_after: Optional[Count] = None
    html: bool = False
    delay: Seconds = 0
    expired_tokens: bool = False
    handshake_status: Optional[Status] = None
    handshake_delay: Seconds = 0
    handshakes: Optional[PositiveCount] = None
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
            raise ValueError("close_code: must be 1000-1003, 1007-1014 or 3000-4999")
        if len(self.close_reason.encode()) > MAX_REASON:
            raise ValueError(f"close_reason: must not exceed {MAX_REASON} bytes")

    @staticmethod
    def parse(text: str) -> dict[str, Any]:
        """Parse `name=value`, as on the command line; return it as an argument for `set`.

        Raises:
            SimulatorError: there is no such fault (the text lists all), or the value is wrong.
        """
        name, equals, value = text.partition("=")
        check_names([name])
        if not equals:
            raise SimulatorError(f"{name} needs a value: {name}=...")
        try:
            return {name: getattr(msgspec.convert({name: value}, Faults, strict=False), name)}
        except msgspec.ValidationError as error:
            raise SimulatorError(f"{from_msgspec(error, Faults)}: {value!r}") from error

    def problems(self) -> Iterator[tuple[str, str]]:
        """Return the names of faults that have no effect without others, and which they need."""
        for name, others in _NEEDS.items():
            if self._is_set(name) and not any(map(self._is_set, others)):
                yield name, f"has no effect without {' or '.join(others)}"

    def _is_set(self, name: str) -> bool:
        return bool(getattr(self, name) != getattr(_NONE, name))


_NONE = Faults()


def changed(faults: Faults, changes: dict[str, Any]) -> Faults:
    """Return a copy of `faults` with other values.

    Raises:
        SimulatorError: there is no such fault, or it cannot have this value.
    """
    check_names(changes)
    try:
        return msgspec.convert({**msgspec.structs.asdict(faults), **changes}, Faults)
    except msgspec.ValidationError as error:
        raise SimulatorError(f"faults: {from_msgspec(error, Faults)}") from error


def check_names(names: Iterable[str]) -> None:
    """Raise `SimulatorError` if a name is not the name of a fault."""
    known = Faults.__struct_fields__
    for name in names:
        if name not in known:
            raise SimulatorError(f"unknown fault {name!r}; the faults are {', '.join(known)}")
