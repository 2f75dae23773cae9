"""The language of an answer: what the database says of its reader, after the address and before the browser."""

import contextvars
from collections.abc import Callable

import pytest

from shared import languages

ASKING = {"accept-language": "en;q=0.8, fr"}


def alone(act: Callable[[], object]) -> object:
    """As a request of its own."""
    return contextvars.Context().run(act)


@pytest.mark.parametrize(
    ("query", "headers", "told", "spoken", "knows"),
    [
        ({}, {}, None, "en", False),
        ({}, ASKING, None, "fr-CA", False),
        ({}, ASKING, "und", "fr-CA", True),
        ({}, ASKING, "en", "en", True),
        ({}, {}, "fr-CA", "fr-CA", True),
        ({}, {}, "fr", "fr-CA", True),
        ({}, {}, "de", "en", True),
        ({"language": "en"}, ASKING, "fr-CA", "en", True),
        ({"language": "fr-CA"}, {}, "en", "fr-CA", True),
        ({"language": "xx"}, ASKING, None, "fr-CA", False),
    ],
)
def test_a_page_speaks(
    query: dict[str, str], headers: dict[str, str], told: str | None, spoken: str, knows: bool
) -> None:
    def look() -> tuple[str, bool]:
        languages.receive("manage-session", query, headers)
        languages.recognise(told)
        here = languages.visit()
        assert here
        return languages.language(), here.knows_reader

    assert (spoken, knows) == alone(look)


@pytest.mark.parametrize(("told", "spoken"), [(None, "en"), ("und", "en"), ("fr-CA", "fr-CA"), ("de", "en")])
def test_a_file_that_is_no_page_speaks_as_its_reader(told: str | None, spoken: str) -> None:
    def write() -> str:
        languages.recognise(told)
        return languages.language()

    assert spoken == alone(write)
    assert languages.language() == "en"
