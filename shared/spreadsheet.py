"""Tables that open right in a spreadsheet, as CSV or as a workbook; no text in them is taken for a number or a formula.

    b"".join(csv_lines(("name", "amount"), [("Practitioner", Decimal("75.00"))]))

CSV is RFC 4180, UTF-8 with a mark. It has no types: a spreadsheet reads 003 as 3. A workbook has: what is text there
stays as it is.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

MARK = "\ufeff"  # without it a spreadsheet reads UTF-8 as whatever its country once used
# What a cell must not begin with, in a spreadsheet of any language; a quote in front makes it text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """The heading and each row as a line, one at a time. Numbers and dates stay what they are, whatever their sign."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    text.write(MARK)
    writer.writerow(columns)
    yield text.getvalue().encode()
    for row in rows:
        text.seek(0)
        text.truncate()
        writer.writerow([_cell(value) for value in row])
        yield text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes")
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value


class Workbook:
    """A workbook of one sheet, written row by row: of a long one only a row is in memory."""

    def __init__(self, columns: Sequence[str]) -> None:
        from xlsxwriter import (
            Workbook as Writer,
        )  # as long to import as all of a function: whoever wants CSV waits less

        self._content = io.BytesIO()
        self._book = Writer(self._content, {"constant_memory": True})
        styles = {
            str: {"num_format": "@"},
            Decimal: {"num_format": "0.00"},
            date: {"num_format": "yyyy-mm-dd"},
            datetime: {"num_format": "yyyy-mm-dd hh:mm"},
        }
        self._styles = {kind: self._book.add_format(style) for kind, style in styles.items()}
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for column, name in enumerate(columns):
            self._sheet.set_column(column, column, max(14, len(name) + 2))
            self._sheet.write_string(0, column, name, self._book.add_format({"bold": True}))
        self._rows = 0

    def add(self, row: Iterable[Any]) -> None:
        """One more row. Raises ValueError where a sheet has no place for it, rather than leave it out."""
        self._rows += 1
        for column, value in enumerate(row):
            if value is not None and self._write(column, value) != 0:
                raise ValueError("A sheet of a workbook cannot hold this.")

    def _write(self, column: int, value: Any) -> int:
        style = self._styles.get(type(value))
        match value:
            case str():
                return int(self._sheet.write_string(self._rows, column, value, style))
            case date():
                moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
                return int(self._sheet.write_datetime(self._rows, column, moment, style))
            case _:
                return int(self._sheet.write_number(self._rows, column, value, style))

    def content(self) -> bytes:
        """The file. Last of all."""
        self._book.close()
        return self._content.getvalue()
