"""A scene in which a practitioner is paid: money they earned long ago, an admin, and the runs of the scheduler."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from .cast import Stage

LONG_AGO = timedelta(days=60)  # in a period that is over and past its hold, as of today

# A transaction of the ledger at a time before now; post does the same, but always now.
POST = """
  with posted as (
    insert into public.ledger_transactions
      (kind, currency, practitioner_id, session_id, payment_id, cause, reason, occurred_at)
    values (%s, %s, %s, coalesce(%s, gen_random_uuid()), %s, gen_random_uuid(), 'Scene', now() - %s::interval)
    returning id, session_id),
  lines as (
    insert into public.ledger_postings (transaction_id, account, amount_minor)
    select id, account, amount from posted,
           (values ('client_funds', -%s::bigint), ('practitioner_payable', %s::bigint)) line (account, amount))
  select * from posted"""


class PayoutScene:
    """One practitioner, who has earned nothing so far, and an admin."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.practitioner = stage.practitioner()
        self.admin = stage.admin()

    @property
    def practitioner_id(self) -> UUID:
        assert self.practitioner.practitioner_id
        return self.practitioner.practitioner_id

    def earn(self, amount_minor: int, currency: str = "cad") -> None:
        """A period that is over has earned them so much."""
        values = ("accrual", currency, self.practitioner_id, None, None, LONG_AGO, amount_minor, amount_minor)
        self.stage.row(POST, *values)

    def run(self) -> dict[str, Any]:
        """The scheduler's call."""
        ran: dict[str, Any] = self.stage.invoke_as_service("run-payouts").raise_for_status().json()
        return ran

    def payouts(self) -> list[dict[str, Any]]:
        """As the practitioner reads them, with their lines."""
        path = "payouts?select=*,payout_lines(ledger_transaction_id,amount_minor)&order=amount_minor"
        found: list[dict[str, Any]] = (
            self.stage.rest("GET", path, as_=self.practitioner).raise_for_status().json()
        )
        return found
