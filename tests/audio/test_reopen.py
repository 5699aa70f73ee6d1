"""Which device replaces a lost one, with a fake sound library."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from vatel_rt import PyAudioDevice
from vatel_rt.audio.portaudio import device as pyaudio_device
from vatel_rt.audio.portaudio.library import Choice, SoundDevice, StreamFormat
from vatel_rt.errors import AudioDeviceError

pytestmark = pytest.mark.anyio


class Machine:
    """A machine whose sound devices never call back: each is lost as soon as it is open."""

    def __init__(self, *there: str) -> None:
        self.there = there
        self.events: asyncio.Queue[Choice] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()

    def tell(self, event: Choice) -> None:
        self._loop.call_soon_threadsafe(self.events.put_nowait, event)

    def __call__(self) -> Machine:
        """Stand in for the constructor of `PortAudio`."""
        return self

    def choose(self, choice: Choice, direction: Any) -> StreamFormat:
        found = [
            device
            for index, name in enumerate(self.there)
            for device in [SoundDevice(index, name, "", 1, 1, 24_000, index == 0, index == 0)]
            if device.matches(choice, direction)
        ]
        if direction == "input":
            self.tell(choice)
        if not found:
            raise AudioDeviceError("no such device")
        return StreamFormat(found[0], direction, 24_000, 1)

    def open(self, *_: object) -> float:
        return 0.0

    def start(self) -> None:
        self.tell("started")

    def close(self) -> None: ...


@pytest.mark.parametrize(("choice", "again"), [("usb", "usb"), (1, "USB headset"), (None, None)])
async def test_the_chosen_device_is_looked_for_as_long_as_any_is(
    choice: Choice, again: Choice, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine("built-in", "USB headset")
    monkeypatch.setattr(pyaudio_device, "PortAudio", machine)
    monkeypatch.setattr(pyaudio_device, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(pyaudio_device, "AGAIN_SECONDS", 0.01)
    device = PyAudioDevice(choice, choice, on_loss="reopen")
    await device.start()
    assert [await machine.events.get() for _ in range(2)] == [choice, "started"]
    machine.there = ()  # the sound server restarts
    attempt = [again] if choice is None else [again, None]
    assert [await machine.events.get() for _ in attempt * 2] == attempt * 2
    machine.there = ("built-in",)
    while await machine.events.get() != "started":
        pass
    machine.there = ("other", "built-in", "USB headset")
    assert await machine.events.get() == again
    await device.close()
