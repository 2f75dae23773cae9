"""What saving a bank account takes and gives."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.database import Rpc
from shared.wire import Input, Output, StrictInput


class EncryptBankingData(Input):
    """A practitioner's own account. The two numbers come in the clear, or sealed by the browser, not both."""

    practitioner_id: UUID
    bank_name: str = Field(max_length=200)
    account_holder_name: str = Field(max_length=200)
    account_type: Literal["checking", "savings"]
    country: str = Field(
        "CA", max_length=40, description="Two letters. US, CA, or a country that has the IBAN."
    )
    account_number: str | None = Field(
        None, max_length=64, description="US: 4 to 17 digits. CA: 5 to 12. Elsewhere: the IBAN."
    )
    routing_number: str | None = Field(
        None,
        max_length=64,
        description="US: the ABA number. CA: 12345-003 (transit, institution) or 000312345 (0, institution, transit). "
        "Elsewhere: the BIC.",
    )
    sealed: str | None = Field(
        None,
        max_length=4096,
        description="JWE, compact, RSA-OAEP-256 and A256GCM, for the key of get-banking-key: "
        '{"practitioner_id", "account_number", "routing_number"}.',
    )


class SealedNumbers(StrictInput):
    """What is inside `sealed`. It names its practitioner, so that it is good for nobody else."""

    practitioner_id: UUID
    account_number: str = Field(max_length=64)
    routing_number: str = Field(max_length=64)


class SavedAccount(Output):
    """The account's row. The same account saved again stays verified if it was."""

    id: UUID
    verified: bool


class SavedBanking(SavedAccount):
    """The reply."""

    success: bool = True
    message: str = "Your bank account is saved. It is verified before anything is paid to it."


save_practitioner_banking_rpc = Rpc(
    "save_practitioner_banking",
    gives=SavedAccount,
    refuses=("not_your_account", "second_factor_needed", "text_is_blank", "too_many_requests"),
    remembers=True,
)
