"""Checkouts for a seat: the last one, one of a class that is not named, one of a class that changes meanwhile."""

from typing import Any

import pytest

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox
from .payment_steps import PRACTITIONER_ROW, SLOT, booked, deliver, lapse, paid_by, rows_of, single, type_of


@pytest.fixture(autouse=True)
def empty_start(sandbox: Sandbox) -> None:
    """Nobody has credits, payments or messages yet."""
    sandbox.run("delete from private.outbox")
    sandbox.run("delete from public.session_payments")
    sandbox.run("delete from public.user_session_credits")


def test_the_last_seat_is_paid_for_by_one_client(sandbox: Sandbox) -> None:
    """While somebody pays, the seat is theirs; a payment that comes after the class is full becomes a credit."""
    group = {
        "session_type_id": type_of(sandbox, 45, is_group=True),
        "group_class_id": class_with_one_seat(sandbox),
    }
    first = single(sandbox, **group)
    with sandbox.refused("class_full"):
        single(sandbox, "other", **group)
    lapse(sandbox)
    second = single(sandbox, "other", **group)

    deliver(sandbox, paid_by(second).completed(), paid_by(first).completed())

    assert [row["group_class_id"] for row in booked(sandbox, OTHER_CLIENT)] == [group["group_class_id"]]
    assert booked(sandbox) == []
    assert rows_of(sandbox, "checkout_sessions")[0]["outcome"] == "credit_instead"
    assert (first["amount_minor"], first["description"]) == (9000, "45min Standard")


def test_a_checkout_for_a_class_may_omit_the_class(sandbox: Sandbox) -> None:
    """It sends type, practitioner and time: at that time there is one class."""
    group_class = class_with_one_seat(sandbox)
    checkout = single(sandbox, session_type_id=type_of(sandbox, 45, is_group=True))

    deliver(sandbox, paid_by(checkout).completed())

    assert [row["group_class_id"] for row in booked(sandbox)] == [group_class]
    with sandbox.refused("type_not_of_class"):
        single(sandbox, "other", group_class_id=group_class)


@pytest.mark.parametrize(
    ("change", "was"),
    [
        ("scheduled_at = scheduled_at + interval '1 day'", {"scheduled_at"}),
        ("session_location = 'in_person', physical_location = 'Studio Two - 2 St'", {"place"}),
        (f"practitioner_id = '{ROW}'", {"practitioner"}),
        ("duration_minutes = 50", {"duration_minutes"}),
        ("class_name = 'Another name'", set()),
    ],
)
def test_a_class_that_changes_while_it_is_paid_for_may_be_left_freely(
    sandbox: Sandbox, change: str, was: set[str]
) -> None:
    """The seat is theirs, and what they agreed to is what they paid for; the confirmation says what is different."""
    checkout = single(
        sandbox,
        session_type_id=type_of(sandbox, 45, is_group=True),
        group_class_id=class_with_one_seat(sandbox),
    )
    sandbox.act_as("service")
    sandbox.run(f"update public.session_schedules set {change} where id = %s", group_class_of(sandbox))
    deliver(sandbox, paid_by(checkout).completed())

    (seat,) = booked(sandbox)
    sandbox.act_as("owner")
    sandbox.run(
        "update private.mails set status = 'dropped' where user_id <> %s"
        " or kind not in ('session_booked', 'session_rescheduled', 'session_changed')",
        CLIENT,
    )
    sandbox.act_as("service")
    (mail,) = sandbox.run("select kind, payload from public.claim_mail()")
    assert ("session_booked", was) == (mail["kind"], (mail["payload"]["was"] or {}).keys())
    sandbox.act_as("client")
    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s)", seat["id"])
    assert bool(was) == (quoted["free_until"] == seat["scheduled_at"])
    if was:
        sandbox.run("select * from public.answer_session_change(%s, false)", seat["id"])
        assert 1 == sandbox.one("select total_credits from public.check_session_credits()")


def group_class_of(sandbox: Sandbox) -> Any:
    return sandbox.one("select id from public.session_schedules where room_name = 'a-class'")


def class_with_one_seat(sandbox: Sandbox) -> Any:
    """A class for two, in which somebody sits already."""
    sandbox.act_as("owner")
    make = "insert into public.session_schedules (duration_minutes, practitioner_id, client_id, scheduled_at, room_name"
    group_class = sandbox.one(
        f"{make}, max_participants) values (45, %s, %s, %s, 'a-class', 2) returning id",
        PRACTITIONER_ROW,
        ADMIN,
        SLOT,
    )
    sandbox.run(
        f"{make}, notes) values (45, %s, %s, %s, 'a-seat', %s)",
        PRACTITIONER_ROW,
        PRACTITIONER,
        SLOT,
        f"Joined group class: {group_class}",
    )
    return group_class
