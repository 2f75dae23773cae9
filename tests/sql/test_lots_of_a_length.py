"""What the wallet sells as "45 min 1:1": credits for any practice of that length and form, and for nothing else."""

from typing import Any

import pytest

from .booking_steps import (
    FREE,
    book,
    booking_violations,
    empty_wallet,
    grant,
    in_hours,
    join,
    make_class,
    sign,
    type_id,
)
from .conftest import CLIENT, Sandbox

# As the booking page asks whether there is a credit: first for a lot without a type, then for one of the type.
PAGE_SEES = """select id from public.user_session_credits
                where user_id = %s and session_type_id is not distinct from %s and credits_remaining > 0
                  and (expires_at is null or expires_at > now()) limit 1"""


@pytest.fixture(autouse=True)
def _nothing_else(sandbox: Sandbox) -> None:
    empty_wallet(sandbox)
    sign(sandbox)


def lot_of(sandbox: Sandbox, lot: str) -> dict[str, Any]:
    sandbox.act_as("owner")
    (row,) = sandbox.run("select * from public.user_session_credits where id = %s", lot)
    return row


def test_the_page_sees_it_for_both_practices_and_both_are_booked(sandbox: Sandbox) -> None:
    """Standing and laying, each by the page's statement and each with a credit of the lot."""
    lot = grant(sandbox, 5, duration_minutes=45, is_group=False)
    for hours, practice in ((48, "standing"), (60, "laying")):
        sandbox.act_as("client")
        assert lot == str(sandbox.one(PAGE_SEES, CLIENT, None))
        booked = book(sandbox, in_hours(hours), session_type=practice)
        assert booked["session_id"]

    assert 3 == lot_of(sandbox, lot)["credits_remaining"]
    assert not booking_violations(sandbox)


@pytest.mark.parametrize("minutes", [20, 60])
def test_another_length_is_refused_in_a_sentence(sandbox: Sandbox, minutes: int) -> None:
    """With the address to pay at, once there is one: the page shows the sentence, and offers no payment."""
    grant(sandbox, 5, duration_minutes=45, is_group=False)
    for address, ending in (
        (None, "ask us how to pay for this one."),
        ("https://p.example", "at https://p.example/pay"),
    ):
        sandbox.act_as("owner")
        if address:
            sandbox.run("select private.keep_pages_origin(%s)", address)
        with (
            pytest.raises(Exception, match="Your credits are good for 45-minute one-to-one sessions") as told,
            sandbox.undone(),
        ):
            book(sandbox, in_hours(48), duration_minutes=minutes)
        assert ending in str(told.value)
        assert f"a one-to-one session of {minutes} minutes" in str(told.value)


def test_the_form_is_held_too(sandbox: Sandbox) -> None:
    """A credit of 60 minutes for one is none for a class of 60, and the other way round; a class takes its own."""
    grant(sandbox, 1, duration_minutes=60, is_group=False)
    group_class = make_class(sandbox, in_hours(50), duration_minutes=60)
    with sandbox.refused("no_usable_credit"):
        join(sandbox, group_class)

    lot = grant(sandbox, 1, duration_minutes=60, is_group=True)
    assert join(sandbox, group_class)
    assert 0 == lot_of(sandbox, lot)["credits_remaining"]

    sandbox.act_as("owner")
    sandbox.run("delete from public.user_session_credits where credits_remaining = 1")
    grant(sandbox, 1, duration_minutes=45, is_group=True)
    with sandbox.refused("no_usable_credit"):
        book(sandbox, in_hours(70))


def test_the_narrowest_credit_is_spent_first(sandbox: Sandbox) -> None:
    """Of the type, then of the length, then of any kind; whatever comes back goes to its own lot."""
    anything = grant(sandbox, 1, expires_at="2029-01-01")
    length = grant(sandbox, 1, duration_minutes=45, is_group=False, expires_at="2030-01-01")
    typed = grant(sandbox, 1, session_type_id=type_id(sandbox))

    sessions = [book(sandbox, in_hours(hours))["session_id"] for hours in (48, 50, 52)]

    sandbox.act_as("owner")
    lots = "select credit_lot_id::text as lot from public.session_schedules where id = %s"
    assert [typed, length, anything] == [sandbox.one(lots, made) for made in sessions]
    sandbox.act_as("client")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = any (%s)", sessions)
    assert [1, 1, 1] == [lot_of(sandbox, lot)["credits_remaining"] for lot in (anything, length, typed)]


def test_a_credit_outlives_its_type_and_keeps_its_length(sandbox: Sandbox) -> None:
    """An admin deletes the type: what was a credit for 20 minutes does not become one for 60."""
    sandbox.act_as("owner")
    kind = type_id(sandbox, 20)
    lot = grant(sandbox, 1, session_type_id=kind)
    sandbox.run("delete from public.session_types where id = %s", kind)

    row = lot_of(sandbox, lot)
    assert (None, 20, False) == (row["session_type_id"], row["duration_minutes"], row["is_group"])
    with sandbox.refused("no_usable_credit"):
        book(sandbox, in_hours(48), duration_minutes=60)


def test_what_was_picked_is_kept_to_be_paid(sandbox: Sandbox) -> None:
    """A class as the page counts it before it inserts the seat, and a session; the last pick."""
    grant(sandbox, 5, duration_minutes=45, is_group=False)
    group_class = make_class(sandbox, in_hours(50), duration_minutes=60)
    sandbox.act_as("client")
    sandbox.run("select * from public.increment_group_class_participants(%s, 1)", group_class)
    (pick,) = sandbox.run("select * from public.refused_picks where user_id = %s", CLIENT)
    assert group_class == str(pick["group_class_id"])

    at = in_hours(72)
    kept = "select pay_at from public.keep_refused_pick(%s, %s, 60, session_type => 'standing', notes => 'Knees')"
    assert sandbox.one(kept, FREE, at) is None
    (pick,) = sandbox.run("select * from public.refused_picks where user_id = %s", CLIENT)
    assert (at, None, "Knees") == (pick["scheduled_at"], pick["group_class_id"], pick["notes"])
    assert type_id(sandbox, 60) == str(pick["session_type_id"])


def test_nothing_is_kept_of_whoever_has_the_credit_or_none_at_all(sandbox: Sandbox) -> None:
    """The first joins; the second is offered to pay by the page itself."""
    group_class = make_class(sandbox, in_hours(50), duration_minutes=60)
    for lots in (0, 1):
        if lots:
            grant(sandbox, 1, duration_minutes=60, is_group=True)
        sandbox.act_as("client")
        (row,) = sandbox.run("select * from public.increment_group_class_participants(%s, 1)", group_class)
        assert group_class == str(row["id"])
        assert not [
            pick
            for pick in sandbox.run("select group_class_id::text from public.refused_picks")
            if pick["group_class_id"] == group_class
        ]
