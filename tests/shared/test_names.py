"""Names in sentences: what belongs to a writing stays, and nothing else that cannot be seen."""

import sys
import unicodedata

import pytest

from shared.names import as_elements, isolated, one_line, shortened

WRITTEN = {
    "Sinhala": "ශ්\u200dරී ක්\u200dරිෂ්ණ",
    "Persian": "علی\u200cرضا",
    "Malayalam": "നന്\u200dമ",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "heart on fire": "\u2764\ufe0f\u200d\U0001f525",
    "flag of Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "Arabic year": "\u0601\u0661\u0664\u0664",
    "accents": "Zoe\u0301 d\u2019A\u00f1ez-Łódź",
}


@pytest.mark.parametrize("name", WRITTEN.values(), ids=WRITTEN.keys())
def test_a_name_stays_as_its_writing_has_it(name: str) -> None:
    """Joiners and all."""
    assert name == one_line(name)


def test_nothing_that_turns_hides_or_breaks_is_left() -> None:
    """Of all of Unicode: no control, no sign of direction, no separator of lines, no blank but the plain one."""
    for code in (code for code in range(sys.maxunicode + 1) if not chr(code).isalnum()):
        sign = chr(code)
        name = one_line(f"A{sign}B")
        assert not any(unicodedata.category(each) in ("Cc", "Cs", "Co", "Zl", "Zp") for each in name), hex(
            code
        )
        assert not any(
            unicodedata.bidirectional(each) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
            for each in name
        ), hex(code)
        if unicodedata.category(sign) in ("Zs", "Zl", "Zp", "Cc"):
            assert name == "A B", hex(code)
        if sign in "\u061c\u200b\u200e\u200f\u00ad\ufeff\u2060":
            assert name == "AB", hex(code)


def test_a_joiner_with_nothing_to_join_is_none() -> None:
    """Neither at the beginning nor many in a row, nor letters of a flag without the flag."""
    assert "A\u200dB" == one_line("\u200d\u200dA\u200d\u200d\u200cB")
    assert "A B" == one_line("A \u200cB")
    assert "" == one_line("\u200d\u200c \u200d")
    assert "A" == one_line("A\U000e0067\U000e007f")


def test_a_long_name_is_cut_between_letters() -> None:
    """A letter keeps its vowels, a family its members."""
    assert "…" == shortened("\U0001f468\u200d\U0001f469", 2)
    assert "ab…" == shortened("abe\u0301\u0301cd", 5)
    assert 80 >= len(one_line("ශ්\u200dරී " * 40))


def test_only_what_is_written_from_right_to_left_is_set_apart() -> None:
    """In a page by an element, and never within its head."""
    assert "Zoë" == isolated("Zoë")
    assert "\u2068دانا (1)\u2069" == isolated("دانا (1)")
    page = f"<head><title>{isolated('دانا')}</title></head><body><p>{isolated('دانا')} \u2068open</p></body>"
    assert page.replace("<p>\u2068دانا\u2069", "<p><bdi>دانا</bdi>") == as_elements(page)
