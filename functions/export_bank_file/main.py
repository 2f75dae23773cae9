"""Export what is to be paid in Canada as a file that a bank carries out: CPA 005, with its number."""

from datetime import UTC, datetime

from shared.call import Call
from shared.downloads import Download
from shared.serving import endpoint
from shared.settings import ServiceSettings
from shared.vault import CannotOpen, Vault, VaultSettings

from .contract import BankFilePayout, ExportBankFile, number_bank_file_rpc, read_bank_file_payouts_rpc
from .cpa005 import Payment, ascii_capitals, write


@endpoint(caller="user", settings=(ServiceSettings, VaultSettings))
async def export_bank_file(call: Call[ExportBankFile]) -> Download:
    """The pending payouts in Canadian dollars, for admins. Its name says its number, and how many of how many it has.

    Exporting pays nothing: a payout stays pending until somebody says what became of it. Who is not in it and why is
    seen in the file for people (`export-payout-file`). A number is given once and is not given back.
    """
    asked, reference = call.body, f"payouts-cpa005-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    payouts = await call.service.rows(
        read_bank_file_payouts_rpc, user_id=call.user.id, user_aal=call.user.aal, reference=reference
    )
    vault = VaultSettings.read().vault
    chosen = {
        payout.payout_id: payment
        for payout in payouts
        if (payment := _payment(payout, vault))
        and not (payout.is_exported and asked.already_exported == "leave_out")
    }
    payments = list(chosen.values())
    file = await call.service.rpc(
        number_bank_file_rpc,
        user_id=call.user.id,
        user_aal=call.user.aal,
        reference=reference,
        payout_ids=list(chosen),
        pending=len(payouts),
        total_minor=sum(payment.amount_minor for payment in payments),
        available_on=asked.available_on,
        may_repeat=asked.already_exported == "include",
    )
    left_out = [str(payout.payout_id) for payout in payouts if payout.payout_id not in chosen]
    call.log(file=file.name, payouts=len(payments), left_out=left_out)
    return Download(file.name, write(file, payments))


def _payment(payout: BankFilePayout, vault: Vault) -> Payment | None:
    """None, if it cannot be in the file: withheld, numbers that do not open, a name without a Latin letter."""
    if payout.withheld or not payout.account_number or not payout.routing_number:
        return None
    try:
        account, routing = vault.open_numbers(
            payout.practitioner_id, payout.account_number, payout.routing_number
        )
    except CannotOpen:
        return None
    payee = ascii_capitals(payout.account_holder_name or payout.practitioner_name or "", 30)
    if not payee or len(account) > 12 or not (routing + account).isdigit() or len(routing) != 9:
        return None
    # Stored in its electronic form: 0, institution, transit.
    return Payment(
        payout.amount_minor, routing[:4], routing[4:], account, payee, payout.payout_id.hex[:19].upper()
    )
