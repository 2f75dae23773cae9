"""What verifying a bank account takes and gives."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.database import Rpc
from shared.wire import Output, StrictInput


class VerifyPractitionerBanking(StrictInput):
    """Which account, as the admin saw it: one that has changed since is not verified by mistake."""

    practitioner_id: UUID
    changed_at: AwareDatetime = Field(description="practitioner_banking.changed_at, as it was read.")
    verified: bool = Field(True, description="False takes it back.")


class VerifiedAccount(Output):
    """How the account stands. Nothing is paid to it before `cooling_until`, verified or not."""

    practitioner_id: UUID
    account_last4: str | None
    verified: bool
    verified_at: datetime | None
    cooling_until: datetime


class VerifiedBanking(VerifiedAccount):
    """The reply."""

    success: bool = True


verify_practitioner_banking_rpc = Rpc(
    "verify_practitioner_banking",
    gives=VerifiedAccount,
    refuses=(
        "admins_only",
        "second_factor_needed",
        "own_account",
        "banking_not_found",
        "banking_changed",
        "banking_not_checked",
    ),
    remembers=True,
)
