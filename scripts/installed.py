"""Try the installed package: `python -I installed.py base|audio|aec|simulator|demo`."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from importlib import metadata
from pathlib import Path


def base() -> None:
    """Load every public name, and see a request fail where no server listens."""
    import vatel_rest

    import vatel
    import vatel_rt
    from vatel_rt.errors import VatelError

    for module in (vatel, vatel_rt, vatel_rest):
        assert sys.prefix in str(module.__file__), f"{module.__file__} is not the installed one"
        assert Path(str(module.__file__)).with_name("py.typed").is_file()
        for public in dir(module):
            getattr(module, public)
    assert vatel.__version__ == vatel_rt.__version__ == metadata.version("vatel")
    with vatel.Client("key", "http://127.0.0.1:9", max_retries=0) as client, suppress(VatelError):
        client.agents.list()
        raise AssertionError("a server answers at port 9")


def audio() -> None:
    """Load PortAudio and convert a sampling rate."""
    from vatel_rt import PyAudioDevice
    from vatel_rt.audio.resampling import Resampler

    PyAudioDevice()
    assert len(Resampler(8000, 24_000).push(bytes(16_000), last=True)) == 48_000


def aec() -> None:
    """Cancel the echo of one block, from Python 3.10 on."""
    from vatel_rt.audio.echo import cleaner
    from vatel_rt.audio.pcm import BLOCK_BYTES

    if sys.version_info >= (3, 10):
        assert len(cleaner("aec")(bytes(BLOCK_BYTES), bytes(BLOCK_BYTES))) == BLOCK_BYTES


def demo() -> None:
    """Make a call with the demo against the simulator, and look at the files it writes."""
    files = ["--record", "call.wav", "--events", "call.jsonl"]
    subprocess.run([sys.executable, "-I", "-m", "vatel_rt.demo", "--simulate", *files], check=True)
    assert Path("call.wav").stat().st_size > 1_000_000
    assert Path("call.jsonl").read_text(encoding="utf-8").count("\n") > 100


CHECKS = {"base": base, "audio": audio, "aec": aec, "simulator": demo, "demo": demo}

if __name__ == "__main__":
    CHECKS[sys.argv[1]]()
