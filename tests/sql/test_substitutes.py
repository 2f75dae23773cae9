"""Substitutes: another practitioner leads a session, and time, seats, money and everybody's calendar follow."""

from typing import Any

import pytest

from .booking_steps import (
    ANY_TIME,
    FREE,
    book,
    booking_violations,
    grant,
    in_hours,
    join,
    make_class,
    session,
    sign,
)
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Both practitioners work at any time; sessions are the stranger's."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")
    sandbox.act_as("owner")
    sandbox.run(ANY_TIME, ROW)
    sandbox.run("update private.mails set status = 'dropped'")


def give(sandbox: Sandbox, session_id: object, outside_hours: bool = False, to: str = ROW) -> dict[str, Any]:
    sandbox.act_as("admin")
    (row,) = sandbox.run("select * from public.give_session_to(%s, %s, %s)", session_id, to, outside_hours)
    return row


def offer(sandbox: Sandbox, session_id: object, *to: str) -> list[dict[str, Any]]:
    sandbox.act_as("admin")
    return sandbox.run("select * from public.offer_session_to(%s, %s::uuid[])", session_id, list(to))


def answer(sandbox: Sandbox, session_id: object, accepts: bool, who: str = "practitioner") -> str:
    sandbox.act_as(who)
    return str(sandbox.one("select outcome from public.answer_session_offer(%s, %s)", session_id, accepts))


def mails(sandbox: Sandbox) -> set[tuple[str, str]]:
    sandbox.act_as("owner")
    rows = sandbox.run("select kind, user_id from private.mails where status <> 'dropped'")
    return {(row["kind"], str(row["user_id"])) for row in rows} - {
        ("session_booked", who) for who in (CLIENT, OTHER_CLIENT, STRANGER)
    }


def third_practitioner(sandbox: Sandbox, who: str = OTHER_CLIENT) -> str:
    """Somebody else who leads sessions, and is a client as well."""
    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'practitioner')", who)
    third = sandbox.one(
        "insert into public.practitioners (user_id, name) values (%s, 'Third') returning id", who
    )
    sandbox.run(ANY_TIME, third)
    sandbox.run("update private.mails set status = 'dropped' where kind = 'contract_issued'")  # another story
    return str(third)


def test_a_session_given_away_takes_time_money_and_people_with_it(sandbox: Sandbox) -> None:
    """The old time is free; the new practitioner reads it and earns it, the old one does not any more."""
    made = book(sandbox, in_hours(40))["session_id"]
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,"
        " practitioner_share, platform_share, currency, status)"
        " values (%s, %s, %s, 60, 45, 15, 'cad', 'completed')",
        made,
        FREE,
        CLIENT,
    )

    given = give(sandbox, made)
    assert (FREE, ROW) == (str(given["previous_practitioner_id"]), str(given["practitioner_id"]))

    read = "select count(*) from public.session_schedules where id = %s"
    counts = []
    for who in ("practitioner", "stranger"):
        sandbox.act_as(who)
        counts.append(sandbox.one(read, made))
    assert [1, 0] == counts
    sandbox.act_as("owner")
    earner = sandbox.one("select practitioner_id from public.session_payments where session_id = %s", made)
    assert ROW == str(earner)
    assert {
        ("session_changed", CLIENT),
        ("session_changed", PRACTITIONER),
        ("session_given_away", STRANGER),
    } == mails(sandbox)
    row = session(sandbox, made)
    assert 1 == row["calendar_sequence"]
    assert ROW == str(
        sandbox.one("select practitioner_id from private.practitioner_time where session_id = %s", made)
    )
    assert not booking_violations(sandbox)
    book(sandbox, in_hours(40), who="other")  # with the one whose time is free again
    sandbox.act_as("client")
    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s)", made)
    assert row["scheduled_at"] == quoted["free_until"]

    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", made)
    assert {ROW} == {
        str(each["practitioner_id"])
        for each in sandbox.run(
            "select practitioner_id from private.earned_seats where session_id = %s", made
        )
    }


def test_a_class_is_given_away_with_its_seats_and_its_other_form(sandbox: Sandbox) -> None:
    """Each seat's client is told, each practitioner once."""
    online = make_class(sandbox, in_hours(40))
    hall = make_class(sandbox, in_hours(40), session_location="in_person", physical_location="S - 1 St")
    sandbox.act_as("admin")
    sandbox.run("select public.link_group_sessions(%s, %s)", online, hall)
    seats = [join(sandbox, online), join(sandbox, hall, who="other")]

    give(sandbox, online)

    assert {ROW} == {str(session(sandbox, each)["practitioner_id"]) for each in (online, hall, *seats)}
    sandbox.act_as("owner")
    counted = sandbox.run(
        "select kind, user_id, count(*) from private.mails"
        " where kind in ('session_changed', 'session_given_away') group by 1, 2"
    )
    # Two forms are two entries in the practitioners' calendars.
    assert {
        ("session_changed", CLIENT): 1,
        ("session_changed", OTHER_CLIENT): 1,
        ("session_changed", PRACTITIONER): 2,
        ("session_given_away", STRANGER): 2,
    } == {(row["kind"], str(row["user_id"])): row["count"] for row in counted}
    with sandbox.refused("seat_follows_its_class"):
        give(sandbox, seats[0], to=FREE)
    assert not booking_violations(sandbox)


def test_only_who_is_free_is_given_a_session(sandbox: Sandbox) -> None:
    """Hours are an admin's to overrule; what overlaps, a pause, a missing contract and a part in it are not."""
    made = book(sandbox, in_hours(40))["session_id"]
    third = third_practitioner(sandbox)
    sandbox.act_as("owner")

    with sandbox.refused("practitioner_leads_it"):
        give(sandbox, made, to=FREE)
    with sandbox.refused("practitioner_not_found"):
        give(sandbox, made, to="30000000-0000-4000-8000-000000000003")
    with sandbox.undone():
        others = book(sandbox, in_hours(40), who="other", practitioner_id=third)
        with sandbox.refused("slot_taken"):
            give(sandbox, made, to=third, outside_hours=True)
        with sandbox.refused("practitioner_takes_part"):
            third_for_client = third_practitioner(sandbox, CLIENT)
            give(sandbox, made, to=third_for_client)
        assert others
    with sandbox.undone():
        sandbox.run("update public.practitioners set available = false where id = %s", ROW)
        with sandbox.refused("practitioner_unavailable"):
            give(sandbox, made)
    with sandbox.undone():
        sandbox.act_as("owner")
        sandbox.run("update public.contract_rules set live_contract_needed = true")
        with sandbox.refused("practitioner_unavailable"):
            give(sandbox, made)
    sandbox.act_as("owner")
    sandbox.run(
        "insert into public.availability_exceptions (practitioner_id, on_date, is_open)"
        " select %s, current_date + n, false from generate_series(0, 4) n",
        ROW,
    )
    with sandbox.refused("outside_availability"):
        give(sandbox, made)
    for who in ("client", "practitioner", "stranger"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run("select public.give_session_to(%s, %s, true)", made, ROW)
        with sandbox.refused("admins_only"):
            sandbox.run("select public.offer_session_to(%s, array[%s]::uuid[])", made, ROW)
    give(sandbox, made, outside_hours=True)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", made)
    with sandbox.refused("session_started"):
        give(sandbox, made, to=FREE)


def test_the_first_yes_has_the_session_and_the_others_are_told(sandbox: Sandbox) -> None:
    """A second click finds the first answer; whoever was asked and whoever was not learns what is so."""
    made = book(sandbox, in_hours(40))["session_id"]
    third = third_practitioner(sandbox)
    assert 2 == len(offer(sandbox, made, ROW, third)) == len(offer(sandbox, made, ROW, third))
    assert {("session_offered", PRACTITIONER), ("session_offered", OTHER_CLIENT)} == mails(sandbox)
    with sandbox.refused("offer_not_found"):
        answer(sandbox, made, accepts=True, who="stranger")
    for who, many in (("practitioner", 1), ("other", 1), ("stranger", 0)):
        sandbox.act_as(who)
        offers = sandbox.run("select (session).* from public.list_session_offers()")
        assert [(made, None)] * many == [(each["id"], each["client_name"]) for each in offers]

    assert ["accepted", "accepted"] == [answer(sandbox, made, accepts=True) for _ in range(2)]
    with sandbox.refused("offer_taken"):
        answer(sandbox, made, accepts=True, who="other")
    assert ROW == str(session(sandbox, made)["practitioner_id"])
    assert {
        ("session_changed", CLIENT),
        ("session_changed", PRACTITIONER),  # said so themself, and has it in their calendar
        ("session_given_away", STRANGER),
        ("session_offer_closed", OTHER_CLIENT),
    } == mails(sandbox) - {("session_offered", PRACTITIONER), ("session_offered", OTHER_CLIENT)}
    assert not booking_violations(sandbox)


def test_who_cannot_lead_cannot_say_yes(sandbox: Sandbox) -> None:
    """Paused, without a contract, or busy since they were asked."""
    made = book(sandbox, in_hours(40))["session_id"]
    offer(sandbox, made, ROW)
    for change, code in (
        (f"update public.practitioners set available = false where id = '{ROW}'", "practitioner_unavailable"),
        ("update public.contract_rules set live_contract_needed = true", "practitioner_unavailable"),
        (
            "insert into public.practitioner_time_off (practitioner_id, starts_at, ends_at)"
            f" values ('{ROW}', now() + interval '39 hours', now() + interval '42 hours')",
            "slot_taken",
        ),
    ):
        with sandbox.undone():
            sandbox.act_as("owner")
            sandbox.run(change)
            with sandbox.refused(code):
                answer(sandbox, made, accepts=True)
    assert "accepted" == answer(sandbox, made, accepts=True)


@pytest.mark.parametrize("way", ["no", "silence"])
def test_when_nobody_says_yes_who_asked_is_told(sandbox: Sandbox, way: str) -> None:
    """And the session stays whose it was; an admin hears of it also for a class."""
    made = make_class(sandbox, in_hours(40))
    third = third_practitioner(sandbox)
    offer(sandbox, made, ROW, third)
    if way == "no":
        assert "declined" == answer(sandbox, made, accepts=False)
        assert ("session_not_taken", ADMIN) not in mails(sandbox)
        assert "declined" == answer(sandbox, made, accepts=False, who="other")
        with sandbox.refused("offer_answered"):
            answer(sandbox, made, accepts=True)
    else:
        sandbox.act_as("owner")
        sandbox.run("update private.session_offers set answer_until = now() - interval '1 second'")
        with sandbox.refused("offer_expired"):
            answer(sandbox, made, accepts=True)
        sandbox.act_as("service")
        assert 2 == sandbox.one("select unanswered from public.prepare_mails('http://pages.test')")
    sandbox.act_as("owner")
    assert 1 == sandbox.one("select count(*) from private.mails where kind = 'session_not_taken'")
    assert ("session_not_taken", ADMIN) in mails(sandbox)
    assert FREE == str(session(sandbox, made)["practitioner_id"])


@pytest.mark.parametrize(
    "change",
    ["scheduled_at = scheduled_at + interval '1 day'", "status = 'cancelled'", f"practitioner_id = '{ROW}'"],
)
def test_an_offer_ends_with_what_it_was_about(sandbox: Sandbox, change: str) -> None:
    made = book(sandbox, in_hours(40))["session_id"]
    third = third_practitioner(sandbox)
    offer(sandbox, made, third)
    sandbox.act_as("service")
    sandbox.run(f"update public.session_schedules set {change} where id = %s", made)

    code = "offer_taken" if "practitioner" in change else "offer_withdrawn"
    if "cancelled" in change:
        code = "session_started"
    with sandbox.refused(code):
        answer(sandbox, made, accepts=True, who="other")
    assert ("session_offer_closed", OTHER_CLIENT) in mails(sandbox)
