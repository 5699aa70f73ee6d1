"""Scenarios: what the simulated agent says, what it takes the caller to say, and when.

The keys are documented in `vatel_rt.simulator`; the classes here are their schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import msgspec

from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import SimulatorError
from vatel_rt.simulator.checks import check
from vatel_rt.simulator.yaml_file import read_yaml

DATA = Path(__file__).parent / "data"
DEFAULT = DATA / "default.yaml"
DEFAULT_AGENT_ID = "5e1f1a5c-0000-4000-8000-000000000001"
UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

AfterLastTurn = Literal["hang_up", "wait", "repeat"]
_CHOICES = ": it is hang_up, wait or repeat"

NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of a scenario; a key that it does not have is an error."""


class TimeoutSettings(Keys, frozen=True, kw_only=True):
    """`default_timeout`: seconds without speech from either side that end the call."""

    default_timeout: Positive = 20


class VadSettings(Keys, frozen=True, kw_only=True):
    """Seconds of speech that begin a turn of the caller, and of silence that end it."""

    start_secs: Positive = 0.06
    stop_secs: Positive = 0.5


class AgentProfile(Keys, frozen=True, kw_only=True):
    """The agent, as `GET /v1/agents` shows it; its first message is the scenario's greeting."""

    id: Annotated[str, msgspec.Meta(pattern=UUID_PATTERN)] = DEFAULT_AGENT_ID
    name: str = "Scripted agent"
    prompt: str = ""
    default_language: str = "en"
    timeout_settings: TimeoutSettings = TimeoutSettings()
    vad_settings: VadSettings = VadSettings()


class Voice(Keys, frozen=True, kw_only=True):
    """The voice for text without a clip: one of `espeak-ng --voices`, and its speed."""

    name: str = "en-us"
    words_per_minute: Annotated[int, msgspec.Meta(ge=80, le=450)] = 165


class Delivery(Keys, frozen=True, kw_only=True):
    """How the agent's audio travels."""

    speed: Annotated[float, msgspec.Meta(ge=1)] = 4
    chunk_min_ms: Annotated[float, msgspec.Meta(ge=1)] = 10
    chunk_max_ms: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 400
    thinking_ms: NotNegative = 200
    seed: int = 1


class Line(Keys, frozen=True, kw_only=True):
    """Spoken text, and the WAV file in the scenario's folder that speaks it, if there is one."""

    says: str
    clip: Optional[str] = None


class Argument(Keys, frozen=True, kw_only=True):
    """An argument of a tool call, under the platform's names."""

    name: str
    value: Any = None
    type: Optional[str] = None
    data_type: Optional[str] = msgspec.field(default=None, name="dataType")
    description: Optional[str] = None
    required: Optional[bool] = None


class Tool(Keys, frozen=True, kw_only=True):
    """A tool that the agent asks for before it answers."""

    name: str
    arguments: list[Argument] = []
    timeout: Positive = 10
    on_timeout: str = "I am sorry, I could not find that out."


class Turn(Line, frozen=True, kw_only=True):
    """What the agent takes the caller to say, and what it does then."""

    hears: str
    tool: Optional[Tool] = None


class CallerLine(Line, frozen=True, kw_only=True):
    """What the demo's caller says, `at` seconds after the call's start."""

    at: NotNegative


class Scenario(Keys, frozen=True, kw_only=True):
    """What happens in a call. Attributes have the names of the file's keys."""

    agent: AgentProfile = AgentProfile()
    voice: Voice = Voice()
    delivery: Delivery = Delivery()
    greeting: Line = Line(says="Hello.")
    turns: list[Turn] = []
    goodbye: Optional[Line] = None
    after_last_turn: AfterLastTurn = "hang_up"
    caller: list[CallerLine] = []
    folder: str = "."

    @classmethod
    def load(cls, path: Union[str, Path]) -> Scenario:
        """The scenario in the YAML file `path`, with its clips.

        Raises:
            SimulatorError: it cannot be read, or says something that a scenario cannot; the
                text names the file and the place in it.
        """
        scenario = cls.read(path)
        try:
            check(scenario)
        except SimulatorError as error:
            raise SimulatorError(f"scenario {path}: {error}") from error
        return scenario

    @classmethod
    def read(cls, path: Union[str, Path]) -> Scenario:
        """As `load`, without looking at clips and voice."""
        try:
            keys = read_yaml(Path(path))
            scenario = msgspec.convert({} if keys is None else keys, cls)
        except (SimulatorError, msgspec.ValidationError) as error:
            choices = _CHOICES if "`$.after_last_turn`" in str(error) else ""
            raise SimulatorError(f"scenario {path}: {error}{choices}") from error
        folder = Path(path).parent / scenario.folder
        return msgspec.structs.replace(scenario, folder=str(folder))

    @classmethod
    def default(cls) -> Scenario:
        """The scenario that comes with the package, which speaks on any machine."""
        return cls.load(DEFAULT)

    def clips(self) -> dict[str, Path]:
        """Where the lines that have a clip have it, by their text."""
        return {line.says: Path(self.folder, line.clip) for _, line in self.lines() if line.clip}

    def lines(self) -> Iterator[tuple[str, Line]]:
        """All that is spoken, and where in the scenario it stands."""
        yield "greeting", self.greeting
        if self.goodbye:
            yield "goodbye", self.goodbye
        yield from ((f"turns[{i}]", turn) for i, turn in enumerate(self.turns))
        yield from ((f"caller[{i}]", line) for i, line in enumerate(self.caller))

    def caller_audio(self) -> bytes:
        """What the caller says, as PCM that begins with the call; without a clip, silence."""
        audio = bytearray()
        for line in sorted(self.caller, key=lambda line: line.at):
            audio.extend(bytes(max(0, bytes_of(1000 * line.at) - len(audio))))
            if line.clip:
                audio.extend(read_wav(Path(self.folder, line.clip)))
        return bytes(audio)
