"""CSV that opens right in a spreadsheet: RFC 4180, UTF-8 with a mark, and no text that is taken for a formula.

b"".join(csv_lines(("name", "amount"), [("Practitioner", Decimal("75.00"))]))
"""

import csv
import io
from collections.abc import Iterable, Iterator
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
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value
