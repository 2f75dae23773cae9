"""docs/api/openapi.json and errors.md are what contracts and chapters say, and the first is a valid document."""

import json

import yaml
from openapi_spec_validator import validate

from deploy import errors, glossary, openapi
from deploy.functions import functions


def test_the_checked_in_documents_are_current() -> None:
    """`make api` would change nothing."""
    for made in (openapi, errors):
        document = openapi.DOCUMENT if made is openapi else errors.TABLE
        assert made.text() == document.read_text(), f"{document.name} is not what the code says: `make api`"


def test_the_document_is_valid() -> None:
    """Other people's tools read it."""
    validate(openapi.document())


def test_every_refusal_of_the_database_is_documented() -> None:
    """Whoever reads the document knows what may be refused, and by which code."""
    document = openapi.text()

    for function in functions().values():
        for rpc in function.rpcs():
            assert all(f'"{code}"' in document for code in rpc.refuses), function.name


def test_every_code_has_a_status_and_a_sentence() -> None:
    """A table of codes of which one says nothing would be found by whoever meets that one."""
    silent = [name for name, code in errors.codes().items() if not (code.statuses and code.sentences)]

    assert not silent, f"{silent}: a refusal whose words `deploy/errors.py` does not find"


def test_every_operation_and_field_is_described() -> None:
    """And has an example, or is a schema that has; `deploy/glossary.yaml` says what a contract does not."""
    document = openapi.document()

    fields = {
        f"{model}.{name}": field
        for model, schema in document["components"]["schemas"].items()
        for name, field in schema.get("properties", {}).items()
    }
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert not [name for name, field in fields.items() if not field.get("description")]
    assert not [
        name
        for name, field in fields.items()
        if "examples" not in field and "$ref" not in json.dumps(field) and field.get("type", "null") != "null"
    ]
    assert all(one["summary"] and one["description"] and one["tags"] for one in operations)
    assert not set(yaml.safe_load(glossary.GLOSSARY.read_text())) - {
        name.rpartition(".")[2] for name in fields
    }, "nobody has them any more"
