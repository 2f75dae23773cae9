"""What a file for the bank takes, the payouts as the database gives them, and the numbered file."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class ExportBankFile(StrictInput):
    """When practitioners are to have it, and what about payouts that are in such a file already."""

    available_on: date | None = Field(None, description="By default the next weekday.")
    already_exported: Literal["refuse", "leave_out", "include"] = Field(
        "refuse",
        description="Of payouts in an earlier file: handed in twice, they are paid twice. "
        "`include` is for a file that was never handed in.",
    )


class BankFilePayout(Output):
    """A pending payout in Canadian dollars; or, in `withheld`, why it cannot be in the file."""

    payout_id: UUID
    practitioner_id: UUID
    practitioner_name: str | None
    withheld: str | None
    account_holder_name: str | None
    account_number: str | None = Field(description="Sealed, as all numbers are until the file is written.")
    routing_number: str | None
    amount_minor: int
    is_exported: bool = Field(description="Whether it was in a file for the bank before.")


class BankFile(Output):
    """What stands in it beside the payments."""

    name: str
    number: int
    created_on: date
    available_on: date
    originator_id: str
    short_name: str
    long_name: str
    data_centre: str
    direct_clearer: str | None
    return_institution: str
    return_transit: str
    return_account: str
    transaction_code: str


read_bank_file_payouts_rpc = Rpc(
    "read_bank_file_payouts",
    gives=BankFilePayout,
    refuses=("admins_only", "second_factor_needed", "too_many_requests"),
)
number_bank_file_rpc = Rpc(
    "number_bank_file",
    gives=BankFile,
    refuses=(
        "admins_only",
        "available_on_not_possible",
        "nothing_to_export",
        "originator_missing",
        "payouts_changed",
        "second_factor_needed",
        "exported_already",
    ),
)
