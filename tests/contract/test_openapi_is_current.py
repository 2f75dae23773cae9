"""docs/api/openapi.json and errors.md are what contracts and chapters say, and the first is a valid document."""

from openapi_spec_validator import validate

from deploy import errors, openapi
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
