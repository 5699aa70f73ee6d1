"""YAML files, read strictly, with errors of one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from vatel_rt.errors import SimulatorError


def read_yaml(path: Path) -> Any:
    """The value in a file.

    Raises:
        SimulatorError: it cannot be read; the text names the line.
    """
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, _Loader)  # noqa: S506
    except OSError as error:
        raise SimulatorError(str(error.strerror)) from error
    except yaml.MarkedYAMLError as error:
        raise SimulatorError(_told(error)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SimulatorError(f"line {line}: {error.reason}") from error
    except RecursionError as error:
        raise SimulatorError("nested too deeply") from error
    except ValueError as error:  # no UTF-8, or a date that is none
        raise SimulatorError(str(error)) from error


def _told(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    parts = (error.problem, error.context)
    return where + " ".join(", ".join(part for part in parts if part).split())


class _Loader(yaml.SafeLoader):
    """The safe loader, which takes each key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        known = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in known:
                problem = f"the key {key.value} is there twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            known.add(key.value)
        return super().construct_mapping(node, deep)
