"""A payout as a line of the file."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from shared.vault import CannotOpen, Vault

from .contract import PendingPayout

COLUMNS = (
    "payout_id",
    "practitioner",
    "amount",
    "currency",
    "account_holder",
    "bank",
    "country",
    "account_type",
    "institution",
    "transit",
    "routing_number",
    "account_number",
    "period_from",
    "period_to",
    "withheld",
    "exported_before",
)


def line(payout: PendingPayout, vault: Vault) -> dict[str, Any]:
    """A value for each column. A number that does not open is withheld, and does not stop the others."""
    account_number = routing_number = institution = transit = ""
    withheld = payout.withheld or ""
    if payout.account_number and payout.routing_number:
        try:
            account_number, routing_number = vault.open_numbers(
                payout.practitioner_id, payout.account_number, payout.routing_number
            )
        except CannotOpen:
            withheld = "cannot_be_opened"
    if payout.country == "CA" and routing_number:
        # Stored in its electronic form: 0, institution, transit. Canadian banks' forms ask for the two.
        institution, transit = routing_number[1:4], routing_number[4:]
    return dict(
        zip(
            COLUMNS,
            (
                str(payout.payout_id),
                payout.practitioner_name or str(payout.practitioner_id),
                Decimal(payout.amount_minor).scaleb(-2),
                payout.currency.upper(),
                payout.account_holder_name,
                payout.bank_name,
                payout.country,
                payout.account_type,
                institution,
                transit,
                routing_number,
                account_number,
                payout.period_start,
                payout.period_end - timedelta(days=1),
                withheld,
                payout.exported_before or "",
            ),
            strict=True,
        )
    )
