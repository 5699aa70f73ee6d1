"""PortAudio, through PyAudio: list devices and open streams."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from glob import glob
from itertools import product
from threading import Lock
from typing import Any, Literal, NamedTuple, Union

from vatel_rt.audio.pcm import SAMPLE_RATE
from vatel_rt.audio.portaudio import problems
from vatel_rt.audio.portaudio.callbacks import Stream

Direction = Literal["input", "output"]
Choice = Union[int, str, None]  # index, a part of the name (in any case), or the default
SOUND_FILES = "/dev/snd/pcm*"
_PROBLEMS = {-9996: problems.NO_DEVICE, -9997: problems.NO_RATE, -9998: problems.NO_DEVICE}
CALL_SECONDS = 5  # maximum duration of a call into PortAudio: a sound server may hang
_LOCK = Lock()  # PortAudio must not be called from several threads at once
_KEPT: list[Any] = []  # functions that C libraries call: collecting them would crash the program


@dataclass(frozen=True)
class SoundDevice:
    """A sound device, as PortAudio lists it."""

    index: int  # valid until a device is added or removed
    name: str
    host_api: str  # the sound system, such as ALSA or Core Audio
    inputs: int  # number of channels that it captures, 0 without a microphone
    outputs: int  # number of channels that it plays, 0 without a speaker
    default_rate: float  # in Hz
    is_default_input: bool
    is_default_output: bool

    def matches(self, choice: Choice, direction: Direction) -> bool:
        """Return whether `choice` selects this device."""
        if isinstance(choice, str):
            return choice.lower() in self.name.lower()
        is_default = self.is_default_input if direction == "input" else self.is_default_output
        return is_default if choice is None else choice == self.index

    def channels(self, direction: Direction) -> int:
        """Return the number of channels in one direction."""
        return self.inputs if direction == "input" else self.outputs


class StreamFormat(NamedTuple):
    """One direction of a device, with the rate in Hz and the channels (1 or 2) to use."""

    device: SoundDevice
    direction: Direction
    rate: int
    channels: int


def list_devices() -> list[SoundDevice]:
    """Return the sound devices of this machine, possibly none.

    Raises:
        AudioDeviceError: PyAudio or PortAudio is missing; the text says what to install.
    """
    with contextlib.closing(PortAudio()) as portaudio:
        return portaudio.devices()


class PortAudio:
    """An initialised PortAudio, with the devices that exist at that moment."""

    def __init__(self) -> None:
        self._module = _load()
        self._streams: list[Any] = []
        with _portaudio():
            self._library = self._module.PyAudio()

    def close(self) -> None:
        """Stop and close the streams, the last one first, and terminate PortAudio."""
        with _portaudio():
            for stream in reversed(self._streams):
                for end in (stream.stop_stream, stream.close):
                    with contextlib.suppress(OSError):  # the device is lost
                        end()
            self._library.terminate()

    def devices(self) -> list[SoundDevice]:
        """Return all devices."""
        library = self._library
        with _portaudio():
            defaults = [self._default("input"), self._default("output")]
            rows = [library.get_device_info_by_index(i) for i in range(library.get_device_count())]
            apis = [library.get_host_api_info_by_index(row["hostApi"])["name"] for row in rows]
        keys = ("maxInputChannels", "maxOutputChannels", "defaultSampleRate")
        found = []
        for row, api in zip(rows, apis):
            index, sizes = row["index"], (row[key] for key in keys)
            is_default = (index == default for default in defaults)
            found.append(SoundDevice(index, str(row["name"]), api, *sizes, *is_default))
        return found

    def choose(self, choice: Choice, direction: Direction) -> StreamFormat:
        """Return the chosen device with 24 000 Hz and one channel, or the nearest it supports."""
        device = self._find(choice, direction)
        rates = dict.fromkeys((SAMPLE_RATE, 48_000, int(device.default_rate), 44_100))
        for rate, channels in product(rates, (1, 2)[: device.channels(direction)]):
            form = StreamFormat(device, direction, rate, channels)
            if self._supports(form):
                return form
        raise problems.NO_RATE.error(device.name)

    def open(self, form: StreamFormat, frames: int, callback: Stream) -> float:
        """Open a stream for blocks of `frames` (at 24 000 Hz); return its latency in seconds."""
        device, direction, rate, channels = form
        which = {direction: True, f"{direction}_device_index": device.index}
        which |= {"channels": channels, "format": self._module.paInt16, "start": False}
        which["frames_per_buffer"] = frames * rate // SAMPLE_RATE
        with _portaudio():
            stream = self._library.open(rate=rate, stream_callback=callback, **which)
            self._streams.append(stream)
            return float(getattr(stream, f"get_{direction}_latency")())

    def start(self) -> None:
        """Start the streams, the first one first."""
        with _portaudio():
            for stream in self._streams:
                stream.start_stream()

    def _find(self, choice: Choice, direction: Direction) -> SoundDevice:
        usable = [device for device in self.devices() if device.channels(direction)]
        for device in usable:
            if device.matches(choice, direction):
                return device
        files = glob(SOUND_FILES)
        what = "microphone" if direction == "input" else "speaker"
        if not usable and files and not any(os.access(path, os.R_OK | os.W_OK) for path in files):
            raise problems.NO_PERMISSION.error(what)
        names = ", ".join(f"{device.index} {device.name!r}" for device in usable) or "none"
        meant = "default" if choice is None else repr(choice)
        raise problems.NO_DEVICE.error(f"{meant} {what}; found: {names}")

    def _supports(self, form: StreamFormat) -> bool:
        values = (form.device.index, form.channels, self._module.paInt16)
        keys = (f"{form.direction}_{key}" for key in ("device", "channels", "format"))
        with _portaudio(), contextlib.suppress(ValueError):  # means "not supported"
            return bool(self._library.is_format_supported(form.rate, **dict(zip(keys, values))))
        return False

    def _default(self, direction: Direction) -> int:
        with contextlib.suppress(OSError):
            return int(getattr(self._library, f"get_default_{direction}_device_info")()["index"])
        return -1


@contextlib.contextmanager
def _portaudio() -> Iterator[None]:
    """Hold the lock for a call into PortAudio, and translate its errors."""
    if not _LOCK.acquire(timeout=CALL_SECONDS):
        raise problems.LOST.error("it does not respond")
    try:
        yield
    except (OSError, ValueError) as error:
        codes = [number for number in error.args if isinstance(number, int)]
        raise _PROBLEMS.get(codes[0] if codes else 0, problems.BUSY).error(error) from error
    finally:
        _LOCK.release()


def _load() -> Any:
    _quieten()
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # it prints in addition to raising
            import pyaudio  # type: ignore[import-untyped]
    except ModuleNotFoundError as error:
        raise problems.NO_PYAUDIO.error() from error
    except ImportError as error:
        raise problems.NO_PORTAUDIO.error(error) from error
    return pyaudio


def _quieten() -> None:
    """Keep ALSA and JACK from writing to standard error about missing devices."""
    if _KEPT:
        return
    text, number = ctypes.c_char_p, ctypes.c_int
    on_alsa = ctypes.CFUNCTYPE(None, text, number, text, number, text)(lambda *_: None)
    on_jack = ctypes.CFUNCTYPE(None, text)(lambda *_: None)
    _KEPT.extend((on_alsa, on_jack))
    with contextlib.suppress(OSError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(on_alsa)
    with contextlib.suppress(OSError):
        jack = ctypes.CDLL("libjack.so.0")
        jack.jack_set_error_function(on_jack)
        jack.jack_set_info_function(on_jack)
