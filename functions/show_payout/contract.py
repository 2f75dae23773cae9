"""What the page about a payout takes, and what it shows."""

from typing import Literal

from pydantic import Field

from shared.database import Rpc
from shared.documents.statements import Currency, PayoutStatement, YearStatement
from shared.wire import Input, Output


class ShowPayout(Input):
    """A link's token, and which file is wanted of it."""

    token: str = Field("", max_length=200)
    file: Literal["payout", "year"] | None = Field(None, description="A statement as a PDF, not a page.")
    year: int | None = Field(None, ge=2000, le=2100)
    currency: Currency | None = None


class StatementYear(Output):
    """A year in which something was earned or paid, in one currency."""

    year: int
    currency: Currency


class PayoutPage(Output):
    """The payout, and the years that there are statements of."""

    statement: PayoutStatement
    years: list[StatementYear]


LINK = (
    "link_not_found",
    "link_ended",
    "payout_not_found",
    "practitioners_only",
    "practitioner_not_found",
    "second_factor_needed",
)
read_payout_page_rpc = Rpc("read_payout_page", gives=PayoutPage, refuses=LINK)
read_linked_year_statement_rpc = Rpc(
    "read_linked_year_statement",
    gives=YearStatement,
    refuses=(*LINK, "currency_unknown", "year_not_possible"),
)
