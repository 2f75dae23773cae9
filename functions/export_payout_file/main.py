"""Export what is to be paid as a file for an accountant: the one place where account numbers are opened."""

from datetime import UTC, datetime

from starlette.responses import Response

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.spreadsheet import csv_lines
from shared.vault import VaultSettings

from .contract import ExportPayoutFile, export_payout_file_rpc
from .lines import COLUMNS, line


class PayoutFile(Response):
    """What is to be paid, as a spreadsheet opens it; no proxy may store it."""

    media_type = "text/csv"

    def __init__(self, name: str, content: bytes) -> None:
        headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
        super().__init__(content, headers=headers)


@endpoint(caller="user", settings=(ServiceSettings, VaultSettings))
async def export_payout_file(call: Call[ExportPayoutFile]) -> PayoutFile:
    """The pending payouts as CSV. For admins; each use is logged for each account, under the name of the file.

    Exporting pays nothing and changes nothing: a payout stays pending until somebody says what became of it. One
    whose account may not be paid now has a line without numbers, and the reason.
    """
    name = f"payouts-{call.body.currency or 'all'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.csv"
    payouts = await call.service.rows(
        export_payout_file_rpc,
        user_id=call.user.id,
        user_aal=call.user.aal,
        reference=name,
        in_currency=call.body.currency,
    )
    lines = [line(payout, VaultSettings.read().vault) for payout in payouts]
    withheld = [str(payout["payout_id"]) for payout in lines if payout["withheld"]]
    call.log(file=name, payouts=len(lines), withheld=withheld)
    return PayoutFile(name, b"".join(csv_lines(COLUMNS, (payout.values() for payout in lines))))
