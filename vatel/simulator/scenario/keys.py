"""The keys of a scenario, as classes; docs/simulator.md explains them, `voice/` applies them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Optional, Union

import msgspec

from vatel.simulator.openapi.document import Json
from vatel.simulator.scenario.errors import Place
from vatel.simulator.scenario.faults import Faults
from vatel.simulator.scenario.types import BoundedSeconds, Milliseconds, PositiveSeconds

DEFAULT_AGENT_ID = "5e1f1a5c-0000-4000-8000-000000000001"
UUID_PATTERN = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
PLACEHOLDER = re.compile(r"\{(\w+)\}")
"""A place in an answer that a value of a tool's output replaces."""


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base class for the mappings of a scenario; unknown keys are errors."""


class TimeoutSettings(Keys, frozen=True, kw_only=True):
    """`default_timeout`: seconds without speech of caller and agent that end the call."""

    default_timeout: PositiveSeconds = 20


class VadSettings(Keys, frozen=True, kw_only=True):
    """Seconds of speech that begin a turn of the caller, and of silence that end it."""

    start_secs: PositiveSeconds = 0.06
    stop_secs: PositiveSeconds = 0.5


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
    """How fast and in what chunks audio is sent; `thinking_ms` is the delay before an answer."""

    speed: Union[Annotated[float, msgspec.Meta(ge=1)], Literal["max"]] = 4
    chunk_min_ms: Annotated[float, msgspec.Meta(ge=1)] = 10
    chunk_max_ms: Annotated[float, msgspec.Meta(ge=1, le=10_000)] = 400
    thinking_ms: Milliseconds = 200


class Quirks(Keys, frozen=True, kw_only=True):
    """Changes to all messages: extra fields, and a field that older servers do not send."""

    extra_fields: Json = {}
    omit_is_final: bool = False


class RawMessage(Keys, frozen=True, kw_only=True):
    """A message that is sent unchanged."""

    type: str
    data: Any = {}


class Pause(Keys, frozen=True, kw_only=True):
    """A pause of `for_ms` in sending a line's audio, after `at_ms` of the audio."""

    at_ms: Milliseconds
    for_ms: Milliseconds


class Spoken(Keys, frozen=True, kw_only=True):
    """A text, and optionally the WAV file in the scenario's folder that speaks it."""

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
    """An argument of a tool call, with the platform's field names; `value` is any JSON value."""

    name: str
    value: Any = None
    type: Optional[str] = None
    data_type: Optional[str] = msgspec.field(default=None, name="dataType")
    description: Optional[str] = None
    required: Optional[bool] = None


class Tool(Keys, frozen=True, kw_only=True):
    """A tool that the agent calls before it answers."""

    name: str
    arguments: list[Argument] = []
    timeout: PositiveSeconds = 10
    on_timeout: str = "I am sorry, I could not find that out."
    on_error: Optional[str] = None


class Answer(Line, frozen=True, kw_only=True):
    """What the agent says if the output of the tools has the values of `when`."""

    when: Json


class Turn(Line, frozen=True, kw_only=True):
    """What the caller is taken to say, and what the agent does then."""

    hears: str
    hears_interim: Optional[list[str]] = None
    speech_min_secs: BoundedSeconds = 0
    speech_max_secs: Optional[BoundedSeconds] = None
    emulated: bool = False
    tool: Union[Tool, list[Tool]] = []
    says: str = ""
    echo: bool = False
    answers: list[Answer] = []

    @property
    def tools(self) -> list[Tool]:
        """The tools of the turn, which are called at the same time."""
        return [self.tool] if isinstance(self.tool, Tool) else self.tool


class CallerLine(Spoken, frozen=True, kw_only=True):
    """What the demo's caller says, `at` seconds after the call's start."""

    at: BoundedSeconds


class Dialled(Spoken, frozen=True, kw_only=True):
    """What the called party at `number` does; None applies to all numbers."""

    number: Optional[str] = None
    outcome: Literal["answered", "busy", "no_answer", "rejected"] = "answered"
    says: str = "Hello?"
    stays_secs: Optional[BoundedSeconds] = None
    hangs_up: Literal["party", "agent"] = "party"


class ScenarioKeys(Keys, frozen=True, kw_only=True):
    """The keys of a whole scenario."""

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
    hang_up_after: Optional[PositiveSeconds] = None
    dialled: list[Dialled] = []
    agents: list[Json] = []
    numbers: list[Json] = []
    trunks: list[Json] = []
    calls: list[Json] = []
    caller: list[CallerLine] = []
    faults: Faults = msgspec.field(default_factory=Faults)
    folder: str = "."

    def path(self, clip: str) -> Path:
        """Return the path of a clip."""
        return Path(self.folder, clip)

    def lines(self) -> Iterator[tuple[Place, Line]]:
        """Return all lines of the agent, each with its place in the scenario."""
        yield ("greeting",), self.greeting
        if self.goodbye:
            yield ("goodbye",), self.goodbye
        for i, turn in enumerate(self.turns):
            yield ("turns", i), turn
            yield from ((("turns", i, "answers", k), line) for k, line in enumerate(turn.answers))

    def spoken(self) -> Iterator[tuple[Place, Spoken]]:
        """Return all lines of agent, caller and called parties, each with its place."""
        yield from self.lines()
        yield from ((("caller", i), line) for i, line in enumerate(self.caller))
        yield from ((("dialled", i), line) for i, line in enumerate(self.dialled))
