"""Classes: a seat is a row and a credit, and there are no more of them than there are places."""

import psycopg
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
    messages,
    session,
    sign,
    type_id,
    wallet,
)
from .conftest import CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Both clients may join, where a test does not say otherwise."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")


def taken(sandbox: Sandbox, class_id: str) -> int:
    return int(session(sandbox, class_id)["current_participants"])


def hold_seat(sandbox: Sandbox, class_id: str, who: str) -> str:
    kind = type_id(sandbox, 60, is_group=True)
    sandbox.act_as(who)
    hold = "select id from public.hold_slot(%s, now(), %s, group_class_id => %s)"
    return str(sandbox.one(hold, FREE, kind, class_id))


# Joining


def test_joining_takes_a_seat_and_a_credit(sandbox: Sandbox) -> None:
    """By the page's own insert, whatever it says about the class; and by the function."""
    evening = make_class(sandbox, in_hours(30))

    seat = session(sandbox, join(sandbox, evening, duration_minutes=5, practitioner_id=ROW))
    sandbox.act_as("other")
    (other,) = sandbox.run("select * from public.join_group_class(%s)", evening)

    assert (2, 1) == (wallet(sandbox), wallet(sandbox, "other"))
    assert 1 == other["credits_remaining"]
    assert (FREE, 60, evening) == (
        str(seat["practitioner_id"]),
        seat["duration_minutes"],
        str(seat["group_class_id"]),
    )
    assert seat["credit_lot_id"]
    assert seat["cancellation_policy_version"]
    assert 2 == taken(sandbox, evening)
    assert ["session_booked"] == messages(sandbox, seat["id"])
    assert not booking_violations(sandbox)


def test_a_class_takes_credits_of_its_kind(sandbox: Sandbox) -> None:
    """An hour's class takes an hour's group credits before generic ones, and none of another kind."""
    empty_wallet(sandbox)
    evening = make_class(sandbox, in_hours(30))
    grant(sandbox, 1, session_type_id=type_id(sandbox, 60))
    with sandbox.refused("no_usable_credit"):
        join(sandbox, evening)

    grant(sandbox, 1)
    fitting = grant(sandbox, 1, session_type_id=type_id(sandbox, 60, is_group=True))
    assert fitting == str(session(sandbox, join(sandbox, evening))["credit_lot_id"])


def test_nobody_joins_a_full_class(sandbox: Sandbox) -> None:
    """A seat somebody holds counts too; one that is left is free again."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    seat = join(sandbox, evening, who="other")
    hold_seat(sandbox, evening, "practitioner")
    with sandbox.refused("class_full"):
        join(sandbox, evening)
    assert 3 == wallet(sandbox)

    sandbox.act_as("other")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", seat)
    assert join(sandbox, evening)
    assert not booking_violations(sandbox)


def test_a_held_seat_is_consumed_by_joining(sandbox: Sandbox) -> None:
    """Otherwise it would keep a place from somebody else."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    hold = hold_seat(sandbox, evening, "client")
    join(sandbox, evening)

    sandbox.act_as("owner")
    assert "consumed" == sandbox.one("select status from public.session_holds where id = %s", hold)
    assert join(sandbox, evening, who="other")


def test_nobody_has_two_seats(sandbox: Sandbox) -> None:
    """A second click is one seat and one credit; who has left may come back."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    with sandbox.refused("already_joined"):
        join(sandbox, evening)
    sandbox.act_as("client")
    with sandbox.refused("already_joined"):
        sandbox.run("select public.join_group_class(%s)", evening)
    assert 2 == wallet(sandbox)

    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", seat)
    assert join(sandbox, evening)
    assert 2 == wallet(sandbox)
    assert not booking_violations(sandbox)


def test_nobody_joins_a_class_that_has_begun(sandbox: Sandbox) -> None:
    """And one that is cancelled cannot be seen any more."""
    begun = make_class(sandbox, in_hours(30))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s", begun
    )
    with sandbox.refused("class_over"):
        join(sandbox, begun)

    cancelled = make_class(sandbox, in_hours(40))
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", cancelled)
    with sandbox.refused("class_not_open"):
        join(sandbox, cancelled)
    sandbox.act_as("client")
    with sandbox.refused("class_not_found"):
        sandbox.run("select public.join_group_class(%s)", cancelled)


def test_nobody_joins_without_a_waiver_or_a_credit(sandbox: Sandbox) -> None:
    """And no seat is counted."""
    evening = make_class(sandbox, in_hours(30))
    with sandbox.refused("waiver_required"):
        join(sandbox, evening, who="stranger")
    empty_wallet(sandbox)
    with sandbox.refused("no_usable_credit"):
        join(sandbox, evening)
    assert 0 == taken(sandbox, evening)


def test_an_admin_gives_a_seat_without_a_credit(sandbox: Sandbox) -> None:
    """The places are counted all the same."""
    evening = make_class(sandbox, in_hours(30), max_participants=2)
    sandbox.act_as("admin")
    seat = sandbox.one(
        "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)"
        " values (%s, %s, now(), 'given', %s) returning id",
        FREE,
        CLIENT,
        f"Joined group class: {evening}",
    )

    assert session(sandbox, seat)["credit_lot_id"] is None
    assert (1, 3) == (taken(sandbox, evening), wallet(sandbox))


# The number of participants


def test_the_participant_count_of_the_page_is_ignored(sandbox: Sandbox) -> None:
    """It is answered with the class as it is; a client's update finds no row, an admin's the true number."""
    evening = make_class(sandbox, in_hours(30), current_participants=2)
    sandbox.act_as("client")
    for by in (1, -5):
        (row,) = sandbox.run("select * from public.increment_group_class_participants(%s, %s)", evening, by)
        assert (evening, 0, 3) == (str(row["id"]), row["current_participants"], row["max_participants"])
    change = "update public.session_schedules set current_participants = 2 where id = %s returning current_participants"
    assert [] == sandbox.run(change, evening)
    sandbox.act_as("admin")
    assert 0 == sandbox.one(change, evening)


def test_a_class_has_no_fewer_places_than_seats(sandbox: Sandbox) -> None:
    """The refusal says how many have one."""
    evening = make_class(sandbox, in_hours(30))
    join(sandbox, evening)
    join(sandbox, evening, who="other")
    sandbox.act_as("admin")
    change = (
        "update public.session_schedules set max_participants = %s where id = %s returning max_participants"
    )
    for places in (1, 0):
        with pytest.raises(Exception, match=r"2 people have a seat|have_seats"), sandbox.undone():
            sandbox.run(change, places, evening)

    assert 2 == sandbox.one(change, 2, evening)
    assert 5 == sandbox.one(change, 5, evening)


def test_a_class_is_listed_once(sandbox: Sandbox) -> None:
    """A seat is for one, whatever the page sends for it and whoever looks, and its note names no id."""
    evening = make_class(sandbox, in_hours(30))
    seats = [join(sandbox, evening), join(sandbox, evening, who="other", max_participants=500)]
    listed = (
        "select id from public.session_schedules"
        " where max_participants > 1 and scheduled_at >= now() and status <> 'cancelled' order by scheduled_at"
    )
    for who in ("client", "other", "practitioner", "admin"):
        sandbox.act_as(who)
        assert [evening] == [str(row["id"]) for row in sandbox.run(listed)], who

    assert [(1, 1, "Joined group class: Evening class")] * 2 == [
        (row["max_participants"], row["current_participants"], row["notes"])
        for row in (session(sandbox, seat) for seat in seats)
    ]
    for who in ("admin", "service"):
        sandbox.act_as(who)
        with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
            sandbox.run("update public.session_schedules set max_participants = 2 where id = %s", seats[0])


def test_a_practitioner_gives_no_seat_away(sandbox: Sandbox) -> None:
    """Not to a client of theirs either, although a seat is for one: it costs whoever joins a credit."""
    evening = make_class(sandbox, in_hours(30), practitioner_id=ROW)
    with sandbox.forbidden():
        join(sandbox, evening, who="practitioner", practitioner_id=ROW, client_id=CLIENT)


def test_no_class_is_made_or_moved_into_the_past(sandbox: Sandbox) -> None:
    """Nor is a session of two people that would be over: whoever is in it would be told of an hour that has gone."""
    with sandbox.refused("slot_in_past"):
        make_class(sandbox, in_hours(-1))
    for who in ("practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("slot_in_past"):
            sandbox.run(
                "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name)"
                " values (%s, %s, now() - interval '1 hour', 'session-past')",
                ROW,
                CLIENT,
            )
    evening = make_class(sandbox, in_hours(30))
    sandbox.act_as("admin")
    with sandbox.refused("slot_in_past"):
        sandbox.run(
            "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s",
            evening,
        )


def test_a_class_moves_with_all_its_seats(sandbox: Sandbox) -> None:
    """Time, place and name; and each seat gets a message."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set scheduled_at = %s, class_name = 'Night', max_participants = 9,"
        " session_location = 'in_person', physical_location = 'Studio' where id = %s",
        in_hours(40),
        evening,
    )

    row = session(sandbox, seat)
    assert (in_hours(40), "Night", "Joined group class: Night", 1, "in_person", "Studio", 1) == (
        row["scheduled_at"],
        row["class_name"],
        row["notes"],
        row["max_participants"],
        row["session_location"],
        row["physical_location"],
        row["current_participants"],
    )
    assert ["session_booked", "session_rescheduled"] == messages(sandbox, seat)
    for who in ("client", "admin"):
        sandbox.act_as(who)
        with sandbox.refused("session_is_fixed" if who == "client" else "seat_moves_with_its_class"):
            sandbox.run(
                "update public.session_schedules set scheduled_at = %s where id = %s", in_hours(50), seat
            )


# Ending


@pytest.mark.parametrize("way", ["update", "delete", "function"])
@pytest.mark.parametrize("hours", [30, 1])
def test_cancelling_a_class_gives_every_seat_its_credit_back(sandbox: Sandbox, way: str, hours: int) -> None:
    """However late; deleting is the only way the admin page has, so it cancels where somebody has a seat."""
    evening = make_class(sandbox, in_hours(hours))
    seats = [join(sandbox, evening), join(sandbox, evening, who="other")]
    sandbox.act_as("admin")
    match way:
        case "update":
            sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", evening)
        case "delete":
            assert [] == sandbox.run(
                "delete from public.session_schedules where id = %s returning id", evening
            )
        case _:
            quote = sandbox.one("select credit_returned from public.quote_cancellation(%s)", evening)
            assert 2 == quote == sandbox.one("select credit_returned from public.cancel_session(%s)", evening)

    assert (3, 2) == (wallet(sandbox), wallet(sandbox, "other"))
    assert ["cancelled"] * 3 == [session(sandbox, each)["status"] for each in (evening, *seats)]
    assert ["session_booked", "session_cancelled"] == messages(sandbox, seats[0])
    assert 0 == taken(sandbox, evening)
    assert not booking_violations(sandbox)
    # Deleted, or deleted once it is cancelled, it leaves the admin's list and stays as evidence.
    sandbox.act_as("admin")
    listed = "select id from public.session_schedules where id = %s and notes not like 'Joined group class%%'"
    assert (way != "delete") == bool(sandbox.run(listed, evening))
    sandbox.run("delete from public.session_schedules where id = %s", evening)
    assert [] == sandbox.run(listed, evening)
    assert "cancelled" == session(sandbox, evening)["status"]


def test_a_class_that_was_held_is_kept(sandbox: Sandbox) -> None:
    """With its note, and the admin is told why."""
    evening = make_class(sandbox, in_hours(30))
    join(sandbox, evening)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", evening)
    sandbox.act_as("admin")
    with sandbox.refused("class_is_kept"):
        sandbox.run("delete from public.session_schedules where id = %s", evening)


def test_a_class_without_seats_is_deleted(sandbox: Sandbox) -> None:
    """As the admin page asks."""
    evening = make_class(sandbox, in_hours(30))

    assert sandbox.run("delete from public.session_schedules where id = %s returning id", evening)


def test_leaving_a_class_gives_seat_and_credit_back(sandbox: Sandbox) -> None:
    """By the policy, as for any session; the class goes on."""
    evening = make_class(sandbox, in_hours(30))
    seat = join(sandbox, evening)
    sandbox.act_as("client")
    assert sandbox.one("select credit_returned from public.cancel_session(%s, 'Ill')", seat)

    assert (3, 0, "scheduled") == (
        wallet(sandbox),
        taken(sandbox, evening),
        session(sandbox, evening)["status"],
    )
    assert not booking_violations(sandbox)


# Two forms of one class


def correlation(sandbox: Sandbox, class_id: str) -> str:
    sandbox.act_as("admin")
    return str(
        sandbox.one(
            "select correlation from public.group_session_correlations where session_id = %s", class_id
        )
    )


def test_an_online_and_an_in_person_class_are_linked(sandbox: Sandbox) -> None:
    """Both ways at once, with places of their own; a client books either or both."""
    at = in_hours(30)
    online = make_class(sandbox, at, max_participants=2)
    studio = make_class(
        sandbox, at, max_participants=5, session_location="in_person", physical_location="Studio"
    )
    assert "alone" == correlation(sandbox, online)

    (linked,) = sandbox.run("select * from public.link_group_sessions(%s, %s)", online, studio)
    assert ("linked", 2, 5) == (
        linked["correlation"],
        linked["max_participants"],
        linked["correlated_max_participants"],
    )
    assert "linked" == correlation(sandbox, studio)
    assert sandbox.run("select * from public.link_group_sessions(%s, %s)", studio, online)
    for each in (online, studio):
        join(sandbox, each)
    assert 1 == wallet(sandbox)

    sandbox.act_as("admin")
    assert sandbox.run("select * from public.unlink_group_sessions(%s)", studio)
    assert ("alone", "alone") == (correlation(sandbox, online), correlation(sandbox, studio))
    assert not booking_violations(sandbox)


def test_a_broken_link_is_shown(sandbox: Sandbox) -> None:
    """The admin page writes the two ends in two requests, and either class may change afterwards."""
    online = make_class(sandbox, in_hours(30))
    studio = make_class(sandbox, in_hours(40), session_location="in_person")
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set correlated_session_id = %s where id = %s", studio, online
    )
    assert ("one_sided", "alone") == (correlation(sandbox, online), correlation(sandbox, studio))

    sandbox.run("select public.link_group_sessions(%s, %s)", online, studio)
    assert "times_differ" == correlation(sandbox, online)
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", in_hours(30), studio)
    assert "linked" == correlation(sandbox, online)
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", studio)
    assert "states_differ" == correlation(sandbox, online)


def test_only_two_forms_of_a_class_are_linked_and_only_by_admins(sandbox: Sandbox) -> None:
    """Two alike are not, a session is none, and who is linked is linked once."""
    at = in_hours(30)
    online, studio = make_class(sandbox, at), make_class(sandbox, at, session_location="in_person")
    later = make_class(sandbox, in_hours(50))
    third = make_class(sandbox, in_hours(40), session_location="in_person")
    link = "select public.link_group_sessions(%s, %s)"
    sandbox.act_as("admin")
    with sandbox.refused("classes_are_alike"):
        sandbox.run(link, online, later)
    with sandbox.refused("class_not_found"):
        sandbox.run(link, online, ROW)
    sandbox.run(link, online, studio)
    with sandbox.refused("class_is_linked"):
        sandbox.run(link, online, third)
    with sandbox.refused("class_not_found"):
        sandbox.run("select public.unlink_group_sessions(%s)", ROW)
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run(link, online, studio)
        with sandbox.refused("admins_only"):
            sandbox.run("select public.unlink_group_sessions(%s)", online)
        assert [] == sandbox.run("select * from public.group_session_correlations")


def test_a_class_takes_the_time_of_its_practitioner(sandbox: Sandbox) -> None:
    """A class is one block of its practitioner's time, however many have a seat."""
    at = in_hours(30)
    join(sandbox, make_class(sandbox, at))
    with sandbox.refused("slot_taken"):
        book(sandbox, at, duration_minutes=60)


# Whose row it is


def test_a_class_names_whoever_leads_it(sandbox: Sandbox) -> None:
    """Whatever the page writes there, and whoever leads it next; nobody is booked by that."""
    evening = make_class(sandbox, in_hours(30))
    assert STRANGER == str(session(sandbox, evening)["client_id"])
    assert ["class_scheduled"] == messages(sandbox, evening)

    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set practitioner_id = %s where id = %s", ROW, evening)
    assert PRACTITIONER == str(session(sandbox, evening)["client_id"])
    assert CLIENT == str(session(sandbox, join(sandbox, evening))["client_id"])


def test_whoever_leads_a_class_is_told_what_others_do_with_it(sandbox: Sandbox) -> None:
    """Although they stand in its row as its client: once, as the practitioner."""
    evening = make_class(sandbox, in_hours(30))
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", evening)

    sandbox.act_as("owner")
    sent = sandbox.run(
        "select kind, audience, user_id::text from private.mails where session_id = %s order by position",
        evening,
    )
    assert [
        {"kind": kind, "audience": "practitioner", "user_id": STRANGER}
        for kind in ("class_scheduled", "session_cancelled")
    ] == sent


def test_nobody_leads_a_class_whose_account_is_gone(sandbox: Sandbox) -> None:
    """The page that made it reads why."""
    sandbox.act_as("owner")
    sandbox.run("delete from auth.users where id = %s", STRANGER)
    with sandbox.refused("practitioner_unavailable"):
        make_class(sandbox, in_hours(30))


def test_one_persons_session_does_not_become_a_class(sandbox: Sandbox) -> None:
    """Whoever booked it would stand in it as nobody's client."""
    booked = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("admin")
    with sandbox.refused("session_is_booked"):
        sandbox.run("update public.session_schedules set max_participants = 5 where id = %s", booked)
