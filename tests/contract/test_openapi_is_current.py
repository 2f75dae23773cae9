"""docs/api/openapi.json is what the contracts say, and a valid document."""

from openapi_spec_validator import validate

from deploy import openapi


def test_the_checked_in_document_is_current() -> None:
    """`make api` would change nothing."""
    is_current = openapi.text() == openapi.DOCUMENT.read_text()

    assert is_current, "docs/api/openapi.json is not what the contracts say: `make api`"


def test_the_document_is_valid() -> None:
    """Other people's tools read it."""
    validate(openapi.document())


def test_every_refusal_of_the_database_is_documented() -> None:
    """Whoever reads the document knows what may be refused, and by which code."""
    document = openapi.text()

    for function in openapi.functions().values():
        for rpc in openapi.rpcs(function):
            assert all(f"`{code}`" in document for code in rpc.refuses), function.name
