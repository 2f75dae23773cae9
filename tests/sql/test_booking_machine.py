"""A database and a plain model take the same steps and must agree after each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.stripe_events import Payment, arguments

from .booking_model import PLACES, POLICIES, Checkout, Hold, Lot, Model, Refused, Session
from .booking_steps import BOOKING_VIOLATIONS, FREE, grant, in_hours, join, make_class, sign, type_id
from .conftest import ROW, Sandbox

STEPS, EXAMPLES = 40, 60  # 2,400 steps, in about ten seconds
PEOPLE = st.sampled_from(
    ["client", "other", "practitioner"]
)  # of other people's sessions a practitioner is a client too
SLOTS = st.integers(0, 7)
LENGTHS = st.sampled_from([20, 45, 60])
PACKAGED = st.sampled_from([45, 60])
STAFF = {"practitioner": "stranger", "admin": "admin"}  # FREE is the other seeded practitioner


class Bookings(RuleBasedStateMachine):
    """Each example is one transaction on the seeded database, and is undone."""

    connection: ClassVar[psycopg.Connection[dict[str, Any]]]
    steps: ClassVar[int] = 0

    sessions = Bundle("sessions")
    checkouts = Bundle("checkouts")
    told = Bundle("told")

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = Sandbox(self.connection)
        self.model = Model(lots={ROW: Lot(ROW, "client", None, 3)})
        self.first = in_hours(31).replace(minute=0)  # never less than the thirty hours of the model
        for who in ("client", "other", "practitioner"):
            sign(self.sandbox, who)
        self.types = {minutes: type_id(self.sandbox, minutes) for minutes in (20, 45, 60)}
        for who in ("other", "practitioner"):
            self.gift_of(who, 2)
        self.group_class = make_class(self.sandbox, in_hours(100), max_participants=PLACES)
        self.sandbox.act_as("owner")
        self.sandbox.run("delete from public.session_holds")
        self.policies = {
            "easy": self.sandbox.one("select id from public.cancellation_policy where is_active")
        }
        for name, (standard, late) in list(POLICIES.items())[1:]:
            self.policies[name] = self.sandbox.one(
                "insert into public.cancellation_policy"
                " (policy_text, standard_cancellation_hours, late_cancellation_hours, is_active)"
                " values (%s, %s, %s, false) returning id",
                name,
                standard,
                late,
            )

    def teardown(self) -> None:
        self.sandbox.act_as("owner")
        wrong = self.sandbox.run(BOOKING_VIOLATIONS)
        self.connection.rollback()
        assert [] == wrong

    @invariant()
    def the_database_agrees(self) -> None:
        """About every credit, hold and session."""
        Bookings.steps += 1
        self.sandbox.act_as("owner")
        lots = self.sandbox.run("select id, credits_remaining, credits_owed from public.user_session_credits")
        assert {lot.id: (lot.remaining, lot.owed) for lot in self.model.lots.values()} == {
            str(row["id"]): (row["credits_remaining"], row["credits_owed"]) for row in lots
        }
        holds = self.sandbox.run("select id, status from public.session_holds")
        assert {h.id: h.status for h in self.model.holds.values()} == {
            str(row["id"]): row["status"] for row in holds
        }
        sessions = self.sandbox.run(
            "select id, status, scheduled_at from public.session_schedules"
            " where practitioner_id = %s and id <> %s and room_name <> 'session-two'",
            FREE,
            self.group_class,
        )
        assert {
            s.id: (s.status, None if s.is_seat else self.at(s.slot)) for s in self.model.sessions.values()
        } == {
            str(row["id"]): (
                row["status"],
                None if self.model.sessions[str(row["id"])].is_seat else row["scheduled_at"],
            )
            for row in sessions
        }

    def at(self, slot: int) -> Any:
        return self.first + timedelta(minutes=30 * slot)

    @contextmanager
    def agreed(self) -> Iterator[Callable[[Callable[[], Any]], Any]]:
        """The model goes first. What it refuses, the database refuses with the same code."""
        code: list[str] = []

        def ask(act: Callable[[], Any]) -> Any:
            if code:
                with self.sandbox.refused(code[0]):
                    act()
                return None
            with self.connection.transaction():
                return act()

        self.decide = lambda choose: self._decide(choose, code)
        yield ask

    def _decide(self, choose: Callable[[], Any], code: list[str]) -> Any:
        try:
            return choose()
        except Refused as refused:
            code.append(str(refused))
            return None

    def gift_of(self, who: str, many: int, days: int | None = None) -> None:
        ends = {"expires_at": in_hours(24 * days)} if days else {}
        lot = grant(self.sandbox, many, who=who, **ends)
        self.keep_lot(lot, who, None, many, ends_in_days=days)

    def keep_order(self, table: str, column: str, row: str, number: int) -> None:
        """One transaction has one time; which of two rows is older must not be left to their ids."""
        self.sandbox.act_as("owner")
        later = f"update public.{table} set {column} = now() + make_interval(secs => %s) where id = %s"
        self.sandbox.run(later, number, row)

    # Credits

    def keep_lot(self, lot: str, who: str, minutes: int | None, many: int, **ends: Any) -> Lot:
        born = len(self.model.lots)
        self.keep_order("user_session_credits", "purchased_at", lot, born)
        self.model.lots[lot] = Lot(lot, who, minutes, many, born=born, **ends)
        return self.model.lots[lot]

    @rule(who=PEOPLE, many=st.integers(1, 2), days=st.sampled_from([None, 10]))
    def gift(self, who: str, many: int, days: int | None) -> None:
        self.gift_of(who, many, days)

    @precondition(lambda self: any(not lot.lapsed for lot in self.model.lots.values()))
    @rule(data=st.data())
    def a_lot_lapses(self, data: st.DataObject) -> None:
        lot = data.draw(st.sampled_from([lot for lot in self.model.lots.values() if not lot.lapsed]))
        lot.lapsed = True
        self.sandbox.act_as("owner")
        self.sandbox.run("update public.user_session_credits set expires_at = now() where id = %s", lot.id)

    @precondition(lambda self: any(lot.lapsed and lot.remaining for lot in self.model.lots.values()))
    @rule()
    def lapsed_credits_are_written_off(self) -> None:
        self.sandbox.act_as("service")
        # A call stops two seconds after its transaction began, which is this test's own: then it takes one lot.
        for _ in self.model.lots:
            self.sandbox.run("select * from public.reconcile_bookings()")
        for lot in self.model.lots.values():
            lot.remaining = 0 if lot.lapsed else lot.remaining

    # Holding

    @rule(who=PEOPLE, slot=SLOTS, minutes=LENGTHS)
    def hold(self, who: str, slot: int, minutes: int) -> None:
        def ask() -> str:
            self.sandbox.act_as(who)
            return str(
                self.sandbox.one(
                    "select id from public.hold_slot(%s, %s, %s)", FREE, self.at(slot), self.types[minutes]
                )
            )

        with self.agreed() as agreed:
            found = self.decide(lambda: self.model.hold(who, slot, minutes))
            made = agreed(ask)
        if found:
            assert found.id == made
        elif made:
            self.model.holds[made] = Hold(made, who, slot, minutes)

    @precondition(lambda self: any(hold.live for hold in self.model.holds.values()))
    @rule(data=st.data())
    def a_hold_lapses(self, data: st.DataObject) -> None:
        hold = data.draw(st.sampled_from([hold for hold in self.model.holds.values() if hold.live]))
        hold.lapsed = True
        self.sandbox.act_as("owner")
        self.sandbox.run("update public.session_holds set expires_at = now() where id = %s", hold.id)

    # Booking

    @rule(target=sessions, who=PEOPLE, slot=SLOTS, minutes=LENGTHS)
    def book(self, who: str, slot: int, minutes: int) -> Any:
        def ask() -> str:
            self.sandbox.act_as(who)
            ask = "select session_id from public.book_session_with_credit(%s, %s, %s, %s)"
            return str(self.sandbox.one(ask, FREE, self.at(slot), minutes, self.types[minutes]))

        if found := self.model.booked_before(who, slot, minutes):
            assert found.id == ask()
            return multiple()
        with self.agreed() as agreed:
            lot = self.decide(lambda: self.model.book(who, slot, minutes))
            made = agreed(ask)
        if not made:
            return multiple()
        self.model.sessions[made] = Session(made, who, slot, minutes, self.model.policy, lot)
        return made

    @rule(target=sessions, who=PEOPLE)
    def join(self, who: str) -> Any:
        with self.agreed() as agreed:
            lot = self.decide(lambda: self.model.join(who))
            made = agreed(
                lambda: join(self.sandbox, self.group_class, who=who, room_name=f"seat-{Bookings.steps}")
            )
        if not made:
            return multiple()
        self.model.sessions[made] = Session(made, who, 0, 60, self.model.policy, lot, is_seat=True)
        return made

    @rule(name=st.sampled_from(list(POLICIES)))
    def the_policy_changes(self, name: str) -> None:
        self.model.policy = name
        self.sandbox.act_as("owner")
        self.sandbox.run(
            "update public.cancellation_policy set is_active = true where id = %s", self.policies[name]
        )

    # Cancelling and moving

    @rule(
        session_id=sessions,
        by=st.sampled_from(["client", *STAFF]),
        use_grace=st.booleans(),
        by_function=st.booleans(),
    )
    def cancel(self, session_id: str, by: str, use_grace: bool, by_function: bool) -> None:
        session = self.model.sessions[session_id]

        def ask() -> Any:
            self.sandbox.act_as(STAFF.get(by, session.who))
            if by_function:
                return self.sandbox.run(
                    "select * from public.cancel_session(%s, 'Ill', %s)", session_id, use_grace
                )
            note = "Cancelled" + (" (Grace cancellation used)" if use_grace else "")
            update = "update public.session_schedules set status = 'cancelled', notes = %s where id = %s"
            self.sandbox.run(update, note, session_id)
            self.sandbox.act_as("owner")
            return self.sandbox.run(
                "select * from public.session_cancellations where session_id = %s", session_id
            )

        if session.status == "cancelled":
            assert 1 == len(ask())
            return
        with self.agreed() as agreed:
            came_back = self.decide(lambda: self.model.cancel(session, by, use_grace=use_grace))
            done = agreed(ask)
        if not came_back:
            return
        kind, many, as_new_lot = came_back
        assert [(kind, many)] == [(row["cancellation_type"], row["credit_returned"]) for row in done]
        if as_new_lot:
            self.keep_lot(self.lot_returned(session_id), session.who, session.minutes, 1)

    def lot_returned(self, session_id: str) -> str:
        self.sandbox.act_as("owner")
        lot = "select lot_id from public.credit_ledger where session_id = %s and kind = 'return'"
        return str(self.sandbox.one(lot, session_id))

    @rule(session_id=sessions, by=st.sampled_from(["client", *STAFF]), slot=SLOTS, by_function=st.booleans())
    def move(self, session_id: str, by: str, slot: int, by_function: bool) -> None:
        session = self.model.sessions[session_id]
        if session.is_seat:
            return

        def ask() -> None:
            self.sandbox.act_as(STAFF.get(by, session.who))
            if by_function:
                self.sandbox.run("select * from public.reschedule_session(%s, %s)", session_id, self.at(slot))
            else:
                update = "update public.session_schedules set scheduled_at = %s where id = %s"
                self.sandbox.run(update, self.at(slot), session_id)

        with self.agreed() as agreed:
            self.decide(lambda: self.model.move(session, by, slot))
            agreed(ask)

    # Paying

    def begin(self, who: str, **asked: Any) -> str:
        self.sandbox.act_as(who)
        asked |= {"currency": "cad", "cancellation_policy_agreed": True}
        named = ", ".join(f"{name} => %s" for name in asked)
        checkout = str(
            self.sandbox.one(f"select checkout_id from public.begin_checkout({named})", *asked.values())
        )
        if checkout not in self.model.checkouts:
            self.keep_order("checkout_sessions", "created_at", checkout, len(self.model.checkouts))
        self.sandbox.act_as("service")
        self.sandbox.run(
            "select * from public.open_checkout(%s, %s, 'https://pay.test/')", checkout, f"cs_{checkout}"
        )
        return checkout

    @rule(target=checkouts, who=PEOPLE, slot=SLOTS, minutes=LENGTHS)
    def begin_to_pay(self, who: str, slot: int, minutes: int) -> Any:
        def ask() -> str:
            return self.begin(
                who,
                payment_type="single",
                practitioner_id=FREE,
                scheduled_at=self.at(slot),
                session_type_id=self.types[minutes],
                duration_minutes=minutes,
            )

        if self.model.owes(who):
            with self.sandbox.refused("credits_owed"):
                ask()
            return multiple()
        if found := self.model.open_checkout(who, slot, minutes):
            assert found.id == ask()
            return multiple()
        with self.agreed() as agreed:
            hold = self.decide(lambda: self.model.begin(who, slot, minutes))
            made = agreed(ask)
        if not made:
            return multiple()
        if not hold:
            self.sandbox.act_as("owner")
            held = str(self.sandbox.one("select hold_id from public.checkout_sessions where id = %s", made))
            hold = self.model.holds[held] = Hold(held, who, slot, minutes)
        hold.checkout = made
        self.model.checkouts[made] = Checkout(made, who, slot, minutes, self.model.policy, hold)
        return made

    @rule(target=checkouts, who=PEOPLE, minutes=PACKAGED)
    def begin_to_buy_five(self, who: str, minutes: int) -> Any:
        asked = {
            "payment_type": "package_5",
            "session_type_id": self.types[minutes],
            "duration_minutes": minutes,
        }
        made = self.begin(who, **asked)
        if found := self.model.open_checkout(who, None, minutes):
            assert found.id == made
            return multiple()
        self.model.checkouts[made] = Checkout(made, who, None, minutes, self.model.policy)
        return made

    def payment(self, checkout: str) -> Payment:
        self.sandbox.act_as("owner")
        (row,) = self.sandbox.run(
            "select amount_minor, currency from public.checkout_sessions where id = %s", checkout
        )
        return Payment(checkout, row["amount_minor"], row["currency"], id=checkout)

    def deliver(self, body: bytes) -> None:
        self.sandbox.act_as("service")
        named = arguments(body)
        listed = ", ".join(f"{name} => %s" for name in named)
        self.sandbox.run(f"select * from public.receive_stripe_event({listed})", *named.values())

    @rule(target=told, checkout_id=checkouts)
    def the_page_expires(self, checkout_id: str) -> Any:
        checkout = self.model.checkouts[checkout_id]
        if checkout.status == "paid":
            return multiple()
        self.model.expire(checkout)
        body = self.payment(checkout_id).expired()
        self.deliver(body)
        return body

    @rule(target=told, checkout_id=checkouts)
    def pay(self, checkout_id: str) -> Any:
        """In time or late: also when the page has expired, and when the hold has lapsed."""
        checkout = self.model.checkouts[checkout_id]
        if checkout.status == "paid":
            return multiple()
        books = self.model.pay(checkout)
        body = self.payment(checkout_id).completed()
        self.deliver(body)

        self.sandbox.act_as("owner")
        (row,) = self.sandbox.run(
            "select session_id, credit_lot_id from public.checkout_sessions where id = %s", checkout_id
        )
        assert books == (row["session_id"] is not None) == (row["credit_lot_id"] is None)
        if books and checkout.slot is not None:
            made = str(row["session_id"])
            checkout.session = self.model.sessions[made] = Session(
                made, checkout.who, checkout.slot, checkout.minutes, checkout.policy, None, checkout
            )
        else:
            made = str(row["credit_lot_id"])
            many = 5 if checkout.slot is None else 1
            checkout.lot = self.keep_lot(made, checkout.who, checkout.minutes, many)
            if checkout.slot is None:
                self.model.settle(checkout.lot)
        return body

    @rule(target=told, checkout_id=checkouts)
    def refund(self, checkout_id: str) -> Any:
        checkout = self.model.checkouts[checkout_id]
        if checkout.status != "paid" or checkout.is_refunded:
            return multiple()
        returned = None
        if checkout.session and checkout.session.status == "cancelled":
            self.sandbox.act_as("owner")
            found = self.sandbox.run(
                "select lot_id from public.credit_ledger where session_id = %s and kind = 'return'",
                checkout.session.id,
            )
            returned = self.model.lots[str(found[0]["lot_id"])] if found else None
        self.model.refund(checkout, returned)
        payment = self.payment(checkout_id)
        body = payment.refunded(payment.amount)
        self.deliver(body)
        return body

    @rule(body=told)
    def redeliver(self, body: bytes) -> None:
        """Whatever was said once is said again, at any later time."""
        self.deliver(body)


def test_the_database_agrees_with_the_model(
    connection: psycopg.Connection[dict[str, Any]], record_property: Callable[[str, object], None]
) -> None:
    """Hold, pay, book, join, cancel, move, lapse, expire, refund and redeliver, in any order, by three people."""
    Bookings.connection, Bookings.steps = connection, 0

    run_state_machine_as_test(
        Bookings,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )

    record_property("steps", Bookings.steps)
    print(f"{Bookings.steps} steps in {EXAMPLES} stories")
    assert Bookings.steps >= 1500, "there were too few steps"
