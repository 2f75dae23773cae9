"""How a statement of earnings is set: what it is and of whom, a table, and what it adds up to."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared import timezones, words
from shared.languages.catalogue import gettext, pgettext
from shared.names import isolated

from .sheet import GREY, INK, LEADING, POINT, SIDE, Sheet
from .statements import Month, PayoutLine, PayoutStatement, YearPayout, YearStatement

SIZE = 8.5


class Column(NamedTuple):
    """A column of a table: what stands above it, how many millimetres it has, and on which side it is set."""

    heading: str
    width: float
    align: str = "L"


def render_payout(statement: PayoutStatement) -> bytes:
    """What a payout is made of, line by line."""
    zone = timezones.zone(statement.time_zone)
    name = gettext("Payout statement")
    sheet = _sheet(name, str(statement.payout_id), statement.created_at)
    last_day = statement.period_end - timedelta(days=1)
    days = {"first": _day(statement.period_start), "last": _day(last_day)}
    _head(sheet, name, statement.practitioner_name, gettext("Period %(first)s to %(last)s") % days)
    sheet.pen(15, style="B")
    sheet.paragraph(words.money(statement.amount_minor, statement.currency))
    sheet.pen(9.5, GREY)
    sheet.paragraph(_fate(statement, zone))
    sheet.ln(4)
    columns = (
        Column(gettext("Day"), 32),
        Column(pgettext("column of a statement", "What"), sheet.epw - 62),
        Column(gettext("Amount"), 30, "R"),
    )
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
    said = gettext(
        "Your share of what was paid. Days are those of the time zone %(zone)s. No client is named here."
    )
    _note(sheet, said % {"zone": statement.time_zone})
    sheet.number_pages(name, str(statement.payout_id))
    return bytes(sheet.output())


def render_year(statement: YearStatement) -> bytes:
    """What a year came to, month by month, and the payouts that were made in it."""
    zone = timezones.zone(statement.time_zone)
    if statement.currency == "cad":
        name = gettext("Earnings %(year)s in Canadian dollars") % {"year": statement.year}
    else:
        name = gettext("Earnings %(year)s in US dollars") % {"year": statement.year}
    end = statement.until or datetime(statement.year, 12, 31, tzinfo=UTC)
    sheet = _sheet(name, f"{statement.practitioner_id} {statement.year} {statement.currency}", end)
    days = {
        "first": _day(date(statement.year, 1, 1)),
        "last": _day(statement.until or date(statement.year, 12, 31), zone),
    }
    _head(sheet, name, statement.practitioner_name, gettext("From %(first)s to %(last)s") % days)
    headings = (
        pgettext("column of a statement", "Earned"),
        pgettext("column of a statement", "Given back"),
        gettext("Corrections"),
        pgettext("column of a statement", "Paid out"),
        pgettext("column of a statement", "Owed then"),
    )
    columns = (
        Column(gettext("Month"), 27),
        Column(gettext("Sessions"), 16, "R"),
        *(Column(heading, (sheet.epw - 43) / 5, "R") for heading in headings),
    )
    opening = (
        pgettext("column of a statement", "Owed before"),
        *[""] * 5,
        _money(statement.opening_minor, statement),
    )
    months = [
        (
            words.month(each.month),
            str(each.sessions),
            *(_money(amount, statement) for amount in (*_moved(each), each.balance_minor)),
        )
        for each in statement.months
    ]
    _table(sheet, columns, [opening, *months])
    sums = [sum(amounts) for amounts in zip(*map(_moved, statement.months), strict=True)] or [0] * 4
    amounts = (_money(amount, statement) for amount in (*sums, statement.closing_minor))
    sessions = str(sum(each.sessions for each in statement.months))
    _row(sheet, columns, (gettext("Year"), sessions, *amounts), style="B")
    _year_payouts(sheet, statement, zone)
    said = gettext(
        "Your share of what was paid. What is paid out counts on the day on which its payout was made; a payout that "
        "fails counts back on the day it fails. Days are those of the time zone %(zone)s. No client is named here."
    )
    _note(sheet, said % {"zone": statement.time_zone})
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
            said = {
                "day": _day(statement.paid_at, zone),
                "reference": isolated(statement.transaction_reference or ""),
            }
            match bool(statement.paid_at), bool(statement.transaction_reference):
                case True, True:
                    return gettext("Paid on %(day)s, reference %(reference)s") % said
                case True, False:
                    return gettext("Paid on %(day)s") % said
                case False, True:
                    return gettext("Paid, reference %(reference)s") % said
            return gettext("Paid")
        case "failed":
            said = {"reason": isolated(statement.failed_reason or "")}
            return gettext("Failed, and is paid again with a later payout: %(reason)s") % said
    return gettext("On its way since %(day)s") % {"day": _day(statement.created_at, zone)}


def _what(line: PayoutLine) -> str:
    what = {"what": isolated(line.reason or line.title or gettext("Session"))}
    match line.kind:
        case "reversal":
            return gettext("Given back: %(what)s") % what
        case "adjustment":
            return gettext("Correction: %(what)s") % what
    return what["what"]


def _totals() -> dict[str, str]:
    return {
        "accrual": pgettext("column of a statement", "Earned"),
        "reversal": gettext("Given back to clients"),
        "adjustment": gettext("Corrections"),
    }


def _sums(sheet: Sheet, statement: PayoutStatement) -> None:
    """What each kind of line comes to, and all of them: the payout."""
    columns = (Column("", sheet.epw - 30, "R"), Column("", 30, "R"))
    totals = _totals()
    sheet.ensure_space((len(totals) + 1) * _height())  # they stand together
    sheet.ln(1)
    for kind, label in totals.items():
        amounts = [line.amount_minor for line in statement.lines if line.kind == kind]
        if amounts:
            _row(sheet, columns, (label, _money(sum(amounts), statement)), is_ruled=False)
    _row(
        sheet,
        columns,
        (gettext("This payout"), _money(statement.amount_minor, statement)),
        style="B",
        is_ruled=False,
    )


def _year_payouts(sheet: Sheet, statement: YearStatement, zone: ZoneInfo) -> None:
    sheet.ln(6)
    sheet.ensure_space(40)
    sheet.pen(12.5, style="B")
    sheet.paragraph(gettext("Payouts"))
    sheet.ln(1)
    if not statement.payouts:
        sheet.pen(SIZE, GREY)
        sheet.paragraph(gettext("None was made."))
        return
    columns = (
        Column(gettext("Made on"), 32),
        Column(gettext("What became of it"), 45),
        Column(gettext("Reference"), sheet.epw - 107),
        Column(gettext("Amount"), 30, "R"),
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
        return gettext("paid on %(day)s") % {"day": _day(payout.paid_at, zone)}
    return gettext("failed") if payout.status == "failed" else gettext("on its way")


def _note(sheet: Sheet, text: str) -> None:
    sheet.ln(4)
    sheet.pen(8, GREY)
    sheet.paragraph(text)


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
    return words.day_on_paper(at) if at else ""


def _money(amount_minor: int, statement: PayoutStatement | YearStatement) -> str:
    written = words.money(abs(amount_minor), statement.currency)
    return f"\u2212{written}" if amount_minor < 0 else written
