"""The ledger and a plain model take the same steps of sessions, refunds and disputes, and agree after each.

`Earning` is made to be extended: a subclass adds rules, each of which adds what it moves to `self.model.entries`, and
runs under the same invariants. See earnings_model.py.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Any, ClassVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from .booking_steps import ANY_TIME, FREE, book, grant, in_hours, join, make_class, session, sign, start_in
from .conftest import ROW, Sandbox
from .earnings_model import Earnings, Funds, Seat
from .earnings_steps import (
    Bought,
    buy,
    cancel,
    complete,
    deliver,
    ledger_violations,
    owed,
    pay_seat,
    pay_session,
    price_packages,
    row_of,
    settle,
)

STEPS, EXAMPLES = 30, 40
PEOPLE = st.sampled_from(["client", "other"])
CURRENCIES = st.sampled_from(["cad", "usd"])


class Earning(RuleBasedStateMachine):
    """Each example is one transaction on the seeded database, and is undone."""

    connection: ClassVar[psycopg.Connection[dict[str, Any]]]
    steps: ClassVar[int] = 0

    bought = Bundle("bought")
    seats = Bundle("seats")
    events = Bundle("events")

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(self.connection)
        self.model = Earnings()
        self.slot = 0
        self.sandbox.act_as("owner")
        self.sandbox.run("delete from public.session_payments")
        self.sandbox.run("delete from public.user_session_credits")
        second = self.sandbox.one(
            "with account as (insert into auth.users (email) values ('second@example.com') returning id)"
            " insert into public.practitioners (user_id, name) select id, 'Second' from account returning id"
        )
        self.sandbox.run(ANY_TIME, second)
        self.practitioners = [FREE, str(second)]
        for who in ("client", "other"):
            sign(self.sandbox, who)
        price_packages(self.sandbox)
        self.classes = [make_class(self.sandbox, in_hours(400), max_participants=9)]
        self.five = self.buy_five_for("client", "cad")
        self.booked = [self.book_for("client", which) for which in (0, 1, 0)]

    # Every example has a lot that more than one seat is paid from.

    @initialize(target=bought)
    def five_were_bought(self) -> Bought:
        return self.five

    @initialize(target=seats)
    def three_are_booked(self) -> Any:
        return multiple(*self.booked)

    def teardown(self) -> None:
        self.connection.rollback()

    @invariant()
    def the_ledger_agrees(self) -> None:
        """About what everybody is owed; and about itself."""
        Earning.steps += 1
        self.sandbox.act_as("owner")
        settle(self.sandbox)
        assert self.model.owed() == owed(self.sandbox)
        assert [] == ledger_violations(self.sandbox)

    def next_time(self) -> Any:
        """When nothing else is."""
        self.slot += 1
        return in_hours(48) + timedelta(hours=self.slot)

    def keep(self, seat: Seat) -> str:
        self.model.seats[seat.id] = seat
        return seat.id

    # Paying

    def know(self, bought: Bought, seats: int) -> Funds:
        payment = bought.payment
        funds = Funds(bought.id, payment.amount, payment.currency, seats)
        self.model.funds[bought.id] = funds
        if bought.lot:
            self.model.lots[bought.lot] = funds
        return funds

    @rule(target=bought, who=PEOPLE, currency=CURRENCIES, which=st.integers(0, 1))
    def pay_for_a_session(self, who: str, currency: str, which: int) -> Any:
        if self.owes(who):
            return multiple()
        own = self.practitioners[which]
        bought = pay_session(self.sandbox, self.next_time(), practitioner=own, who=who, currency=currency)
        assert bought.session
        self.keep(Seat(bought.session, own, self.know(bought, 1)))
        return bought

    @rule(target=bought, who=PEOPLE, currency=CURRENCIES)
    def pay_for_a_seat(self, who: str, currency: str) -> Any:
        if self.has_a_seat(who) or self.owes(who):
            return multiple()
        bought = pay_seat(self.sandbox, self.classes[-1], who=who, currency=currency)
        assert bought.session
        self.keep(Seat(bought.session, FREE, self.know(bought, 1)))
        return bought

    @rule(target=bought, who=PEOPLE, currency=CURRENCIES, is_group=st.booleans())
    def buy_five(self, who: str, currency: str, is_group: bool) -> Bought:
        return self.buy_five_for(who, currency, **({"minutes": 60, "is_group": True} if is_group else {}))

    def buy_five_for(self, who: str, currency: str, **kind: Any) -> Bought:
        bought = buy(self.sandbox, who=who, currency=currency, **kind)
        self.know(bought, 5)
        return bought

    @rule(who=PEOPLE)
    def be_given_a_credit(self, who: str) -> None:
        self.model.lots[grant(self.sandbox, 1, who=who)] = None

    # Booking with what was bought

    def funds_of(self, seat: str) -> Funds | None:
        return self.model.lots[str(session(self.sandbox, seat)["credit_lot_id"])]

    def owes(self, who: str) -> bool:
        """Credits whose payment went back: nothing new is booked then."""
        self.sandbox.act_as(who)
        return bool(self.sandbox.one("select credits_owed from public.check_session_credits()"))

    def has_credit(self, who: str, is_group: bool) -> bool:
        if self.owes(who):
            return False
        self.sandbox.act_as("owner")
        return bool(
            self.sandbox.run(
                """select 1 from public.user_session_credits c join auth.users u on u.id = c.user_id
                   where u.email = %s and c.credits_remaining > 0
                     and (c.is_group is null or (c.is_group, c.duration_minutes) = (%s, %s))""",
                {"client": "client@demo.test", "other": "other-client@demo.test"}[who],
                is_group,
                60 if is_group else 45,
            )
        )

    def has_a_seat(self, who: str) -> bool:
        self.sandbox.act_as(who)
        return bool(
            self.sandbox.run(
                "select 1 from public.session_schedules s where s.group_class_id = %s and s.client_id = auth.uid()"
                " and s.status <> 'cancelled'",
                self.classes[-1],
            )
        )

    @rule(target=seats, who=PEOPLE, which=st.integers(0, 1))
    def book_with_a_credit(self, who: str, which: int) -> Any:
        if not self.has_credit(who, is_group=False):
            return multiple()
        return self.book_for(who, which)

    def book_for(self, who: str, which: int) -> str:
        own = self.practitioners[which]
        made = str(book(self.sandbox, self.next_time(), who=who, practitioner_id=own)["session_id"])
        return self.keep(Seat(made, own, self.funds_of(made)))

    @rule(target=seats, who=PEOPLE)
    def join_with_a_credit(self, who: str) -> Any:
        if not self.has_credit(who, is_group=True) or self.has_a_seat(who):
            return multiple()
        made = join(self.sandbox, self.classes[-1], who=who, room_name=f"seat-{Earning.steps}")
        return self.keep(Seat(made, FREE, self.funds_of(made)))

    # Holding and cancelling

    @rule(target=seats, bought=bought)
    def its_session(self, bought: Bought) -> Any:
        return bought.session or multiple()

    @rule(seat=seats)
    def the_session_is_held(self, seat: str) -> None:
        if session(self.sandbox, seat)["status"] == "scheduled":
            complete(self.sandbox, seat)
            self.model.seats[seat].earn()

    @rule()
    def the_class_is_held(self) -> None:
        """Everybody's seat with it."""
        self.sandbox.act_as("owner")
        seats = self.sandbox.run(
            "select id from public.session_schedules where group_class_id = %s and status = 'scheduled'",
            self.classes[-1],
        )
        complete(self.sandbox, self.classes[-1])
        self.sandbox.act_as("owner")
        order = (
            "select session_id, seat_number from private.earned_seats where session_id = any (%s)"
            " order by seat_number"
        )
        earned = self.sandbox.run(order, [row["id"] for row in seats])
        for row in earned:
            self.model.seats[str(row["session_id"])].earn()
        self.classes.append(
            make_class(self.sandbox, self.next_time() + timedelta(hours=400), max_participants=9)
        )

    @rule(seat=seats, by=st.sampled_from(["client", "admin"]), is_late=st.booleans())
    def cancel_it(self, seat: str, by: str, is_late: bool) -> None:
        """In time, and by an admin at any time, its credit comes back; too late, the client forfeits it."""
        row = session(self.sandbox, seat)
        if row["status"] != "scheduled":
            return
        if is_late and row["group_class_id"] is None:
            start_in(self.sandbox, seat, 1)
        who = "admin" if by == "admin" else self.client_of(row)
        how = cancel(self.sandbox, seat, who)
        settle(self.sandbox)
        if how == "last_minute":
            self.model.seats[seat].earn()
            return
        self.know_returned_lots()

    def know_returned_lots(self) -> None:
        """What was paid singly and is cancelled is returned as a lot of the same funds."""
        self.sandbox.act_as("owner")
        for line in self.sandbox.run(
            "select lot_id, session_id from public.credit_ledger where kind = 'return'"
        ):
            self.model.lots.setdefault(str(line["lot_id"]), self.model.seats[str(line["session_id"])].funds)

    def tell(self, body: bytes) -> None:
        """Stripe says so. Money that came back may give what cancelling had withheld."""
        deliver(self.sandbox, body)
        self.know_returned_lots()

    def client_of(self, row: dict[str, Any]) -> str:
        return "client" if str(row["client_id"]).endswith("1") else "other"

    # Giving back

    @rule(target=events, bought=bought, part=st.integers(1, 100))
    def refund(self, bought: Bought, part: int) -> Any:
        """A part of it or all: so much so far."""
        funds = self.model.funds[bought.id]
        body = bought.payment.refunded(max(1, funds.amount * part // 100))
        funds.refunded = bought.payment.refunded_so_far
        self.tell(body)
        return body

    @rule(
        target=events,
        bought=bought.filter(lambda bought: bought.payment.refunds),
        number=st.integers(0, 9),
        status=st.sampled_from(["pending", "succeeded", "failed", "canceled"]),
        kind=st.sampled_from(["refund.updated", "refund.failed", "charge.refund.updated"]),
    )
    def turn_refund(self, bought: Bought, number: int, status: str, kind: str) -> bytes:
        """Stripe says another state of a refund: the newest counts, and never more than was paid."""
        refunds = bought.payment.refunds
        body = bought.payment.refund_turned(status, kind, number % len(refunds))
        self.model.funds[bought.id].refunded = bought.payment.refunded_so_far
        self.tell(body)
        return body

    @rule(
        target=events,
        bought=bought,
        number=st.integers(1, 2),
        status=st.sampled_from(["warning_needs_response", "needs_response", "won", "lost"]),
    )
    def dispute(self, bought: Bought, number: int, status: str) -> bytes:
        """A bank may decide anew, so the newest word counts."""
        disputes = self.model.funds[bought.id].disputes
        disputes[number] = {"needs_response": "open", "warning_needs_response": "inquiry"}.get(status, status)
        body = bought.payment.disputed("updated", status, number)
        self.tell(body)
        return body

    @rule(body=events)
    def redeliver(self, body: bytes) -> None:
        """Any event may be delivered again, at any later time."""
        self.tell(body)

    # What the pages read

    @rule(seat=seats)
    def the_rows_agree(self, seat: str) -> None:
        known = self.model.seats[seat]
        if known.is_earned:
            row = row_of(self.sandbox, seat)
            assert known.share == round(100 * row["practitioner_share"])
            if known.funds and known.price:
                assert known.funds.is_disputed == (row["status"] == "disputed")

    def is_payable(self, seat: Seat) -> bool:
        return bool(seat.funds and seat.is_earned and seat.share and not seat.funds.is_disputed)

    @rule()
    def the_page_adds_up(self) -> None:
        """Its own sum, over all it reads: what is earned and kept, not what is booked, cancelled or disputed."""
        self.sandbox.act_as("admin")
        rows = self.sandbox.run(
            "select practitioner_id::text, currency, round(100 * sum(practitioner_share))::int as pending"
            " from public.session_payments where status = 'completed' and paid_out_at is null"
            " and practitioner_id <> %s group by 1, 2 having sum(practitioner_share) > 0",
            ROW,
        )
        payable: dict[tuple[str, str], int] = defaultdict(int)
        for seat in filter(self.is_payable, self.model.seats.values()):
            assert seat.funds
            payable[seat.practitioner, seat.funds.currency] += seat.share
        assert payable == {(row["practitioner_id"], row["currency"]): row["pending"] for row in rows}


def test_the_ledger_agrees_with_the_model(connection: psycopg.Connection[dict[str, Any]]) -> None:
    """Pay, buy, book, join, hold, cancel, refund, dispute and redeliver, in any order."""
    Earning.connection, Earning.steps = connection, 0

    run_state_machine_as_test(
        Earning,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

    assert Earning.steps >= 500, "there were too few steps"
