"""What the tests of earnings share: sessions that are paid for, held, cancelled, refunded, and what the ledger says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.stripe_events import Payment, arguments

from .booking_steps import FREE, in_hours, type_id
from .conftest import Sandbox

# Everything that must be true of the ledger whatever happened; a row is what is not.
LEDGER_VIOLATIONS = """
    select 'a transaction is not balanced' as violation, t.id as of from public.ledger_transactions t
     where 2 > (select count(*) from public.ledger_postings p where p.transaction_id = t.id)
        or 0 <> (select sum(p.amount_minor) from public.ledger_postings p where p.transaction_id = t.id)
    union all
    select 'a seat is earned twice', t.session_id from public.ledger_transactions t
     where t.kind = 'accrual' group by t.session_id having count(*) > 1
    union all
    select 'more is earned than was paid', e.funds_id from private.earned_seats e
      join public.checkout_sessions c on c.id = e.funds_id
      join public.ledger_transactions t on t.session_id = e.session_id and t.kind in ('accrual', 'reversal')
      join public.ledger_postings p on p.transaction_id = t.id and p.account = 'client_funds'
     group by e.funds_id, c.id having -sum(p.amount_minor) > c.amount_minor - c.returned_minor
    union all
    select 'a row does not add up', p.id from public.session_payments p
     where p.practitioner_share + p.platform_share + p.refunded_amount <> p.total_amount
    union all
    select 'a cancelled session counts', p.id from public.session_payments p
      join public.session_schedules s on s.id = p.session_id and s.status = 'cancelled'
     where p.practitioner_share <> 0 and p.paid_out_at is null
       and not exists (select from private.earned_seats e where e.payment_id = p.id)
    union all
    select 'a row says other than the ledger', p.id from public.session_payments p
      join private.earned_seats e on e.payment_id = p.id
     where p.paid_out_at is null and round(100 * p.practitioner_share) <> (
       select coalesce(sum(l.amount_minor), 0) from public.ledger_transactions t
         join public.ledger_postings l on l.transaction_id = t.id and l.account = 'practitioner_payable'
        where t.session_id = e.session_id and t.kind in ('accrual', 'reversal'))
"""


@dataclass(frozen=True)
class Bought:
    """Something paid for, as Stripe knows it and as we do."""

    payment: Payment
    session: str | None  # booked by it
    lot: str | None  # or granted

    @property
    def id(self) -> str:
        return self.payment.checkout_id


def deliver(sandbox: Sandbox, *bodies: bytes) -> None:
    """Deliver events of Stripe, the same ones again if asked to."""
    sandbox.act_as("service")
    for body in bodies:
        named = arguments(body)
        listed = ", ".join(f"{name} => %s" for name in named)
        sandbox.run(f"select * from public.receive_stripe_event({listed})", *named.values())


def begin(sandbox: Sandbox, who: str = "client", **choice: Any) -> Payment:
    """Somebody chooses what to pay for, and sees Stripe's page."""
    sandbox.act_as(who)
    choice = {"currency": "cad", "cancellation_policy_agreed": True, **choice}
    named = ", ".join(f"{name} => %s" for name in choice)
    (row,) = sandbox.run(f"select * from public.begin_checkout({named})", *choice.values())
    checkout = str(row["checkout_id"])
    sandbox.act_as("service")
    sandbox.run("select * from public.open_checkout(%s, %s, 'https://pay.test/')", checkout, f"cs_{checkout}")
    return Payment(checkout, row["amount_minor"], row["currency"], id=checkout)


def pay(sandbox: Sandbox, payment: Payment) -> Bought:
    """Pay: Stripe reports the payment."""
    deliver(sandbox, payment.completed())
    sandbox.act_as("owner")
    (row,) = sandbox.run(
        "select session_id, credit_lot_id from public.checkout_sessions where id = %s", payment.checkout_id
    )
    session, lot = row["session_id"], row["credit_lot_id"]
    return Bought(payment, session and str(session), lot and str(lot))


def pay_session(
    sandbox: Sandbox, at: datetime | None = None, *, practitioner: str = FREE, minutes: int = 45, **more: Any
) -> Bought:
    """A session of its own, paid singly."""
    asked = {"practitioner_id": practitioner, "scheduled_at": at or in_hours(48), **more}
    who = asked.pop("who", "client")
    kind = type_id(sandbox, minutes)
    return pay(sandbox, begin(sandbox, who, payment_type="single", session_type_id=kind, **asked))


def pay_seat(sandbox: Sandbox, group_class: str, *, minutes: int = 60, **more: Any) -> Bought:
    """A seat in a class, paid singly."""
    who = more.pop("who", "client")
    kind = type_id(sandbox, minutes, is_group=True)
    asked = {"payment_type": "single", "session_type_id": kind, "group_class_id": group_class, **more}
    return pay(sandbox, begin(sandbox, who, **asked))


def buy(sandbox: Sandbox, *, minutes: int = 45, is_group: bool = False, **more: Any) -> Bought:
    """Five credits."""
    who = more.pop("who", "client")
    kind = type_id(sandbox, minutes, is_group=is_group)
    return pay(sandbox, begin(sandbox, who, **{"payment_type": "package_5", "session_type_id": kind, **more}))


def price_packages(sandbox: Sandbox, cad: str = "450.03", usd: str = "328.51") -> None:
    """Prices that five do not divide."""
    sandbox.act_as("owner")
    sandbox.run("update public.session_packages set price_cad = %s, price_usd = %s where is_active", cad, usd)


def complete(sandbox: Sandbox, *sessions: object) -> None:
    """They were held."""
    sandbox.act_as("service")
    sandbox.run(
        "update public.session_schedules set status = 'completed' where id = any (%s::uuid[])", list(sessions)
    )
    settle(sandbox)


def cancel(sandbox: Sandbox, session: object, who: str = "client") -> str:
    """Somebody cancels. Gives how that was counted."""
    sandbox.act_as(who)
    return str(sandbox.one("select cancellation_type from public.cancel_session(%s)", session))


def settle(sandbox: Sandbox) -> None:
    """What is checked when a transaction ends is checked now."""
    sandbox.run("set constraints all immediate")
    sandbox.run("set constraints all deferred")


def postings(sandbox: Sandbox, session: object) -> list[tuple[str, dict[str, int]]]:
    """What the ledger says of a seat: kind, and account -> minor units."""
    sandbox.act_as("owner")
    rows = sandbox.run(
        """select t.kind, jsonb_object_agg(p.account, p.amount_minor) as lines
             from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
            where t.session_id = %s group by t.id order by min(p.id)""",
        session,
    )
    return [(row["kind"], row["lines"]) for row in rows]


def share(sandbox: Sandbox, session: object) -> int:
    """What a seat comes to for its practitioner."""
    return sum(lines.get("practitioner_payable", 0) for _, lines in postings(sandbox, session))


def owed(sandbox: Sandbox) -> dict[tuple[str, str], int]:
    """Every practitioner's balance in each currency, without the seeded ones."""
    sandbox.act_as("owner")
    rows = sandbox.run(
        """select t.practitioner_id, t.currency, sum(p.amount_minor)::bigint as owed
             from public.ledger_transactions t join public.ledger_postings p on p.transaction_id = t.id
            where p.account = 'practitioner_payable' and t.practitioner_id <> '10000000-0000-4000-8000-000000000001'
            group by 1, 2 having sum(p.amount_minor) <> 0"""
    )
    return {(str(row["practitioner_id"]), row["currency"]): row["owed"] for row in rows}


def row_of(sandbox: Sandbox, session: object) -> dict[str, Any]:
    """What the pages read of a seat."""
    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.session_payments where session_id = %s", session)
    return row


def ledger_violations(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run(LEDGER_VIOLATIONS)
