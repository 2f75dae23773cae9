"""Give a statement of a payout, or of a year's earnings in one currency, from the ledger."""

from shared.call import Call
from shared.documents.statements import payout_statement, year_statement
from shared.downloads import Pdf
from shared.serving import endpoint

from .contract import GetEarningsStatement, get_payout_statement_rpc, get_year_statement_rpc


@endpoint(caller="user", methods=("POST", "GET"))
async def get_earnings_statement(call: Call[GetEarningsStatement]) -> Pdf:
    """A PDF for the practitioner whose earnings they are, and for admins. It names no client."""
    asked = call.body
    if asked.payout_id:
        found = await call.database.rpc(get_payout_statement_rpc, payout_id=asked.payout_id)
        return await payout_statement(found)
    of_year = await call.database.rpc(
        get_year_statement_rpc,
        year=asked.year,
        currency=asked.currency,
        practitioner_id=asked.practitioner_id,
    )
    return await year_statement(of_year)
