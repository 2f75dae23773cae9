"""Any steps of sessions, refunds, disputes, corrections and payouts pay each cent once: the ledger's machine and more.

What the model keeps of a payout is how much it paid for each seat. What is still to be paid for a seat is then what it
is worth now less what live payouts have paid for it, below nought if more was paid than is left of its price.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from .conftest import ROW
from .earnings_model import Entry, Seat
from .earnings_steps import Bought
from .payout_steps import failed, paid, run, settle
from .test_earnings_machine import Earning

STEPS, EXAMPLES = 30, 20


@dataclass
class Payout:
    """What was sent, or is to be, and what for."""

    whose: tuple[str, str]
    pays: dict[str, int]  # by seat, or by correction
    status: str = "pending"

    @property
    def amount(self) -> int:
        return sum(self.pays.values())

    @property
    def fact(self) -> tuple[str, str, int, str]:
        return (*self.whose, self.amount, self.status)


class Paying(Earning):
    """As before, and money is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.payouts: dict[str, Payout] = {}
        self.corrections: dict[str, Entry] = {}
        self.marked: set[str] = set()  # seats that the pages show as paid out
        self.days = 70  # by then all that is earned today is in a period that is over and past its hold

    # There is more to check of payouts where there is something to pay.

    @initialize(
        target=Earning.bought,
        currencies=st.lists(st.sampled_from(["cad", "cad", "usd"]), min_size=4, max_size=6),
    )
    def some_have_worked(self, currencies: list[str]) -> Any:
        return multiple(*[self.work(currency, 0) for currency in currencies])

    @rule(target=Earning.bought, currency=st.sampled_from(["cad", "usd"]), which=st.integers(0, 1))
    def work(self, currency: str, which: int) -> Bought:
        """A session is paid for and held."""
        bought = self.pay_for_a_session("client", currency, which)
        self.the_session_is_held(str(bought.session))
        return bought

    # What is to be paid

    def unpaid(self, *, of_seats: set[str] | None = None) -> dict[tuple[str, str], dict[str, int]]:
        """By owner and currency, seat by seat. What is under dispute waits."""
        worth: dict[str, tuple[tuple[str, str], int]] = {}
        for seat in self.model.seats.values():
            if seat.funds and not seat.funds.is_disputed:
                worth[seat.id] = ((seat.practitioner, seat.funds.currency), seat.share)
        for name, entry in self.corrections.items():
            worth[name] = ((entry.practitioner, entry.currency), entry.amount)
        left: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for name, (whose, amount) in worth.items():
            rest = amount - sum(
                each.pays.get(name, 0) for each in self.payouts.values() if each.status != "failed"
            )
            if rest and (of_seats is None or name in of_seats):
                left[whose][name] = rest
        return left

    def learn(self, expected: list[Payout]) -> None:
        """The payouts that are new in the database are those that were expected."""
        self.sandbox.act_as("owner")
        rows = self.sandbox.run(
            "select id::text, practitioner_id::text, currency, amount_minor, status from public.payouts"
            " where practitioner_id <> %s and id <> all (%s::uuid[])",
            ROW,
            list(self.payouts),
        )
        facts = [
            (row["practitioner_id"], row["currency"], row["amount_minor"], row["status"]) for row in rows
        ]
        assert sorted(facts) == sorted(each.fact for each in expected)
        for row, fact in zip(rows, facts, strict=True):
            self.payouts[row["id"]] = expected.pop([each.fact for each in expected].index(fact))
            self.enter(self.payouts[row["id"]], -1)

    def enter(self, payout: Payout, sign: int) -> None:
        self.model.entries.append(Entry(*payout.whose, sign * payout.amount))

    def end(self, payout: Payout, status: str) -> None:
        payout.status = status
        if status == "failed":
            self.enter(payout, 1)
        else:
            self.marked |= {name for name, amount in payout.pays.items() if amount > 0}

    # What happens

    @rule(who=st.integers(0, 1), currency=st.sampled_from(["cad", "usd"]), amount=st.integers(-4000, 4000))
    def correct(self, who: int, currency: str, amount: int) -> None:
        """An adjustment, which belongs to no seat."""
        if not amount:
            return
        entry = Entry(self.practitioners[who], currency, amount)
        self.sandbox.act_as("owner")
        name = self.sandbox.one(
            """select private.post_transaction('adjustment', %s, %s, jsonb_build_object(
                 'practitioner_payable', %s::bigint, 'platform_revenue', -%s::bigint),
               reason => 'Correction', cause => %s)""",
            entry.practitioner,
            currency,
            amount,
            amount,
            str(Earning.steps),
        )
        self.corrections[str(name)] = entry
        self.model.entries.append(entry)

    @rule()
    def run_too_early(self) -> None:
        """What is earned today is not paid today."""
        before = len(self.payouts)
        if not self.payouts:
            run(self.sandbox)
            self.learn([])
        assert before == len(self.payouts)

    @rule(batch=st.integers(1, 3), days=st.sampled_from([0, 0, 20]))
    def run_payouts(self, batch: int, days: int) -> None:
        """In batches, until it is done; the next day or a period later."""
        self.days += days
        run(self.sandbox, self.days, batch)
        owed = [Payout(whose, pays) for whose, pays in self.unpaid().items() if sum(pays.values()) > 0]
        self.learn(owed)

    def pending(self) -> dict[str, Payout]:
        return {name: each for name, each in self.payouts.items() if each.status == "pending"}

    @precondition(lambda self: self.pending())
    @rule(data=st.data(), status=st.sampled_from(["paid", "failed"]), is_told_twice=st.booleans())
    def settle_one(self, data: st.DataObject, status: str, is_told_twice: bool) -> None:
        """An admin or a provider says what became of it, perhaps again."""
        name = list(self.pending())[data.draw(st.integers(0, len(self.pending()) - 1))]
        for _ in range(1 + is_told_twice):
            (paid if status == "paid" else failed)(self.sandbox, {"id": name})
        self.end(self.payouts[name], status)

    def on_page(self) -> list[Seat]:
        """What the payments page has a button for."""
        return [
            seat
            for seat in self.model.seats.values()
            if seat.funds and seat.is_earned and seat.share and seat.id not in self.marked
        ]

    @precondition(lambda self: self.on_page())
    @rule(data=st.data())
    def mark_on_page(self, data: st.DataObject) -> None:
        """One payment or several, whatever payouts they are in; what is under dispute is left out."""
        shown = [seat.id for seat in self.on_page()]
        seats = [shown[n] for n in data.draw(st.sets(st.integers(0, len(shown) - 1), min_size=1))]
        chosen = set(seats) - {seat.id for seat in self.on_page() if seat.funds and seat.funds.is_disputed}
        ends = {
            name: "paid"
            if {seat for seat, amount in each.pays.items() if amount > 0} & set(self.model.seats) <= chosen
            else "failed"
            for name, each in self.pending().items()
            if any(each.pays.get(seat, 0) > 0 for seat in chosen)
        }
        lives = {seat for name, end in ends.items() if end == "paid" for seat in self.payouts[name].pays}
        statement = (
            "update public.session_payments set paid_out_at = now(), status = 'paid_out'"
            " where session_id = any (%s::uuid[]) returning id"
        )
        self.sandbox.act_as("admin")
        if not chosen:
            with self.sandbox.refused("nothing_to_pay_out"):
                self.sandbox.run(statement, seats)
            return
        assert len(chosen) == len(self.sandbox.run(statement, seats))
        settle(self.sandbox)
        for name, end in ends.items():
            self.end(self.payouts[name], end)
        by_hand = [
            Payout(whose, pays, "paid") for whose, pays in self.unpaid(of_seats=chosen - lives).items()
        ]
        self.learn(by_hand)
        self.marked |= chosen

    # What must be true

    def is_payable(self, seat: Seat) -> bool:
        return super().is_payable(seat) and seat.id not in self.marked

    @rule(seat=Earning.seats)
    def the_rows_agree(self, seat: str) -> None:
        """What was paid out stays as it was paid; the ledger takes the rest back."""
        if seat not in self.marked:
            super().the_rows_agree(seat)

    @invariant()
    def the_payouts_agree(self) -> None:
        """Each with its amount and its state; and the pages show as paid out what is."""
        self.sandbox.act_as("owner")
        rows = self.sandbox.run(
            "select id::text, amount_minor, status from public.payouts where practitioner_id <> %s", ROW
        )
        assert {name: (each.amount, each.status) for name, each in self.payouts.items()} == {
            row["id"]: (row["amount_minor"], row["status"]) for row in rows
        }
        marked = self.sandbox.run(
            "select session_id::text as id from public.session_payments where paid_out_at is not null"
        )
        assert self.marked & set(self.model.seats) == {row["id"] for row in marked}

    def teardown(self) -> None:
        """In the end nothing is broken, and everybody was sent what they earned; or more, if it was taken back."""
        try:
            self.run_payouts(3, 20)
            for name in self.pending():
                paid(self.sandbox, {"id": name})
                self.end(self.payouts[name], "paid")
            self.the_payouts_agree()
            assert [] == self.sandbox.run("select * from private.broken_invariants")
            assert all(sum(pays.values()) <= 0 for pays in self.unpaid().values())
        finally:
            super().teardown()


def test_each_cent_is_paid_once(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Earn, refund, dispute, correct, run, pay, fail, mark by hand and repeat, in any order."""
    Paying.connection = connection
    Earning.steps = 0

    run_state_machine_as_test(
        Paying,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

    assert Earning.steps >= 150, (
        "there were too few steps"
    )  # mostly 380 to 500; chance has ended it after 267
