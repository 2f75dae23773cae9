"""Export earnings as a table that opens right in a spreadsheet: a line for each session, the latest first."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import islice
from typing import Any

from shared.call import Call
from shared.downloads import StreamedDownload
from shared.serving import endpoint
from shared.spreadsheet import Workbook, csv_lines

from .contract import EarnedSession, ExportEarnings, begin_earnings_export_rpc, earnings_sessions_rpc

PAGE = 500
COLUMNS = (
    "Start",
    "Time zone",
    "Minutes",
    "Session",
    "Client",
    "Paid with",
    "Forfeited",
    "Currency",
    "Price",
    "Returned",
    "Share",
    "Status",
    "Paid out on",
    "Session id",
)


@endpoint(caller="user", methods=("POST", "GET"))
async def export_earnings_csv(call: Call[ExportEarnings]) -> StreamedDownload:
    """A practitioner's own earnings, or for an admin anybody's.

    A CSV is sent while it is read, page by page. It begins with a byte order mark, which a spreadsheet needs. A
    workbook is sent when all is read.
    """
    wanted = call.body.model_dump(exclude={"format"})
    # What refuses does so before the file begins.
    first = await call.database.rows(begin_earnings_export_rpc, **wanted, page_size=PAGE)
    write = _xlsx if call.body.format == "xlsx" else _csv
    return StreamedDownload(f"earnings.{call.body.format}", write(_pages(call, wanted, first)))


async def _pages(
    call: Call[ExportEarnings], wanted: dict[str, Any], page: list[EarnedSession]
) -> AsyncIterator[list[EarnedSession]]:
    yield page
    while len(page) == PAGE:
        page = await call.database.rows(
            earnings_sessions_rpc, **wanted, page_size=PAGE, cursor=page[-1].next_cursor
        )
        yield page


async def _csv(pages: AsyncIterator[list[EarnedSession]]) -> AsyncIterator[bytes]:
    begin = 0
    async for page in pages:
        yield b"".join(islice(csv_lines(COLUMNS, map(_line, page)), begin, None))
        begin = 1  # without the heading


async def _xlsx(pages: AsyncIterator[list[EarnedSession]]) -> AsyncIterator[bytes]:
    workbook = Workbook(COLUMNS)
    async for page in pages:
        for session in page:
            workbook.add(_line(session))
    yield await asyncio.to_thread(workbook.content)  # compressing takes its time


def _line(session: EarnedSession) -> tuple[Any, ...]:
    return (
        session.local_start,
        session.time_zone,
        session.duration_minutes,
        session.class_name or session.session_type_name,
        session.client_name,
        session.paid_with.replace("_", " "),
        "yes" if session.is_forfeited else "no",
        session.currency.upper(),
        _amount(session.price_minor),
        _amount(session.returned_minor),
        _amount(session.share_minor),
        session.status.replace("_", " "),
        session.paid_out_at and session.paid_out_at.date(),
        str(session.session_id),
    )


def _amount(minor: int) -> Decimal:
    return Decimal(minor).scaleb(-2)
