"""How a statement of earnings is set: what it is and of whom, a table, and what it adds up to."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared import timezones, words
from shared.names import isolated

from .sheet import GREY, INK, LEADING, POINT, SIDE, Sheet
from .statements import Month, PayoutLine, PayoutStatement, YearPayout, YearStatement

SIZE = 8.5
CURRENCIES = {"cad": "Canadian dollars", "usd": "US dollars"}
KINDS = {"accrual": "", "reversal": "Given back: ", "adjustment": "Correction: "}
TOTALS = {"accrual": "Earned", "reversal": "Given back to clients", "adjustment": "Corrections"}


class Column(NamedTuple):
    """A column of a table: what stands above it, how many millimetres it has, and on which side it is set."""

    heading: str
    width: float
    align: str = "L"


def render_payout(statement: PayoutStatement) -> bytes:
    """What a payout is made of, line by line."""
    zone = timezones.zone(statement.time_zone)
    sheet = _sheet("Payout statement", str(statement.payout_id), statement.created_at)
    last_day = statement.period_end - timedelta(days=1)
    _head(
        sheet,
        "Payout statement",
        statement.practitioner_name,
        f"Period {_day(statement.period_start)} to {_day(last_day)}",
    )
    sheet.pen(15, style="B")
    sheet.paragraph(words.money(statement.amount_minor, statement.currency))
    sheet.pen(9.5, GREY)
    sheet.paragraph(_fate(statement, zone))
    sheet.ln(4)
    columns = (Column("Day", 32), Column("What", sheet.epw - 62), Column("Amount", 30, "R"))
    rows = (
        (
            _day(line.session_start or line.occurred_at, zone),
            _what(line),
            _money(line.amount_minor, statement),
        )
        for line in statement.lines
    )
    _table(sheet, columns, rows)
    _sums(sheet, statement)
    _note(sheet, f"Your share of what was paid. Days are those of the time zone {statement.time_zone}.")
    sheet.number_pages("Payout statement", str(statement.payout_id))
    return bytes(sheet.output())


def render_year(statement: YearStatement) -> bytes:
    """What a year came to, month by month, and the payouts that were made in it."""
    zone = timezones.zone(statement.time_zone)
    name = f"Earnings {statement.year} in {CURRENCIES[statement.currency]}"
    end = statement.until or datetime(statement.year, 12, 31, tzinfo=UTC)
    sheet = _sheet(name, f"{statement.practitioner_id} {statement.year} {statement.currency}", end)
    until = _day(statement.until, zone) if statement.until else f"31 December {statement.year}"
    _head(sheet, name, statement.practitioner_name, f"From 1 January {statement.year} to {until}")
    columns = (
        Column("Month", 27),
        Column("Sessions", 16, "R"),
        *(
            Column(heading, (sheet.epw - 43) / 5, "R")
            for heading in ("Earned", "Given back", "Corrections", "Paid out", "Owed then")
        ),
    )
    opening = ("Owed before", *[""] * 5, _money(statement.opening_minor, statement))
    months = [
        (
            f"{each.month:%B}",
            str(each.sessions),
            *(_money(amount, statement) for amount in (*_moved(each), each.balance_minor)),
        )
        for each in statement.months
    ]
    _table(sheet, columns, [opening, *months])
    sums = [sum(amounts) for amounts in zip(*map(_moved, statement.months), strict=True)] or [0] * 4
    amounts = (_money(amount, statement) for amount in (*sums, statement.closing_minor))
    sessions = str(sum(each.sessions for each in statement.months))
    _row(sheet, columns, ("Year", sessions, *amounts), style="B")
    _year_payouts(sheet, statement, zone)
    _note(
        sheet,
        "Your share of what was paid. What is paid out counts on the day on which its payout was made; a payout that "
        f"fails counts back on the day it fails. Days are those of the time zone {statement.time_zone}.",
    )
    sheet.number_pages(name, str(statement.practitioner_id))
    return bytes(sheet.output())


def _moved(month: Month) -> tuple[int, int, int, int]:
    return month.earned_minor, month.returned_minor, month.adjusted_minor, month.paid_minor


def _sheet(title: str, subject: str, at: datetime) -> Sheet:
    sheet = Sheet()
    sheet.set_title(title)
    sheet.set_subject(subject)
    # Nothing of the moment at which the copy is made: the same rows give the same bytes.
    sheet.set_creation_date(at)
    return sheet


def _head(sheet: Sheet, title: str, name: str | None, span: str) -> None:
    sheet.pen(20, style="B")
    sheet.paragraph(title)
    sheet.ln(2)
    sheet.pen(9.5, GREY)
    sheet.paragraph(" \u00b7 ".join(filter(None, (isolated(name or ""), span))))
    sheet.ln(3)
    sheet.rule()
    sheet.ln(5)


def _fate(statement: PayoutStatement, zone: ZoneInfo) -> str:
    """What became of it."""
    match statement.status:
        case "paid":
            reference = statement.transaction_reference
            paid = f"Paid on {_day(statement.paid_at, zone)}" if statement.paid_at else "Paid"
            return paid + (f", reference {isolated(reference)}" if reference else "")
        case "failed":
            return f"Failed, and is paid again with a later payout: {isolated(statement.failed_reason or '')}"
    return f"On its way since {_day(statement.created_at, zone)}"


def _what(line: PayoutLine) -> str:
    return KINDS[line.kind] + isolated(line.reason or line.title or "Session")


def _sums(sheet: Sheet, statement: PayoutStatement) -> None:
    """What each kind of line comes to, and all of them: the payout."""
    columns = (Column("", sheet.epw - 30, "R"), Column("", 30, "R"))
    sheet.ensure_space((len(TOTALS) + 1) * _height())  # they stand together
    sheet.ln(1)
    for kind, label in TOTALS.items():
        amounts = [line.amount_minor for line in statement.lines if line.kind == kind]
        if amounts:
            _row(sheet, columns, (label, _money(sum(amounts), statement)), is_ruled=False)
    _row(
        sheet,
        columns,
        ("This payout", _money(statement.amount_minor, statement)),
        style="B",
        is_ruled=False,
    )


def _year_payouts(sheet: Sheet, statement: YearStatement, zone: ZoneInfo) -> None:
    sheet.ln(6)
    sheet.ensure_space(40)
    sheet.pen(12.5, style="B")
    sheet.paragraph("Payouts")
    sheet.ln(1)
    if not statement.payouts:
        sheet.pen(SIZE, GREY)
        sheet.paragraph("None was made.")
        return
    columns = (
        Column("Made on", 32),
        Column("What became of it", 45),
        Column("Reference", sheet.epw - 107),
        Column("Amount", 30, "R"),
    )
    _table(
        sheet,
        columns,
        (
            (
                _day(each.made_at, zone),
                _state(each, zone),
                isolated(each.transaction_reference or ""),
                _money(each.amount_minor, statement),
            )
            for each in statement.payouts
        ),
    )


def _state(payout: YearPayout, zone: ZoneInfo) -> str:
    if payout.status == "paid" and payout.paid_at:
        return f"paid on {_day(payout.paid_at, zone)}"
    return "failed" if payout.status == "failed" else "on its way"


def _note(sheet: Sheet, text: str) -> None:
    sheet.ln(4)
    sheet.pen(8, GREY)
    sheet.paragraph(f"{text} No client is named here.")


def _table(sheet: Sheet, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    """Rows under a heading that every page begins with."""
    heading = [column.heading for column in columns]
    _row(sheet, columns, heading, is_quiet=True)
    for row in rows:
        if _height() > sheet.space_left:
            sheet.add_page()
            _row(sheet, columns, heading, is_quiet=True)
        _row(sheet, columns, row)


def _height() -> float:
    return SIZE * LEADING * POINT + 2


def _row(
    sheet: Sheet,
    columns: Sequence[Column],
    row: Sequence[str],
    *,
    style: str = "",
    is_quiet: bool = False,
    is_ruled: bool = True,
) -> None:
    """One line; what does not fit is shortened, for a table is read downwards."""
    sheet.ensure_space(_height())
    sheet.set_x(SIDE)
    sheet.pen(SIZE, GREY if is_quiet else INK, style)
    for column, text in zip(columns, row, strict=True):
        fitting = (
            text
            if text.isascii() and len(text) < column.width / 2.2
            else sheet.shortened(text, column.width - 2)
        )
        sheet.cell(column.width, sheet.height(), fitting, align=column.align)
    sheet.ln(sheet.height() + 1)
    if is_ruled:
        sheet.rule()
    sheet.ln(1)


def _day(at: datetime | date | None, zone: ZoneInfo | None = None) -> str:
    if isinstance(at, datetime) and zone:
        at = at.astimezone(zone)
    return f"{at:%-d %B %Y}" if at else ""


def _money(amount_minor: int, statement: PayoutStatement | YearStatement) -> str:
    written = words.money(abs(amount_minor), statement.currency)
    return f"\u2212{written}" if amount_minor < 0 else written
