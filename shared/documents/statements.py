"""Statements of earnings as PDFs: what a payout is made of, and what a year came to in one currency.

    return await payout_statement(await call.database.rpc(get_payout_statement_rpc, payout_id=...))

In the language of whoever asks. The same rows give the same bytes.
"""

import asyncio
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.downloads import Pdf
from shared.languages import spoken
from shared.wire import Output

Currency = Literal["cad", "usd"]
Status = Literal["pending", "paid", "failed"]


class PayoutLine(Output):
    """What it pays: a seat's share, what was given back of one, or a correction."""

    occurred_at: datetime
    kind: Literal["accrual", "reversal", "adjustment"]
    title: str | None
    session_start: datetime | None
    reason: str | None
    amount_minor: int


class PayoutStatement(Output):
    """A payout, with all its lines."""

    payout_id: UUID
    practitioner_id: UUID
    practitioner_name: str | None
    time_zone: str
    currency: Currency
    amount_minor: int
    status: Status
    transaction_reference: str | None
    paid_at: datetime | None
    failed_reason: str | None
    created_at: datetime
    period_start: date
    period_end: date
    lines: list[PayoutLine]
    language: str | None = Field(None, description="In which whoever asks reads it.")


class Month(Output):
    """What came and went in a month; what is paid out is less than nought, as it is owed no more."""

    month: date
    sessions: int
    earned_minor: int
    returned_minor: int
    adjusted_minor: int
    paid_minor: int
    balance_minor: int


class YearPayout(Output):
    """A payout that was made in the year."""

    payout_id: UUID
    made_at: datetime
    status: Status
    paid_at: datetime | None
    transaction_reference: str | None
    amount_minor: int


class YearStatement(Output):
    """A year in one currency. `until` is the moment it was asked for, where the year still runs."""

    practitioner_id: UUID
    practitioner_name: str | None
    time_zone: str
    currency: Currency
    year: int
    until: datetime | None
    opening_minor: int
    months: list[Month]
    closing_minor: int
    payouts: list[YearPayout]
    language: str | None = Field(None, description="In which whoever asks reads it.")


async def payout_statement(statement: PayoutStatement) -> Pdf:
    """The reply for one payout."""
    from .statement_pages import render_payout  # with fpdf2 half a second to import

    with spoken(statement.language):
        pdf = await asyncio.to_thread(render_payout, statement)
    return Pdf(f"payout-{statement.payout_id}.pdf", pdf)


async def year_statement(statement: YearStatement) -> Pdf:
    """The reply for one year."""
    from .statement_pages import render_year  # as above

    name = f"earnings-{statement.year}-{statement.currency}.pdf"
    with spoken(statement.language):
        return Pdf(name, await asyncio.to_thread(render_year, statement))
