"""What a statement of earnings takes; it gives a PDF."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.database import Rpc
from shared.documents.statements import PayoutStatement, YearStatement
from shared.wire import StrictInput


class GetEarningsStatement(StrictInput):
    """Of one payout, or of a year in one currency."""

    payout_id: UUID | None = None
    year: int | None = Field(None, ge=2000, le=2100)
    currency: Literal["cad", "usd"] | None = Field(None, description="Of a year.")
    practitioner_id: UUID | None = Field(
        None, description="Of a year: by default the caller. Admins say whose."
    )

    @model_validator(mode="after")
    def _is_of_one_thing(self) -> Self:
        of_a_year = (self.year, self.currency)
        if (self.payout_id is None) == (None in of_a_year) or (self.payout_id and any(of_a_year)):
            raise ValueError("should name a payout_id, or a year and a currency")
        return self


get_payout_statement_rpc = Rpc(
    "get_payout_statement",
    gives=PayoutStatement,
    refuses=("payout_not_found", "second_factor_needed", "too_many_requests"),
)
get_year_statement_rpc = Rpc(
    "get_year_statement",
    gives=YearStatement,
    refuses=(
        "practitioners_only",
        "practitioner_not_found",
        "currency_unknown",
        "year_not_possible",
        "second_factor_needed",
        "too_many_requests",
    ),
)
