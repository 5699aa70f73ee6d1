"""What to do where a sound device cannot be used: one error text for each reason."""

from __future__ import annotations

from typing import NamedTuple

from vatel_rt.errors import AudioDeviceError


class Problem(NamedTuple):
    """A reason, and what to do about it on each system."""

    says: str
    debian: str
    fedora: str
    macos: str
    windows: str

    def error(self, detail: object = "") -> AudioDeviceError:
        """The error to raise; `detail` is PortAudio's own word, or which device it is."""
        lines = [f"{self.says} ({detail})" if str(detail) else self.says]
        systems = ("Debian/Ubuntu", "Fedora", "macOS", "Windows")
        lines += [f"  {system}: {advice}" for system, advice in zip(systems, self[1:])]
        return AudioDeviceError("\n".join(lines))


_PIP = "pip install 'vatel[audio]'"
_LIST = "vatel_rt.list_devices() gives those that there are"
_ON_LINUX = f"`wpctl status` or `pactl info` shows whether the sound server is there; {_LIST}"
_ON_MACOS = f"System Settings > Sound; {_LIST}"
_ON_WINDOWS = "Settings > System > Sound"

NO_PYAUDIO = Problem(
    "PyAudio is not installed, which the sound device needs",
    f"sudo apt install gcc python3-dev portaudio19-dev && {_PIP}",
    f"sudo dnf install gcc python3-devel portaudio-devel && {_PIP}",
    f"brew install portaudio && {_PIP}",
    'pip install "vatel[audio]"',
)
NO_PORTAUDIO = Problem(
    "PyAudio is installed, but it cannot load the PortAudio library",
    "sudo apt install libportaudio2",
    "sudo dnf install portaudio",
    "brew install portaudio && pip install --force-reinstall --no-cache-dir PyAudio",
    "pip install --force-reinstall PyAudio",
)
NO_DEVICE = Problem(
    "there is no such sound device",
    f"sudo apt install libasound2-plugins, with PulseAudio or PipeWire; {_ON_LINUX}",
    f"sudo dnf install alsa-plugins-pulseaudio; {_ON_LINUX}",
    _ON_MACOS,
    _ON_WINDOWS,
)
NO_RATE = Problem(
    "the sound device takes none of the sample rates 24000, 48000 and 44100 Hz, nor its own",
    "choose the device `pulse`, `pipewire` or `default`, which convert rates",
    "choose the device `pulse`, `pipewire` or `default`, which convert rates",
    "Applications > Utilities > Audio MIDI Setup: give the device 48000 Hz",
    "Settings > System > Sound > the device > Format: 48000 Hz",
)
NO_CONVERSION = Problem(
    "the sound device does not do 24000 Hz, and soxr, which converts, is not installed",
    _PIP,
    _PIP,
    _PIP,
    'pip install "vatel[audio]"',
)
NO_PERMISSION = Problem(
    "this user may not use the sound devices",
    'sudo usermod -aG audio "$USER", then log in again',
    'sudo usermod -aG audio "$USER", then log in again',
    "System Settings > Privacy & Security > Microphone: allow the terminal",
    "Settings > Privacy & security > Microphone: allow desktop apps",
)
BUSY = Problem(
    "the sound device does not open; another program may have it",
    "close what uses it (fuser -v /dev/snd/*), or choose `pulse`, `pipewire` or `default`",
    "close what uses it (fuser -v /dev/snd/*), or choose `pulse`, `pipewire` or `default`",
    "close what uses it, and see Privacy & Security > Microphone in System Settings",
    "close what uses it, and see Settings > Privacy & security > Microphone",
)
LOST = Problem(
    "the sound device does not work any more: unplugged, or the sound server ended or hangs",
    "plug it in, or: systemctl --user restart pipewire pipewire-pulse (or: pulseaudio --kill)",
    "plug it in, or: systemctl --user restart pipewire pipewire-pulse",
    "plug it in, or: sudo killall coreaudiod",
    "plug it in, or restart the service `Windows Audio`",
)
