"""What refuses is said to a reader of French in French, with what the database has put into it."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from babel.messages.pofile import read_po
from pydantic import BaseModel, ValidationError

from deploy import errors, languages
from deploy.functions import Function, functions
from deploy.sentences import choices, columns, rows
from shared import admission
from shared.languages import spoken
from shared.languages.catalogue import GAP, sentence

FRENCH = {each.id: each.string for each in read_po(BytesIO((languages.FOLDER / "fr-CA.po").read_bytes()))}
SENTENCES = sorted(errors.sentences())
# One of these is wrong for whatever a field takes.
WRONG: tuple[Any, ...] = (
    "x" * 5000,
    "",
    "-1",
    "9" * 30,
    "0.5",
    ["a", "b"],
    ["x"] * 1000,
    {"a": 1},
    None,
    10**30,
)


@pytest.mark.parametrize("said", SENTENCES)
def test_each_refusal_is_found_with_its_values_in_it(said: str) -> None:
    """As the database says it: with something in each gap, which is not lost, and by no vaguer sentence."""
    values = [f"Value{position}" for position in range(said.count(GAP))]
    refused, expected = filled(said, values), filled(FRENCH[said], values)

    with spoken("fr-CA"):
        assert (expected, expected != refused) == (sentence(refused), True)
    assert refused == sentence(refused)


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (
            "3 of these 8 times cannot be moved. The first, on Monday, March 2: This time is taken.",
            "3 de ces 8 heures ne peuvent pas être déplacées. La première, le lundi 2 mars\N{NBSP}: "
            "Cette heure est prise.",
        ),
        (
            "Your credits are good for 45-minute classes and 60-minute one-to-one sessions, and this is a class of 30"
            " minutes. You can pay for it at https://pages.example.org/pay-session",
            "Vos crédits sont valables pour des cours de 45 minutes et des séances individuelles de 60 minutes, et ceci"
            " est un cours de 30 minutes. Vous pouvez le payer à https://pages.example.org/pay-session",
        ),
        (
            "signature_name: string should have at most 200 characters.",
            "signature_name\N{NBSP}: devrait compter au plus 200 caractères.",
        ),
        ("act: input should be 'give' or 'ask'.", "act\N{NBSP}: devrait être 'give' ou 'ask'."),
        ("Said by nobody, in no catalogue.", "Said by nobody, in no catalogue."),
    ],
)
def test_what_is_put_in_is_in_french_too(refused: str, expected: str) -> None:
    with spoken("fr-CA"):
        assert expected == sentence(refused)


def test_every_day_of_a_year_is_written_in_french() -> None:
    """The database writes it without its year."""
    with spoken("fr-CA"):
        for day in ("Thursday, February 29", "Sunday, February 29", "Wednesday, December 31"):
            said = sentence(f"3 of these 8 times cannot be made. The first, on {day}: This time is taken.")
            assert re.search(r"le (jeudi|dimanche|mercredi) (29 février|31 décembre)\N{NBSP}:", str(said))


@pytest.mark.parametrize(
    "page", [each for each in functions().values() if each.is_page], ids=lambda each: each.name
)
def test_whatever_a_form_says_wrong_is_told_in_french(page: Function) -> None:
    """Each field of each page, with what it does not take."""
    takes = page.contract().takes
    for field, problem in problems_of(takes) if takes else ():
        refused = f"{field}: {problem}."
        with spoken("fr-CA"):
            said = str(sentence(refused))
        assert said.startswith(f"{field}\N{NBSP}: ") and problem not in said, refused


def test_choices_and_joined_literals_come_to_whole_sentences() -> None:
    made = {"private.describe": "\n select 'Wait ' || case when n < 9 then n || ' s.' else 'long.' end;\n"}
    for expression, expected in (
        ("'It''s' ' so.'", ["It's so."]),
        (
            "case when a = 'x' then 'One.' when b then format('%s of %s.', f(1, 2), c::text) else 'None.' end",
            ["One.", "… of ….", "None."],
        ),
        (
            "format('You owe %s.', case n when 1 then '1 credit' else n || ' credits' end)",
            ["You owe 1 credit.", "You owe … credits."],
        ),
        ("'Ask.' || coalesce(' At ' || private.origin() || '/x.', '')", ["Ask. At …/x.", "Ask."]),
        ("private.describe(n)", ["Wait … s.", "Wait long."]),
        ("case when a then case when b then 'B.' else 'C.' end end", ["B.", "C."]),
        ("v_sentence", [GAP]),
    ):
        assert expected == choices(expression, made)
    view = (
        "select 'a' as code, s, s || ' waits' as what from t union all select 'b', (s), 'late' from u where x"
    )
    assert ["… waits", "late"] == list(columns(view, 2))
    assert ["One", "Two"] == list(rows("('a', 'One', f(1, 2)),\n ('b', 'Two', null)", 1))


def filled(said: str, values: list[str]) -> str:
    first, *rest = said.split(GAP)
    return first + "".join(value + after for value, after in zip(values, rest, strict=True))


def problems_of(takes: type[BaseModel]) -> Iterator[tuple[str, str]]:
    bodies = [{name: wrong} for name in takes.model_fields for wrong in WRONG]
    for body in [*bodies, {"never_heard_of": "1"}]:
        try:
            takes.model_validate(body)
        except ValidationError as error:
            yield from {(each["field"], each["problem"]) for each in admission._invalid(error).details}
