"""What a caller sends has an end in the contract too: the tables' CHECKs decide, the contract says it sooner."""

from collections.abc import Iterator
from typing import Any

from deploy.functions import Function

# What ends a text without a maximum: it is one of a list, of a fixed form, or measured by its own validator.
ENDS = {"maxLength", "enum", "const", "format", "pattern"}
MEASURED = {"signature_image"}


def endless(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The texts and lists in a schema that may be of any length."""
    if schema.get("type") == "string" and not ENDS & schema.keys():
        yield path
    if schema.get("type") == "array" and "maxItems" not in schema:
        yield path
    for name, inner in schema.get("properties", {}).items():
        if name not in MEASURED:
            yield from endless(inner, name)
    for inner in [*schema.get("anyOf", []), *schema.get("$defs", {}).values()]:
        yield from endless(inner, path)


def test_every_text_of_a_body_has_an_end(function: Function) -> None:
    """Lists as well."""
    takes = function.contract().takes

    assert not takes or not list(endless(takes.model_json_schema()))


def test_a_text_without_one_is_found() -> None:
    """At any depth."""
    text = {"type": "string"}
    schema = {
        "properties": {"a": text, "b": {"anyOf": [text, {"type": "null"}]}},
        "$defs": {"C": {"properties": {"c": text}}},
    }

    assert ["a", "b", "c"] == list(endless(schema))
