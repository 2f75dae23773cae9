"""What fields mean and look like where a contract does not say: deploy/glossary.yaml, and the rest by their type."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

GLOSSARY = Path(__file__).with_suffix(".yaml")
BY_FORMAT = {
    "uuid": "3f0c2f6e-7a51-4c5e-9d0b-0a6f1f7c2b11",
    "date-time": "2026-03-14T15:00:00Z",
    "date": "2026-03-14",
    "uri": "https://www.example.com",
}
BY_TYPE = {"boolean": True, "integer": 1, "number": 1.5, "string": "text", "object": {}, "array": []}


def described(schemas: dict[str, Any]) -> dict[str, Any]:
    """The same schemas; each field has a description and an example."""
    return {name: {**schema, **_fields(schema)} for name, schema in schemas.items()}


@cache
def _glossary() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = yaml.safe_load(GLOSSARY.read_text())
    return entries


def _fields(schema: dict[str, Any]) -> dict[str, Any]:
    if "properties" not in schema:
        return {}
    return {"properties": {name: _field(name, field) for name, field in schema["properties"].items()}}


def _field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    known = _glossary().get(name, {})
    shown = _example(field) if "example" not in known or "enum" in field else known["example"]
    words = {"description": known["is"]} if "is" in known else {}
    return {**words, **field, **({} if shown is None else {"examples": [shown]})}


def _example(field: dict[str, Any]) -> Any:
    """By what the field may hold; None where that is another schema, which has its own."""
    match field:
        case {"examples": [first, *_]} | {"enum": [first, *_]} | {"const": first}:
            return first
        case {"anyOf": [first, *_]}:
            return _example(first)
        case {"type": "array", "items": items}:
            one = _example(items)
            return None if one is None else [one]
        case {"format": kind} if kind in BY_FORMAT:
            return BY_FORMAT[kind]
        case {"type": [kind, *_]} | {"type": kind}:
            return BY_TYPE.get(kind)
    return None
