"""The platform on your machine: REST and voice sessions, with a scripted agent.

It needs no account and no network, and it speaks: `python -m vatel_rt.simulator`, or
`async with Simulator() as simulator` in a program. It needs the extra `vatel[simulator]`.

**It recognises no speech and has no language model.** It hears *when* the caller speaks and
stops, from the energy of the audio. *What* it takes the caller to say, and what it answers,
stands in a scenario, whatever was said.

A scenario is a YAML file. Every key may be left out::

    agent:                      # as GET /v1/agents shows it
      id: 5e1f1a5c-0000-4000-8000-000000000001
      name: Scripted agent
      prompt: ""
      default_language: en
      timeout_settings:
        default_timeout: 20     # seconds without speech that end the call
      vad_settings:
        start_secs: 0.06        # seconds of speech that begin a turn of the caller
        stop_secs: 0.5          # seconds of silence that end it
    voice:                      # for text without a clip, if espeak-ng is installed
      name: en-us               # one of `espeak-ng --voices`
      words_per_minute: 165
    delivery:                   # how the agent's audio travels
      speed: 4                  # times real time, 1 or more
      chunk_min_ms: 10          # chunks have a random length between these
      chunk_max_ms: 400
      thinking_ms: 200          # before an answer
      seed: 1                   # of the randomness: equal seeds, equal chunks
    greeting:                   # the agent's first message; "" for none
      says: Hello.
      clip: hello.wav           # speaks it: 24 kHz, mono, 16 bit
    turns:                      # one for each time that the caller speaks
      - hears: Where is my order?
        tool:                   # asked for before the answer
          name: order_status
          arguments:
            - {name: order_id, type: static, dataType: string, description: Its number,
               required: true, value: "42"}
          timeout: 10           # seconds that the agent waits for the output
          on_timeout: I am sorry, I could not find that out.
        says: It is {status}.   # {output}, or a field of an output that is a JSON object
        clip: order.wav
    goodbye:                    # said before the agent hangs up
      says: Goodbye.
      clip: goodbye.wav
    after_last_turn: hang_up    # or wait (for the caller to hang up), or repeat (the turns)
    caller:                     # what the demo's caller says, for `caller_clip`
      - {at: 2.5, says: "Where is my order?", clip: caller_order.wav}
    folder: .                   # where the clips are, seen from the file

Text without a clip is spoken by `espeak-ng`; where that is not installed, the agent says so.

The REST side has all operations, and holds requests against the document. What it cannot know it
makes up: a dialled number answers, listens to the first message and hangs up, and the call is in
the history; an `account_sid` that ends in `FAIL` makes Twilio fail (502); each change of an agent
adds a version that is not published; `Simulator(has_sip=False)` has no SIP credentials (503).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Optional

if TYPE_CHECKING:
    from vatel_rt.simulator.scenario import Scenario
    from vatel_rt.simulator.server import Simulator

__all__ = ["Scenario", "Simulator", "caller_clip"]

_HOMES = {"Scenario": "scenario", "Simulator": "server"}
_PACKAGES = {"jsonschema", "jwt", "starlette", "uvicorn", "yaml"}


def caller_clip(scenario: Optional[Scenario] = None) -> bytes:
    """What the caller of a scenario says, as PCM that begins with the call.

    Args:
        scenario: one whose `caller` has clips; the packaged one by default.

    Raises:
        SimulatorError: the extra is not installed.
    """
    spoken: Scenario = scenario or __getattr__("Scenario").default()
    return spoken.caller_audio()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package not in _PACKAGES:
            raise
        from vatel_rt.errors import SimulatorError  # not above: it loads a lot

        missing = f"the simulator needs {package}: pip install 'vatel[simulator]'"
        raise SimulatorError(missing) from error
