"""What exporting a payment file takes, and a payout as the database gives it, with its numbers sealed."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class ExportPayoutFile(StrictInput):
    """Which payouts: all that are pending, or those in one currency."""

    currency: Literal["cad", "usd"] | None = Field(None, description="By default both.")
    format: Literal["csv", "xlsx"] = Field(
        "csv", description="A workbook keeps the numbers as text: a spreadsheet reads 003 in a CSV as 3."
    )


class PendingPayout(Output):
    """A payout and the account it goes to; or, in `withheld`, why it cannot go there now."""

    payout_id: UUID
    practitioner_id: UUID
    practitioner_name: str | None
    withheld: str | None
    bank_name: str | None
    account_holder_name: str | None
    account_type: str | None
    country: str | None
    account_number: str | None = Field(description="Sealed, as all numbers are until the file is written.")
    routing_number: str | None
    amount_minor: int
    currency: Literal["cad", "usd"]
    period_start: date
    period_end: date = Field(description="The first day that is not in the period any more.")
    exported_before: str | None = Field(description="When it was last in a file before, and in which.")


export_payout_file_rpc = Rpc(
    "export_payout_file",
    gives=PendingPayout,
    refuses=("admins_only", "second_factor_needed", "too_many_requests"),
)
