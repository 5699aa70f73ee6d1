"""Scenarios: what the simulated agent says, what the caller is taken to say, and when."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Union

import msgspec

from vatel.simulator.scenario.checks import check
from vatel.simulator.scenario.clips import DATA, read_clip
from vatel.simulator.scenario.errors import ScenarioError, from_msgspec
from vatel.simulator.scenario.keys import ScenarioKeys
from vatel.simulator.scenario.yaml_file import YamlFile
from vatel_rt.audio.pcm import bytes_of
from vatel_rt.errors import SimulatorError

DEFAULT = DATA / "default.yaml"


class Scenario(ScenarioKeys, frozen=True, kw_only=True):
    """What exists on the platform at the start, and what happens in a call.

    The attributes have the names of a file's keys, which `docs/simulator.md` explains.
    """

    @classmethod
    def load(cls, path: Union[str, Path]) -> Scenario:
        """Return the scenario in the YAML file `path`, checked, with its clips.

        Raises:
            SimulatorError: the file cannot be read, or a value is wrong; the text is one line
                with the file, the line in it, and the key.
        """
        try:
            file = YamlFile(Path(path))
            try:
                keys = cls.of({} if file.value is None else file.value)
                folder = str(Path(path).parent / keys.folder)
                scenario = msgspec.structs.replace(keys, folder=folder)
                check(scenario)
            except ScenarioError as error:
                raise SimulatorError(f"line {file.line(error.place)}: {error}") from error
        except SimulatorError as error:
            raise SimulatorError(f"scenario {path}: {error}") from error
        return scenario

    @classmethod
    def of(cls, keys: object) -> Scenario:
        """Return the scenario with these keys (a mapping as in a file, or a scenario).

        Raises:
            SimulatorError: a key is unknown, or a value has the wrong type.
        """
        try:
            return msgspec.convert(msgspec.to_builtins(keys), cls)
        except msgspec.ValidationError as error:
            raise from_msgspec(error, cls) from error
        except TypeError as error:
            raise SimulatorError(str(error)) from error
        except RecursionError as error:
            raise SimulatorError("nested too deeply") from error

    def check(self) -> None:
        """Check a scenario made in Python; `load` does this for a file.

        Raises:
            SimulatorError: a value is wrong; the text names the key.
        """
        self.of(self)
        check(self)

    @classmethod
    def default(cls) -> Scenario:
        """Return the packaged scenario, which speaks without an installed voice."""
        return copy.deepcopy(_packaged())

    def clips(self) -> dict[str, Path]:
        """Return the paths of the clips, by the text that each speaks."""
        return {line.says: self.path(line.clip) for _, line in self.spoken() if line.clip}

    def caller_audio(self) -> bytes:
        """Return what the caller says, as PCM from the call's start; silence without a clip."""
        audio = bytearray()
        for line in sorted(self.caller, key=lambda line: line.at):
            audio.extend(bytes(max(0, bytes_of(1000 * line.at) - len(audio))))
            if line.clip:
                audio.extend(read_clip(self.path(line.clip)))
        return bytes(audio)


@cache
def _packaged() -> Scenario:
    return Scenario.load(DEFAULT)
