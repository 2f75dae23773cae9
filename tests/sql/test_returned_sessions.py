"""Sessions whose money goes back: which are cancelled, in which order, and what does not come back."""

import pytest

from .booking_steps import empty_wallet, in_hours, join, make_class, sign, start_in, wallet
from .conftest import CLIENT, OTHER_CLIENT, Sandbox
from .earnings_steps import FREE, buy, cancel, complete, deliver, owed, pay_session, settle
from .return_steps import book_all, broken, owes, package_of_which_one_was_held, session_held, status_of, told


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Somebody who may book, without credits; nothing has been paid for or said yet."""
    sign(sandbox)
    empty_wallet(sandbox)
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from private.mails")
    sandbox.run("delete from private.outbox")


def test_the_session_booked_last_is_cancelled_first(sandbox: Sandbox) -> None:
    """As many as are owed, and not while the money is on its way; both sides are told why."""
    payment = buy(sandbox).payment
    made = book_all(sandbox)

    deliver(sandbox, payment.refunded(payment.amount * 2 // 5, "pending"))
    assert ["scheduled"] * 5 == status_of(sandbox, *made)
    assert 0 == owes(sandbox)
    sandbox.act_as("owner")
    said = "select payload -> 'credits_owed' from private.outbox where kind = 'payment_returned'"
    assert 0 == sandbox.one(said)
    deliver(sandbox, payment.refund_turned("succeeded"))

    assert ["scheduled"] * 3 + ["cancelled"] * 2 == status_of(sandbox, *made)
    sandbox.act_as("owner")
    mails = sandbox.run(
        "select session_id::text as session, audience, payload ->> 'because' as because from private.mails"
        " where kind = 'session_cancelled' order by position"
    )
    assert [
        (each, audience, "payment_returned")
        for each in reversed(made[3:])
        for audience in ("practitioner", "user")
    ] == sorted(
        ((row["session"], row["audience"], row["because"]) for row in mails),
        key=lambda mail: (-made.index(mail[0]), mail[1]),
    )
    assert 0 == owes(sandbox)


def test_unspent_credits_go_first_and_then_nothing_is_cancelled(sandbox: Sandbox) -> None:
    """Two of five are booked; two fifths of the price come out of the other three."""
    payment = buy(sandbox).payment
    made = book_all(sandbox, 2)

    deliver(sandbox, payment.refunded(payment.amount * 2 // 5))

    assert (["scheduled"] * 2, 1) == (status_of(sandbox, *made), wallet(sandbox))


def test_a_seat_in_a_class_is_cancelled_like_a_session(sandbox: Sandbox) -> None:
    """And its place is free."""
    payment = buy(sandbox, minutes=60, is_group=True).payment
    group_class = make_class(sandbox, in_hours(90), max_participants=2)
    seat = join(sandbox, group_class)

    deliver(sandbox, payment.disputed("closed", "lost"))

    assert ["cancelled", "scheduled"] == status_of(sandbox, seat, group_class)
    assert 0 == owes(sandbox)


def test_a_session_that_has_begun_is_not_cancelled(sandbox: Sandbox) -> None:
    """What is over or begun is owed."""
    payment = buy(sandbox).payment
    (made,) = book_all(sandbox, 1)
    start_in(sandbox, made, -0.1)

    deliver(sandbox, payment.disputed("closed", "lost"))

    assert (["scheduled"], 1) == (status_of(sandbox, made), owes(sandbox))


def test_what_was_cancelled_stays_cancelled_when_the_dispute_is_won(sandbox: Sandbox) -> None:
    """Its credit is there again: of a package, and of a session that was paid singly."""
    payment = buy(sandbox).payment
    made = book_all(sandbox)
    deliver(sandbox, payment.disputed("closed", "lost"), payment.disputed("funds_reinstated", "won"))
    assert (["cancelled"] * 5, 5, 0) == (status_of(sandbox, *made), wallet(sandbox), owes(sandbox))

    bought = pay_session(sandbox, in_hours(200))
    assert bought.session
    lost, won = bought.payment.disputed("closed", "lost"), bought.payment.disputed("updated", "won")
    deliver(sandbox, lost)
    assert (["cancelled"], 5) == (status_of(sandbox, bought.session), wallet(sandbox))
    deliver(sandbox, won, lost, won)
    assert (["cancelled"], 6) == (status_of(sandbox, bought.session), wallet(sandbox))
    deliver(sandbox, bought.payment.disputed("closed", "lost", 2))
    assert 5 == wallet(sandbox)
    assert [] == broken(sandbox)


def test_credits_that_ended_while_their_money_was_away_are_good_for_a_month(sandbox: Sandbox) -> None:
    """Nobody could use them; and the mail says how many there are, not how many are no longer owed."""
    bought = package_of_which_one_was_held(sandbox)
    deliver(sandbox, bought.payment.disputed("closed", "lost"))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.user_session_credits set expires_at = now() - interval '1 day' where id = %s",
        bought.lot,
    )

    deliver(sandbox, bought.payment.disputed("updated", "won"))

    assert 4 == wallet(sandbox)
    sandbox.act_as("owner")
    (lot,) = sandbox.run(
        "select expires_at = now() + interval '30 days' as month from public.user_session_credits where id = %s",
        bought.lot,
    )
    assert lot["month"]
    given = "select payload -> 'credits_given_back' from private.outbox where kind = 'payment_restored'"
    assert 4 == sandbox.one(given)


def test_money_of_somebody_who_is_gone_moves_all_the_same(sandbox: Sandbox) -> None:
    """Their account was erased, and their credits with it; the practitioner's share comes and goes."""
    package, single = buy(sandbox, who="other"), pay_session(sandbox, who="other")
    assert single.session
    complete(sandbox, single.session)
    sandbox.act_as("owner")
    sandbox.run("delete from auth.users where id = %s", OTHER_CLIENT)

    for payment in (package.payment, single.payment):
        deliver(sandbox, payment.refunded(payment.amount))
    assert {} == owed(sandbox)
    for payment in (package.payment, single.payment):
        deliver(sandbox, payment.refund_turned("failed", "refund.failed"))

    assert {(FREE, "cad"): 7500} == owed(sandbox)
    sandbox.act_as("owner")
    assert 0 == sandbox.one("select count(*) from private.stripe_events where applied_at is null")


def test_who_leaves_while_their_money_is_away_loses_nothing(sandbox: Sandbox) -> None:
    """A session paid singly, cancelled in time while its refund is on its way: it fails, and the credit is there."""
    bought = pay_session(sandbox)
    deliver(sandbox, bought.payment.refunded(bought.payment.amount, "pending"))
    assert "standard" == cancel(sandbox, bought.session)
    assert 0 == wallet(sandbox)

    failed = bought.payment.refund_turned("failed", "refund.failed")
    deliver(sandbox, failed, failed)

    assert (1, ["payment_returned", "session_cancelled", "payment_restored"]) == (
        wallet(sandbox),
        told(sandbox),
    )
    assert [] == broken(sandbox)


def test_a_share_comes_back_as_often_as_the_bank_decides_anew(sandbox: Sandbox) -> None:
    """Lost, won, lost, won: counter-entries each time, also after the payout."""
    bought = session_held(sandbox)
    sandbox.act_as("admin")
    paid_out = (
        "update public.session_payments set status = 'paid_out', paid_out_at = now() where client_id = %s"
    )
    sandbox.run(paid_out, CLIENT)
    seen = []
    for status in ("lost", "won", "lost", "won"):
        deliver(sandbox, bought.payment.disputed("updated", status))
        settle(sandbox)
        seen.append(owed(sandbox).get((FREE, "cad"), 0))

    assert [-7500, 0, -7500, 0] == seen
    assert [] == broken(sandbox)
