"""Prepare the OpenAPI document for openapi-python-client.

`repaired` returns the document as the generator must see it, `facts` what our templates need in
addition. Both take the document that `inlined` returns and do not change it.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any, Callable

Json = dict[str, Any]


class GenerateError(Exception):
    """The package cannot be generated or differs from the document; the text says why."""


def operations(document: Json) -> list[Json]:
    """Return every operation of a document that `inlined` returned."""
    return [operation for item in document["paths"].values() for operation in item.values()]


def walk(node: Any) -> Iterator[Json]:
    """Yield every object in a part of the document, outer objects first."""
    if isinstance(node, dict):
        yield node
        node = list(node.values())
    for child in node if isinstance(node, list) else ():
        yield from walk(child)


def inlined(document: Json) -> Json:
    """Return a copy in which each operation has its parameters, body and responses in full."""
    document = copy.deepcopy(document)
    for item in document["paths"].values():
        shared = item.pop("parameters", [])
        for operation in item.values():
            listed = [*shared, *operation.get("parameters", [])]
            responses = operation["responses"].items()
            operation["parameters"] = [resolve(document, part) for part in listed]
            operation["responses"] = {s: resolve(document, part) for s, part in responses}
            operation["requestBody"] = resolve(document, operation.get("requestBody", {}))
    return document


def resolve(document: Json, part: Json) -> Json:
    """Return a copy of a part, or of the component that it refers to."""
    while "$ref" in part:
        kind, name = part["$ref"].split("/")[-2:]
        part = document["components"][kind][name]
    return copy.deepcopy(part)


def reachable(document: Json, roots: list[Any]) -> set[str]:
    """Return the names of the schemas that these parts refer to, directly or through others."""
    found: set[str] = set()
    while roots:
        for node in walk(roots.pop()):
            name = str(node.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                roots.append(document["components"]["schemas"][name])
    return found


def _drop_realtime(document: Json) -> None:
    document["paths"].pop("/v1/connection", None)
    parts = document["components"]
    schemas = parts["schemas"].items()
    parts["schemas"] = {n: s for n, s in schemas if not n.startswith("VoiceSession")}


def _drop_errors(document: Json) -> None:
    for operation in operations(document):
        responses = operation["responses"].items()
        operation["responses"] = {s: part for s, part in responses if s.startswith("2")}


def _drop_defaults(document: Json) -> None:
    for parameter in [part for o in operations(document) for part in o["parameters"]]:
        parameter["schema"].pop("default", None)


def _drop_formats(document: Json) -> None:
    for node in walk(document):
        if node.get("type") == "string" and node.get("format") in ("uuid", "date"):
            del node["format"]


def _drop_unions(document: Json) -> None:
    for node in walk(document):
        if isinstance(node.get("type"), list):
            node["anyOf"] = [{"type": kind} for kind in node.pop("type")]
        branches = node.pop("anyOf", node.pop("oneOf", []))
        branches = [branch for branch in branches if branch != {"type": "null"}]
        enums = [branch for branch in branches if "enum" in resolve(document, branch)]
        if [branch for branch in branches if branch not in enums] == [{"type": "string"}]:
            branches = enums or branches
        if len(branches) == 1:
            node.update(branches[0])


def _spell_plurals(document: Json) -> None:
    for operation in operations(document):
        operation["operationId"] = plain_plural(operation["operationId"])


def plain_plural(name: str) -> str:
    """Spell `listLLMs` as `listLlms`, which converts to snake case correctly."""
    return re.sub(r"[A-Z]{2,}s(?![a-z])", lambda match: match[0].capitalize(), name)


REPAIRS: tuple[tuple[Callable[[Json], None], str], ...] = (
    (_drop_realtime, "The voice WebSocket is not a REST operation; see `vatel_rt.realtime`."),
    (_drop_errors, "The client raises errors, so functions return the successful response only."),
    (_drop_defaults, "A default would be sent with every request."),
    (_drop_unions, "Readers accept null and unknown enum values everywhere, and pass on the value "
     "of any other union. Fields that may be sent as null are listed in `facts`."),
    (_drop_formats, "Ids and days are passed on as text, also those that may be null."),
    (_spell_plurals, "`listLLMs` would become `list_ll_ms`."),
)  # fmt: skip


def repaired(document: Json) -> Json:
    """Return the document as the generator must see it."""
    view = copy.deepcopy(document)
    for repair, _ in REPAIRS:
        repair(view)
    for operation in operations(view):
        # What our templates would silently get wrong.
        body, name = operation["requestBody"], operation["operationId"]
        if body.get("content", {}).keys() - {"application/json"}:
            raise GenerateError(f"{name} has a body of {', '.join(body['content'])}: not supported")
        if any(parameter["in"] == "cookie" for parameter in operation["parameters"]):
            raise GenerateError(f"{name} has a parameter in a cookie: not supported")
        if not body:
            del operation["requestBody"]
    return view


def facts(document: Json, names: Json) -> Json:
    """Return the variables of our templates: names, texts, and which fields may be null."""
    found = list(operations(document))
    sent = reachable(document, [operation["requestBody"] for operation in found])
    received = reachable(document, [operation["responses"] for operation in found])
    schemas = {n: s.get("properties", {}) for n, s in document["components"]["schemas"].items()}
    return {
        "names": names,
        "only_sent": sent - received,
        "nullable": {n: tuple(f for f in s if _nullable(s[f])) for n, s in schemas.items()},
        "field_docs": {name: _texts(document, fields) for name, fields in schemas.items()},
        "group_docs": {t["name"].replace("-", "_"): t["description"] for t in document["tags"]},
        "operation_docs": {
            plain_plural(o["operationId"]): _operation_docs(document, o, names) for o in found
        },
    }


def _nullable(part: Json) -> bool:
    return "null" in part.get("type", ()) or {"type": "null"} in part.get("anyOf", ())


def _texts(document: Json, parts: Json) -> dict[str, str]:
    # A reference's own description takes precedence over its target's.
    described = {name: {**resolve(document, part), **part} for name, part in parts.items()}
    return {name: part.get("description", "").strip() for name, part in described.items()}


def _operation_docs(document: Json, operation: Json, names: Json) -> Json:
    responses = _texts(document, operation["responses"])
    bodies = operation["requestBody"].get("content", {})
    return {
        "arguments": {part["name"]: _argument_doc(part) for part in operation["parameters"]},
        "body": next(iter(_texts(document, {m: bodies[m]["schema"] for m in bodies}).values()), ""),
        "returns": next((text for status, text in responses.items() if status[0] == "2"), ""),
        "raises": _raises(responses, names["errors"]),
    }


def _argument_doc(parameter: Json) -> str:
    schema = parameter["schema"]
    text = str(parameter.get("description", schema.get("description", "")))
    return text if schema.get("default") is None else f"{text} Default: {schema['default']}."


def _raises(responses: dict[str, str], errors: Json) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for status in sorted(status for status in responses if status[0] in "45"):
        name = errors.get(status, "ServerError" if status[0] == "5" else "APIError")
        found.setdefault(name, []).append(f"{status}: {responses[status].rstrip('.')}")
    return {name: "; ".join(texts) + "." for name, texts in found.items()}
