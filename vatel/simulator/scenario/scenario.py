"""Scenarios: what the simulated agent says, what it takes the caller to say, and when.

The classes have the names of the keys of a file; `docs/simulator.md` says what each key means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import msgspec

from vatel.simulator.scenario.errors import MistakeError, Place, in_types
from vatel.simulator.scenario.faults import Faults
from vatel.simulator.scenario.yaml_file import YamlFile
from vatel_rt.audio.pcm import bytes_of
from vatel_rt.audio.wav import read_wav
from vatel_rt.errors import SimulatorError

DATA = Path(__file__).parents[1] / "data"
DEFAULT = DATA / "default.yaml"
DEFAULT_AGENT_ID = "5e1f1a5c-0000-4000-8000-000000000001"
UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""A place in an answer that the output of a tool fills."""
DAY = 86_400

Seconds = Annotated[float, msgspec.Meta(ge=0, le=DAY)]
SomeSeconds = Annotated[float, msgspec.Meta(gt=0, le=DAY)]
Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=1000 * DAY)]
Json = dict[str, Any]


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mapping of a scenario; a key that it does not have is an error."""


class TimeoutSettings(Keys, frozen=True, kw_only=True):
    """`default_timeout`: seconds without speech from either side that end the call."""

    default_timeout: SomeSeconds = 20


class VadSettings(Keys, frozen=True, kw_only=True):
    """Seconds of speech that begin a turn of the caller, and of silence that end it."""

    start_secs: SomeSeconds = 0.06
    stop_secs: SomeSeconds = 0.5


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

    speed: Union[Annotated[float, msgspec.Meta(ge=1)], Literal["max"]] = 4
    chunk_min_ms: Annotated[float, msgspec.Meta(ge=1)] = 10
    chunk_max_ms: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 400
    thinking_ms: Milliseconds = 200


class Quirks(Keys, frozen=True, kw_only=True):
    """Oddities of all messages: fields that nobody knows, and one that older servers lack."""

    extra_fields: Json = {}
    omit_is_final: bool = False


class RawMessage(Keys, frozen=True, kw_only=True):
    """A message that is sent as it stands here, whatever it is."""

    type: str
    data: Any = {}


class Pause(Keys, frozen=True, kw_only=True):
    """Audio stops coming for a while, once `at_ms` of the speech have been sent."""

    at_ms: Milliseconds
    for_ms: Milliseconds


class Spoken(Keys, frozen=True, kw_only=True):
    """Spoken text, and the WAV file in the scenario's folder that speaks it, if there is one."""

    says: str
    clip: Optional[str] = None


class Line(Spoken, frozen=True, kw_only=True):
    """What the agent says, and how."""

    interim: Optional[list[str]] = None
    pauses: list[Pause] = []
    thinking_ms: Optional[Milliseconds] = None
    barge_in: Optional[bool] = None
    send: list[RawMessage] = []
    then: Optional[Literal["hang_up"]] = None


class Argument(Keys, frozen=True, kw_only=True):
    """An argument of a tool call, under the platform's names; `value` is any JSON value."""

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
    timeout: SomeSeconds = 10
    on_timeout: str = "I am sorry, I could not find that out."
    on_error: Optional[str] = None


class Answer(Line, frozen=True, kw_only=True):
    """What the agent says where the output of the tools has the values of `when`."""

    when: Json


class Turn(Line, frozen=True, kw_only=True):
    """What the agent takes the caller to say, and what it does then."""

    hears: str
    hears_interim: Optional[list[str]] = None
    speech_min_secs: Seconds = 0
    speech_max_secs: Optional[Seconds] = None
    emulated: bool = False
    tool: Union[Tool, list[Tool]] = []
    says: str = ""
    echo: bool = False
    answers: list[Answer] = []

    @property
    def tools(self) -> list[Tool]:
        """The tools that are asked for, all at once."""
        return [self.tool] if isinstance(self.tool, Tool) else self.tool


class CallerLine(Spoken, frozen=True, kw_only=True):
    """What the demo's caller says, `at` seconds after the call's start."""

    at: Seconds


class Dialled(Spoken, frozen=True, kw_only=True):
    """What a dialled party does; `number` is whose, and None is everybody's."""

    number: Optional[str] = None
    outcome: Literal["answered", "busy", "no_answer", "rejected"] = "answered"
    says: str = "Hello?"
    stays_secs: Optional[Seconds] = None
    hangs_up: Literal["party", "agent"] = "party"


class Scenario(Keys, frozen=True, kw_only=True):
    """What there is on the platform, and what happens in a call.

    Attributes have the names of the file's keys, which `docs/simulator.md` explains.
    """

    seed: int = 1
    agent: AgentProfile = AgentProfile()
    voice: Voice = Voice()
    delivery: Delivery = Delivery()
    barge_in: bool = True
    quirks: Quirks = Quirks()
    greeting: Line = Line(says="Hello.")
    turns: list[Turn] = []
    turns_by: Literal["order", "length"] = "order"
    goodbye: Optional[Line] = None
    after_last_turn: Literal["hang_up", "wait", "repeat"] = "hang_up"
    hang_up_after: Optional[SomeSeconds] = None
    dialled: list[Dialled] = []
    agents: list[Json] = []
    numbers: list[Json] = []
    trunks: list[Json] = []
    calls: list[Json] = []
    caller: list[CallerLine] = []
    faults: Faults = msgspec.field(default_factory=Faults)
    folder: str = "."

    @classmethod
    def load(cls, path: Union[str, Path]) -> Scenario:
        """The scenario in the YAML file `path`, with its clips.

        Raises:
            SimulatorError: it cannot be read, or says something that a scenario cannot; the
                text is one line, and names the file, the line in it, and the key.
        """
        try:
            file = YamlFile(Path(path))
            try:
                keys = cls.of({} if file.value is None else file.value)
                scenario = msgspec.structs.replace(
                    keys, folder=str(Path(path).parent / keys.folder)
                )
                scenario.check()
            except MistakeError as error:
                raise SimulatorError(f"line {file.line(error.place)}: {error}") from error
        except SimulatorError as error:
            raise SimulatorError(f"scenario {path}: {error}") from error
        return scenario

    @classmethod
    def of(cls, keys: object) -> Scenario:
        """The scenario with these keys, as a file has them.

        Raises:
            SimulatorError: they are not those of a scenario, or have not their types.
        """
        try:
            return msgspec.convert(msgspec.to_builtins(keys), cls)
        except msgspec.ValidationError as error:
            raise in_types(error, cls) from error
        except TypeError as error:
            raise SimulatorError(str(error)) from error
        except RecursionError as error:
            raise SimulatorError("nested too deeply") from error

    def check(self) -> None:
        """Look for what cannot work: what `load` does, for a scenario made in Python.

        Raises:
            SimulatorError: the text names the key.
        """
        from vatel.simulator.scenario.checks import check  # not above: it loads the document

        self.of(self)
        check(self)

    @classmethod
    def default(cls) -> Scenario:
        """The scenario that comes with the package, which speaks on any machine."""
        return cls.load(DEFAULT)

    def clips(self) -> dict[str, Path]:
        """Where the lines that have a clip have it, by their text."""
        return {line.says: self.path(line.clip) for _, line in self.spoken() if line.clip}

    def path(self, clip: str) -> Path:
        """Where a clip is."""
        return Path(self.folder, clip)

    def lines(self) -> Iterator[tuple[Place, Line]]:
        """All that the agent may say, and where in the scenario it stands."""
        yield ("greeting",), self.greeting
        if self.goodbye:
            yield ("goodbye",), self.goodbye
        for i, turn in enumerate(self.turns):
            yield ("turns", i), turn
            yield from ((("turns", i, "answers", k), line) for k, line in enumerate(turn.answers))

    def spoken(self) -> Iterator[tuple[Place, Spoken]]:
        """All that anybody may say, and where in the scenario it stands."""
        yield from self.lines()
        yield from ((("caller", i), line) for i, line in enumerate(self.caller))
        yield from ((("dialled", i), line) for i, line in enumerate(self.dialled))

    def caller_audio(self) -> bytes:
        """What the caller says, as PCM that begins with the call; without a clip, silence."""
        audio = bytearray()
        for line in sorted(self.caller, key=lambda line: line.at):
            audio.extend(bytes(max(0, bytes_of(1000 * line.at) - len(audio))))
            if line.clip:
                audio.extend(read_wav(self.path(line.clip)))
        return bytes(audio)
