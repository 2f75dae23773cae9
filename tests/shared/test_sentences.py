"""A refusal's sentence is found among those that have gaps in work that grows with its length, whatever was put in."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.languages import catalogue, spoken
from shared.languages.catalogue import DEEPEST, GAP, LONGEST, _put_in, _with_gaps, sentence

SENTENCES = [words for words, _ in _with_gaps("fr-CA")]
FEW = st.text("ab :", max_size=4)


class Searched(str):
    """A text that counts how often something is looked for in it."""

    searches = 0

    def find(self, *what: Any) -> int:
        self.searches += 1
        return super().find(*what)


@given(st.lists(FEW, min_size=2, max_size=5), st.text("ab :", max_size=24))
def test_gaps_are_what_a_lazy_pattern_finds(words: list[str], said: str) -> None:
    found = re.fullmatch("(.+?)".join(map(re.escape, words)), said, re.DOTALL)

    assert _put_in(tuple(words), said) == (list(found.groups()) if found else [])


@pytest.mark.parametrize("words", SENTENCES, ids=GAP.join)
def test_each_piece_is_looked_for_once(words: tuple[str, ...]) -> None:
    """With values that say the sentence's own words over and over, and with everything but its end."""
    for value in words:
        for last in (words[-1], words[-1] + "…"):
            said = Searched((value * 50 + "x").join(words[:-1]) + value * 50 + "x" + last)
            found = _put_in(words, said)
            assert said.searches <= len(words) - 2
            assert not found or said == "".join(
                word + put_in for word, put_in in zip(words, [*found, ""], strict=True)
            )


@pytest.mark.parametrize("part", ["x: ", "x and ", "x: y or ", " of these ", " ", "x", "Monday, ", "x: y.\n"])
def test_what_is_read_grows_with_the_sentence(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its longest it is read once for each sentence and depth; one that is longer stays as it is, unread."""
    read: list[str] = []

    def put_in(words: tuple[str, ...], said: str) -> list[str]:
        read.append(said)
        return _put_in(words, said)

    monkeypatch.setattr(catalogue, "_put_in", put_in)
    with spoken("fr-CA"):
        said = part * (LONGEST // len(part))
        sentence(said)
        assert len(SENTENCES) <= sum(map(len, read)) // LONGEST + 1 <= len(SENTENCES) * (DEEPEST + 1)

        read.clear()
        assert (said * 200, []) == (sentence(said * 200), read)
