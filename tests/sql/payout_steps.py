"""What the tests of payouts share: money that is earned and taken back, days that pass, and what became of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.payout_scene import LONG_AGO, POST

from .conftest import CLIENT, ROW, Sandbox

OTHER = (
    "20000000-0000-4000-8000-000000000002"  # the other seeded practitioner, who is a stranger to the first
)


def payment(
    sandbox: Sandbox,
    share_minor: int,
    *,
    practitioner: str = ROW,
    currency: str = "cad",
    earned: bool = True,
) -> str:
    """Something a client paid for. Gives the row that the payments page shows once it is earned."""
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
            " practitioner_share, platform_share, currency, status, earned_at)"
            " values (%s, %s, %s, %s, %s, 0, %s, 'completed', case when %s then now() end) returning id",
            ROW,
            practitioner,
            CLIENT,
            share_minor / 100,
            share_minor / 100,
            currency,
            earned,
        )
    )


@dataclass(frozen=True)
class Entry:
    """A transaction of the ledger."""

    id: str
    payment: str | None
    session: str
    owner: tuple[str, str]  # practitioner and currency


def entry(
    sandbox: Sandbox,
    amount: int,
    *,
    practitioner: str = ROW,
    currency: str = "cad",
    ago: timedelta = LONG_AGO,
    of: Entry | None = None,
    payment: str | None = None,
    kind: str = "accrual",
) -> Entry:
    """So much is earned, at that time before now; or, with `of` and a minus, taken back from what was earned."""
    sandbox.act_as("owner")
    if of:
        kind, payment, (practitioner, currency) = "reversal", of.payment, of.owner
    (row,) = sandbox.run(
        POST,
        kind,
        currency,
        practitioner,
        of.session if of else None,
        payment,
        ago,
        amount,
        amount,
    )
    return Entry(str(row["id"]), payment, str(row["session_id"]), (practitioner, currency))


def earn(sandbox: Sandbox, amount: int, **more: Any) -> Entry:
    """A session that a client paid for took place."""
    owner = {name: more[name] for name in ("practitioner", "currency") if name in more}
    return entry(sandbox, amount, payment=payment(sandbox, amount, **owner), **more)


def run(sandbox: Sandbox, days: float = 0, batch: int = 100) -> dict[str, Any]:
    """The scheduler's run, so many days from now, until it is done."""
    sandbox.act_as("owner")
    made = closed = 0
    while True:
        (ran,) = sandbox.run(
            "select * from private.run_payouts(%s, now() + make_interval(days => %s))", batch, days
        )
        settle(sandbox)
        made, closed = made + ran["payouts_made"], closed + ran["periods_closed"]
        if ran["is_done"]:
            return {**ran, "payouts_made": made, "periods_closed": closed}


def settle(sandbox: Sandbox) -> None:
    """What is checked when a transaction ends is checked now."""
    sandbox.run("set constraints all immediate")
    sandbox.run("set constraints all deferred")


def payouts(sandbox: Sandbox, practitioner: str = ROW, *, status: str | None = None) -> list[dict[str, Any]]:
    """Somebody's payouts, by their amounts, without the seeded one."""
    sandbox.act_as("owner")
    return sandbox.run(
        "select * from public.payouts where practitioner_id = %s and id <> %s"
        " and status = coalesce(%s, status) order by amount_minor",
        practitioner,
        ROW,
        status,
    )


def amounts(sandbox: Sandbox, practitioner: str = ROW, *, status: str | None = None) -> list[tuple[str, int]]:
    return [(row["currency"], row["amount_minor"]) for row in payouts(sandbox, practitioner, status=status)]


def lines(sandbox: Sandbox, payout: dict[str, Any]) -> set[str]:
    """Which transactions a payout pays."""
    sandbox.act_as("owner")
    rows = sandbox.run(
        "select ledger_transaction_id as id from public.payout_lines where payout_id = %s", payout["id"]
    )
    return {str(row["id"]) for row in rows}


def balance(sandbox: Sandbox, practitioner: str = ROW, currency: str = "cad") -> int:
    """What somebody is owed and no payout has spoken for."""
    sandbox.act_as("owner")
    return int(
        sandbox.one(
            "select coalesce(sum(p.amount_minor), 0) from public.ledger_postings p"
            " join public.ledger_transactions t on t.id = p.transaction_id"
            " where p.account = 'practitioner_payable' and t.practitioner_id = %s and t.currency = %s",
            practitioner,
            currency,
        )
    )


def paid(
    sandbox: Sandbox, payout: dict[str, Any], reference: str = "wire-1", *, who: str = "admin"
) -> dict[str, Any]:
    """An admin says that the money has left."""
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.mark_payout_paid(%s, %s)", payout["id"], reference)
    settle(sandbox)
    return row


def failed(
    sandbox: Sandbox, payout: dict[str, Any], reason: str = "Account closed", *, who: str = "admin"
) -> dict[str, Any]:
    """An admin says that it did not."""
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.mark_payout_failed(%s, %s)", payout["id"], reason)
    settle(sandbox)
    return row


def mark_on_page(sandbox: Sandbox, *entries: Entry, who: str = "admin") -> int:
    """What the payments page sends for one payment or several. Gives how many it changed."""
    sandbox.act_as(who)
    rows = sandbox.run(
        "update public.session_payments set paid_out_at = now(), status = 'paid_out'"
        " where id = any (%s::uuid[]) returning id",
        [each.payment for each in entries],
    )
    settle(sandbox)
    return len(rows)


def on_page(sandbox: Sandbox, *entries: Entry) -> list[tuple[str, bool]]:
    """What the payments page reads of each."""
    sandbox.act_as("owner")
    return [
        (row["status"], row["paid_out_at"] is not None)
        for each in entries
        for row in sandbox.run(
            "select status, paid_out_at from public.session_payments where id = %s", each.payment
        )
    ]
