"""Strict reading of YAML files, with the line of each key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Optional

import yaml

from vatel.simulator.scenario.errors import Place
from vatel_rt.errors import SimulatorError

MAX_BYTES = 2**20
MAX_VALUES = 100_000
"""Maximum values of a file, with those that aliases repeat."""
_NOT_JSON = (":timestamp", ":binary", ":set", ":omap", ":pairs")


class YamlFile:
    """A YAML file. Its values have JSON types only: a date is read as text.

    Raises:
        SimulatorError: the file cannot be read; the text has the line.

    Attributes:
        value: the content; None for an empty file.
    """

    def __init__(self, path: Path) -> None:
        data = b""
        try:
            data = _read(path)
            loader = _Loader(data.decode("utf-8"))
            self._root = loader.get_single_node()
            _check_size(self._root)
            self.value: Any = self._root and loader.construct_document(self._root)
        except OSError as error:
            raise SimulatorError(str(error.strerror or error)) from error
        except yaml.MarkedYAMLError as error:
            raise SimulatorError(_one_line(error)) from error
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise SimulatorError(f"line {line}: not valid UTF-8") from error
        except yaml.reader.ReaderError as error:
            line = data.decode("utf-8")[: error.position].count("\n") + 1
            raise SimulatorError(f"line {line}: {error.reason}") from error
        except RecursionError as error:
            raise SimulatorError("nested too deeply") from error

    def line(self, place: Place) -> int:
        """Return the line of a key or an item; for one that is missing, its parent's line."""
        node, line = self._root, 1
        for step in place:
            if isinstance(node, yaml.MappingNode):
                # The last one counts: merged keys are placed before the mapping's.
                found = [pair for pair in node.value if pair[0].value == step]
                mark, node = (found[-1][0].start_mark, found[-1][1]) if found else (None, None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                mark = node.start_mark
            else:
                break
            line = mark.line + 1 if mark else line
        return line


def _read(path: Path) -> bytes:
    if not path.is_file():
        path.stat()  # raises if there is nothing
        raise SimulatorError("is not a file")
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SimulatorError(f"is larger than {MAX_BYTES} bytes")
    return data


def _check_size(root: Optional[yaml.Node]) -> None:
    """Refuse values that contain themselves, or that aliases multiply."""
    sizes: dict[yaml.Node, Optional[int]] = {}

    def size_of(node: yaml.Node) -> int:
        if node not in sizes:
            sizes[node] = None
            total = 1 + sum(map(size_of, _parts(node)))
            if total > MAX_VALUES:
                raise SimulatorError(f"{_line(node)}: more than {MAX_VALUES} values")
            sizes[node] = total
        size = sizes[node]
        if size is None:
            raise SimulatorError(f"{_line(node)}: a value that contains itself")
        return size

    if root:
        size_of(root)


def _parts(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _line(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _one_line(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark or error.context_mark
    where = f"line {mark.line + 1}: " if mark else ""
    parts = (error.problem, error.context)
    return where + " ".join(", ".join(part for part in parts if part).split())


class _Loader(yaml.SafeLoader):
    """The safe loader for JSON types only, which refuses duplicate keys."""

    yaml_constructors = {  # noqa: RUF012
        tag: construct
        for tag, construct in yaml.SafeLoader.yaml_constructors.items()
        if not str(tag).endswith(_NOT_JSON)
    }
    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(_NOT_JSON)]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        known = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in known:
                problem = f"duplicate key {key.value}"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            known.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # such as !!int x
            raise yaml.constructor.ConstructorError(
                None, None, str(error), node.start_mark
            ) from error
