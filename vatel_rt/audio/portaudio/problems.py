"""Error texts for sound devices that cannot be used, with what to do on each system."""

from __future__ import annotations

from typing import NamedTuple

from vatel_rt.errors import AudioDeviceError


class Problem(NamedTuple):
    """A problem, and what to do about it on each system; Fedora's default is Debian's."""

    summary: str
    debian: str
    macos: str
    windows: str
    fedora: str = ""

    def error(self, detail: object = "") -> AudioDeviceError:
        """Return the error to raise; `detail` is PortAudio's text, or names the device."""
        advice = (self.debian, self.fedora or self.debian, self.macos, self.windows)
        lines = [f"  {system}: {text}" for system, text in zip(_SYSTEMS, advice)]
        first = f"{self.summary} ({detail})" if str(detail) else self.summary
        return AudioDeviceError("\n".join([first, *lines]))


_SYSTEMS = ("Debian/Ubuntu", "Fedora", "macOS", "Windows")
_PIP, _WINDOWS_PIP = "pip install 'vatel[audio]'", 'pip install "vatel[audio]"'
_LIST = "vatel.list_devices() lists the devices"
_ON_LINUX = f"`wpctl status` or `pactl info` shows whether the sound server runs; {_LIST}"

NO_PYAUDIO = Problem(
    "PyAudio is not installed; the sound device needs it",
    f"sudo apt install gcc python3-dev portaudio19-dev && {_PIP}",
    f"brew install portaudio && {_PIP}",
    _WINDOWS_PIP,
    fedora=f"sudo dnf install gcc python3-devel portaudio-devel && {_PIP}",
)
NO_PORTAUDIO = Problem(
    "PyAudio is installed, but it cannot load the PortAudio library",
    "sudo apt install libportaudio2",
    "brew install portaudio && pip install --force-reinstall --no-cache-dir PyAudio",
    "pip install --force-reinstall PyAudio",
    fedora="sudo dnf install portaudio",
)
NO_DEVICE = Problem(
    "there is no such sound device",
    f"sudo apt install libasound2-plugins, with PulseAudio or PipeWire; {_ON_LINUX}",
    f"System Settings > Sound; {_LIST}",
    "Settings > System > Sound",
    fedora=f"sudo dnf install alsa-plugins-pulseaudio; {_ON_LINUX}",
)
NO_RATE = Problem(
    "the sound device supports none of the sample rates 24000, 48000, 44100 Hz and its default",
    "choose the device `pulse`, `pipewire` or `default`, which convert rates",
    "Applications > Utilities > Audio MIDI Setup: set the device to 48000 Hz",
    "Settings > System > Sound > the device > Format: 48000 Hz",
)
NO_CONVERSION = Problem(
    "the sound device does not support 24000 Hz, and soxr, which converts, is not installed",
    *(_PIP, _PIP, _WINDOWS_PIP),
)
NO_PERMISSION = Problem(
    "this user has no permission to use the sound devices",
    'sudo usermod -aG audio "$USER", then log in again',
    "System Settings > Privacy & Security > Microphone: allow the terminal",
    "Settings > Privacy & security > Microphone: allow desktop apps",
)
BUSY = Problem(
    "the sound device cannot be opened; another program may be using it",
    "close that program (fuser -v /dev/snd/*), or choose `pulse`, `pipewire` or `default`",
    "close that program, and see Privacy & Security > Microphone in System Settings",
    "close that program, and see Settings > Privacy & security > Microphone",
)
LOST = Problem(
    "the sound device stopped working: it was unplugged, or the sound server ended or hangs",
    "plug it in, or: systemctl --user restart pipewire pipewire-pulse (or: pulseaudio --kill)",
    "plug it in, or: sudo killall coreaudiod",
    "plug it in, or restart the service `Windows Audio`",
    fedora="plug it in, or: systemctl --user restart pipewire pipewire-pulse",
)
