"""Try the installed package, with nothing but what one of its extras brings.

Run by the Python of an environment that has it, away from the source:
`python -I scripts/installed.py [base|audio|aec|simulator|demo]`. Ends with an error where something
is missing or does not work.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from importlib import import_module, metadata
from pathlib import Path


def base() -> None:
    """Every public name loads, and a request fails as it should where nobody listens."""
    import vatel
    import vatel_rt
    from vatel_rt.errors import VatelError

    for name in ("vatel", "vatel_rt", "vatel_rest"):
        module = import_module(name)
        assert sys.prefix in str(module.__file__), f"{module.__file__} is not the installed one"
        assert (Path(str(module.__file__)).parent / "py.typed").is_file()
        for public in dir(module):
            getattr(module, public)
    assert vatel.__version__ == vatel_rt.__version__ == metadata.version("vatel")
    with vatel.Client("key", "http://127.0.0.1:9", max_retries=0) as client:
        try:
            client.agents.list()
        except VatelError as error:
            print(f"as expected: {error}")
        else:
            raise AssertionError("somebody answers at port 9")


def audio() -> None:
    """PortAudio loads, and a file of another rate is converted."""
    from vatel_rt import PyAudioDevice
    from vatel_rt.audio.resampling import Resampler

    import_module("pyaudio")
    PyAudioDevice()
    assert len(Resampler(8000, 24_000).push(bytes(16_000), last=True)) == 48_000


def aec() -> None:
    """A block goes through the echo canceller."""
    from vatel_rt.audio.echo import cleaner
    from vatel_rt.audio.pcm import BLOCK_BYTES

    assert len(cleaner("aec")(bytes(BLOCK_BYTES), bytes(BLOCK_BYTES))) == BLOCK_BYTES


def simulator() -> None:
    """A call against the simulator, until the agent speaks."""
    asyncio.run(_call())


async def _call() -> None:
    from vatel import Client
    from vatel.simulator import Simulator
    from vatel_rt import SilentDevice

    async with Simulator() as platform, Client(platform.api_key, platform.url) as client:
        call = client.call(platform.agent_id, audio=SilentDevice())
        async with call:
            async for message in call:
                if message.type == "response_audio":
                    call.hang_up()
        assert call.end is not None
        assert call.end.reason == "caller_hung_up", call.end
        assert platform.calls[0].messages


def demo() -> None:
    """The demo makes its call, and leaves what it was asked for."""
    files = ["--record", "call.wav", "--events", "call.jsonl"]
    subprocess.run([sys.executable, "-I", "-m", "vatel_rt.demo", "--simulate", *files], check=True)
    assert Path("call.wav").stat().st_size > 1_000_000
    assert Path("call.jsonl").read_text(encoding="utf-8").count("\n") > 100


CHECKS = {"base": base, "audio": audio, "aec": aec, "simulator": simulator, "demo": demo}

if __name__ == "__main__":
    CHECKS[sys.argv[1]]()
