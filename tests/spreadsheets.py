"""Workbooks as others read them: openpyxl for what a cell is, gnumeric for what a spreadsheet program makes of it."""

import csv
import io
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openpyxl import load_workbook


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """The rows of a workbook, by their headings, as the types that the cells have."""
    heading, *rows = load_workbook(io.BytesIO(content)).active.iter_rows()
    assert not [cell.value for row in rows for cell in row if cell.data_type == "f"], (
        "there is a formula in it"
    )
    return [{name.value: cell.value for name, cell in zip(heading, row, strict=True)} for row in rows]


def rows_by_gnumeric(content: bytes) -> list[dict[str, str]] | None:
    """The rows as a spreadsheet program shows them. None where it is not installed, which CI may not say."""
    program = shutil.which("ssconvert")
    if not program:
        assert "CI" not in os.environ, "CI reads workbooks with gnumeric: .ci/run installs it"
        return None
    with TemporaryDirectory() as folder:
        book, table = Path(folder, "book.xlsx"), Path(folder, "table.csv")
        book.write_bytes(content)
        subprocess.run([program, book, table], check=True, capture_output=True, timeout=60)
        return list(csv.DictReader(io.StringIO(table.read_text(), newline="")))
