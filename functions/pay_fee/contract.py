"""What the page takes on which somebody pays a fee that they owe, and what it shows."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.checkouts import BegunCheckout, Currency
from shared.database import Rpc
from shared.wire import Input, Output


class PayFee(Input):
    """A link's token and, of a form, the fee to pay; without a token, what somebody comes back from."""

    token: str = Field("", max_length=200)
    fee: UUID | None = Field(None, description="The fee to pay, of a form.")
    back: Literal["paid", "left"] | None = Field(None, description="From Stripe's page: paid, or left.")


class ShownFee(Output):
    """A fee, and what became of it."""

    id: UUID
    because: Literal["late_cancellation", "no_show"]
    amount_minor: int
    currency: Currency
    status: Literal["owed", "paid", "returned", "forgiven"]
    scheduled_at: datetime
    session_name: str | None
    practitioner_name: str | None
    is_being_paid: bool = Field(description="Whether a bank takes its time with it.")


class FeesToPay(Output):
    """What is owed, then what was in the last year."""

    fees: list[ShownFee]
    time_zone: str

    @property
    def owed(self) -> list[ShownFee]:
        return [fee for fee in self.fees if fee.status == "owed"]

    @property
    def settled(self) -> list[ShownFee]:
        return [fee for fee in self.fees if fee.status != "owed"]


class BegunFeeCheckout(BegunCheckout):
    """A checkout, and whose it is."""

    email: str | None


LINK = ("link_not_found", "link_ended")
read_fees_to_pay_rpc = Rpc("read_fees_to_pay", gives=FeesToPay, refuses=LINK)
pay_fee_rpc = Rpc(
    "pay_fee",
    gives=BegunFeeCheckout,
    refuses=(
        *LINK,
        "account_gone",
        "fee_not_found",
        "fee_paid",
        "fee_forgiven",
        "payment_on_its_way",
        "request_in_progress",
        "too_many_requests",
    ),
)
