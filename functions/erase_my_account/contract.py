"""What erasing an account takes and gives."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class EraseMyAccount(StrictInput):
    """Somebody wants to be forgotten; admins and the platform name whom."""

    confirmation: Literal["ERASE MY ACCOUNT"] | None = Field(
        None, description="Written out by who erases their own account: there is no way back."
    )
    user_id: UUID | None = Field(None, description="For admins and the platform: whose account.")


class ErasureReceipt(Output):
    """What the database has done so far."""

    id: UUID
    pseudonym: UUID
    counts: dict[str, int]
    rows_erased_at: datetime
    account_deleted_at: datetime | None


class AccountErased(Output):
    """The reply: a receipt that names nobody."""

    success: bool = True
    receipt_id: UUID
    pseudonym: UUID = Field(description="The id under which signatures and payments are kept as evidence.")
    rows_erased_at: datetime
    erased: dict[str, int] = Field(
        description="How many of what, over all times it was asked; recordings go with their files within a day."
    )
    message: str


class CancelledSessions(Output):
    """How many of the sessions to come were cancelled in one step."""

    sessions_cancelled: int


REFUSES = (
    "not_your_account",
    "second_factor_needed",
    "account_not_found",
    "last_admin",
    "under_legal_hold",
    "session_running",
    "payouts_open",
)

cancel_sessions_before_erasure_rpc = Rpc(
    "cancel_sessions_before_erasure", gives=CancelledSessions, refuses=REFUSES
)
erase_my_account_rpc = Rpc(
    "erase_my_account", gives=ErasureReceipt, refuses=(*REFUSES, "too_many_requests"), seconds=60
)
