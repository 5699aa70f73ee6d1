"""The audio device of the demo: the sound device of this machine, or files."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Union

from vatel_rt.audio.portaudio.device import PyAudioDevice
from vatel_rt.audio.portaudio.library import SoundDevice, list_devices
from vatel_rt.audio.portaudio.problems import NO_DEVICE
from vatel_rt.audio.wav import WavDevice
from vatel_rt.errors import AudioDeviceError

Device = Union[PyAudioDevice, WavDevice]
LIVE = "You speak: microphone and speaker of this machine are used. A headset works best."
CLIP = "No sound device is used: a clip from the package speaks."
NO_SOUND = "You cannot speak here: {}. Run with --microphone to see how to fix this."


async def chosen_device(options: Namespace) -> tuple[Device, list[str]]:
    """Return the device for the options, and lines to show about it.

    Raises:
        AudioError: a file cannot be read, or echo cancellation is not installed.
        SimulatorError: the clip needs the simulator, which is not installed.
    """
    said = []
    if options.microphone:
        chosen = (options.input_device, options.output_device)
        return PyAudioDevice(*chosen, mode=options.mode or "full"), [LIVE]
    if options.microphone is None:
        device = PyAudioDevice()
        try:
            await device.start()
        except AudioDeviceError as error:
            said.append(NO_SOUND.format(str(error).splitlines()[0]))
        else:
            return device, [LIVE]
        finally:
            await device.close()
    if options.input:
        return WavDevice(options.input, options.output), said
    return WavDevice(_packaged_clip(), options.output), [*said, CLIP]


def device_table() -> list[str]:
    """Return a table of this machine's sound devices: a header, and one line per device.

    Raises:
        AudioDeviceError: PyAudio or PortAudio is missing, or there is no device.
    """
    devices = list_devices()
    if not devices:
        raise NO_DEVICE.error("found: none")
    return list(_aligned(devices))


def _aligned(devices: Sequence[SoundDevice]) -> Iterator[str]:
    yield "index  inputs  outputs  Hz     name"
    for device in devices:
        uses = {"microphone": device.is_default_input, "speaker": device.is_default_output}
        default = " and ".join(use for use, is_default in uses.items() if is_default)
        yield (
            f"{device.index:>5}  {device.inputs:>6}  {device.outputs:>7}  "
            f"{device.default_rate:<5.0f}  {device.name} ({device.host_api})"
            + (f": default {default}" if default else "")
        )


def _packaged_clip() -> bytes:
    from vatel.simulator import caller_clip

    return caller_clip()
