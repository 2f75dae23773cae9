"""Export earnings as a table that opens right in a spreadsheet: a line for each session, the latest first."""

from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.responses import StreamingResponse

from shared.call import Call
from shared.serving import endpoint
from shared.spreadsheet import csv_lines

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


class EarningsFile(StreamingResponse):
    """What was earned, as a spreadsheet opens it; no proxy may store it."""

    media_type = "text/csv"

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        headers = {"content-disposition": 'attachment; filename="earnings.csv"', "cache-control": "no-store"}
        super().__init__(pieces, headers=headers)


@endpoint(caller="user", methods=("POST", "GET"))
async def export_earnings_csv(call: Call[ExportEarnings]) -> EarningsFile:
    """A practitioner's own earnings, or for an admin anybody's. The file is sent while it is read, page by page.

    It begins with a byte order mark, which a spreadsheet needs and a browser's `text()` removes: save the `blob()`. If
    a later page fails, the connection breaks off, so that half a file is not taken for a whole one.
    """
    # What refuses does so before the file begins.
    first = await call.database.rows(begin_earnings_export_rpc, **call.body.model_dump(), page_size=PAGE)
    return EarningsFile(_file(call, first))


async def _file(call: Call[ExportEarnings], page: list[EarnedSession]) -> AsyncIterator[bytes]:
    yield b"".join(csv_lines(COLUMNS, map(_line, page)))
    while len(page) == PAGE:
        page = await _page(call, page[-1].next_cursor)
        yield b"".join(islice(csv_lines(COLUMNS, map(_line, page)), 1, None))  # without the heading


async def _page(call: Call[ExportEarnings], cursor: str) -> list[EarnedSession]:
    wanted = call.body.model_dump()
    return await call.database.rows(earnings_sessions_rpc, **wanted, page_size=PAGE, cursor=cursor)


def _line(session: EarnedSession) -> tuple[Any, ...]:
    return (
        session.local_start.isoformat(" ", "minutes"),
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
