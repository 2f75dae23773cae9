"""A CSV that says in a spreadsheet what was put into it."""

import csv
from datetime import date
from decimal import Decimal

from shared.spreadsheet import csv_lines


def text(*rows: tuple[object, ...]) -> str:
    return b"".join(csv_lines(("a", "b"), rows)).decode("utf-8")


def test_a_file_is_rfc_4180_with_a_byte_order_mark() -> None:
    """A line each, ended by CRLF; quotes, commas and line breaks are quoted."""
    assert '\ufeffa,b\r\nÉlan,"one, ""two"""\r\n"three\nfour",\r\n' == text(
        ("Élan", 'one, "two"'), ("three\nfour", None)
    )


def test_text_is_never_a_formula() -> None:
    """Whatever a spreadsheet would begin to calculate is shown as it was written."""
    for begun in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"):
        rows = list(csv.reader(text((begun, "x")).splitlines(keepends=True)[1:]))

        assert f"'{begun}" == rows[0][0]


def test_numbers_and_dates_stay_numbers_and_dates() -> None:
    """A negative amount is a number, and no formula."""
    assert "-12.50,2026-11-22" == text((Decimal("-12.50"), date(2026, 11, 22))).splitlines()[1]
