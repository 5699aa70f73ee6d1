"""An OpenAPI document as one line for each fact, such as `Agent.id?: string<uuid>`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

METHODS = ("get", "put", "post", "patch", "delete")
LIMITS = ("minimum", "maximum", "default")


def facts_of(document: dict[str, Any]) -> set[str]:
    """Return the facts of the operations and schemas; `?` marks what may be left out."""
    found = {f"server: {document['servers'][0]['url']}"}
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                name, tag = operation["operationId"], operation["tags"][0]
                shared = item.get("parameters", [])
                found.add(f"{name}: {method.upper()} {path} ({tag})")
                found |= set(_operation(document, operation, shared))
    for name, schema in document["components"]["schemas"].items():
        found |= set(_schema(document, name, schema))
    return found


def _operation(
    document: dict[str, Any], operation: dict[str, Any], shared: list[dict[str, Any]]
) -> Iterator[str]:
    name = operation["operationId"]
    for part in [*shared, *operation.get("parameters", ())]:
        parameter = _resolved(document, part)
        schema = parameter["schema"]
        optional = "" if parameter.get("required") else "?"
        kind = " ".join([notation(schema), *(f"{k}={schema[k]}" for k in LIMITS if k in schema)])
        yield f"{name} {parameter['in']} {parameter['name']}{optional}: {kind}"
    body = _resolved(document, operation.get("requestBody", {}))
    for media, content in body.get("content", {}).items():
        optional = "" if body.get("required") else "?"
        yield f"{name} body{optional}: {media} {notation(content['schema'])}"
    for status, part in operation["responses"].items():
        contents = _resolved(document, part).get("content", {}).items()
        kinds = [f" {media} {notation(content['schema'])}" for media, content in contents]
        yield f"{name} {status}:{' or'.join(kinds) or ' no body'}"


def _schema(document: dict[str, Any], name: str, schema: dict[str, Any]) -> Iterator[str]:
    if "discriminator" in schema:
        for kind, target in schema["discriminator"]["mapping"].items():
            data = _resolved(document, {"$ref": target})["properties"]["data"]
            yield f"{name} {kind}: {notation(data)}"
    elif "properties" not in schema:
        yield f"{name}: {notation(schema)}"
    for field, content in schema.get("properties", {}).items():
        optional = "" if field in schema.get("required", ()) else "?"
        yield f"{name}.{field}{optional}: {notation(content)}"
    if schema.get("additionalProperties") is False:
        yield f"{name} has no other fields"


def _resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        _, kind, name = node["$ref"].lstrip("#/").split("/")
        node = document["components"][kind][name]
    return node


def notation(schema: dict[str, Any]) -> str:
    """Return the type of a schema: `[Agent]`, `enum(a|b)`, `string<uuid> or null`."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return " or ".join(map(notation, schema[key]))
    kinds = schema.get("type", "any")
    names = [_named(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    return " or ".join(names)


def _named(kind: str, schema: dict[str, Any]) -> str:
    values = [schema["const"]] if "const" in schema else schema.get("enum", ())
    if kind == "null":
        return "null"
    if values:
        return f"enum({'|'.join(map(str, values))})"
    if kind == "array":
        return f"[{notation(schema.get('items', {}))}]"
    if kind == "object" and "properties" in schema:
        fields = [f"{name}: {notation(part)}" for name, part in schema["properties"].items()]
        return f"{{{', '.join(fields)}}}"
    return kind + (f"<{schema['format']}>" if "format" in schema else "")
