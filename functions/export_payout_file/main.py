"""Export what is to be paid as a file for an accountant: the one place where account numbers are opened."""

from datetime import UTC, datetime

from shared.call import Call
from shared.downloads import Download
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.spreadsheet import Workbook, csv_lines
from shared.vault import VaultSettings

from .contract import ExportPayoutFile, export_payout_file_rpc
from .lines import COLUMNS, line


@endpoint(caller="user", settings=(ServiceSettings, VaultSettings))
async def export_payout_file(call: Call[ExportPayoutFile]) -> Download:
    """The pending payouts as CSV or as a workbook. For admins; each use of an account is logged under the file's name.

    Exporting pays nothing: a payout stays pending until somebody says what became of it. One whose account may not be
    paid now has a line without numbers, and the reason; one that was in a file before says so.
    """
    name = f"payouts-{call.body.currency or 'all'}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{call.body.format}"
    payouts = await call.service.rows(
        export_payout_file_rpc,
        user_id=call.user.id,
        user_aal=call.user.aal,
        reference=name,
        in_currency=call.body.currency,
        format=call.body.format,
    )
    lines = [line(payout, VaultSettings.read().vault) for payout in payouts]
    withheld = [str(payout["payout_id"]) for payout in lines if payout["withheld"]]
    call.log(file=name, payouts=len(lines), withheld=withheld)
    if call.body.format == "csv":
        return Download(name, b"".join(csv_lines(COLUMNS, (payout.values() for payout in lines))))
    workbook = Workbook(COLUMNS)
    for payout in lines:
        workbook.add(payout.values())
    return Download(name, workbook.content())
