"""Classes: a seat is a row and a credit, and there are no more of them than there are places."""

import pytest

from .booking_scene import (
    FREE,
    book,
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
    wrongs,
)
from .conftest import ADMIN, CLIENT, ROW, Stage


@pytest.fixture(autouse=True)
def signed(stage: Stage) -> None:
    """Both clients may join, where a test does not say otherwise."""
    sign(stage)
    sign(stage, "other")
    grant(stage, 2, who="other")


def taken(stage: Stage, class_id: str) -> int:
    return int(session(stage, class_id)["current_participants"])


def hold_seat(stage: Stage, class_id: str, who: str) -> str:
    kind = type_id(stage, 60, is_group=True)
    stage.act_as(who)
    hold = "select id from public.hold_slot(%s, now(), %s, group_class_id => %s)"
    return str(stage.one(hold, FREE, kind, class_id))


# Joining


def test_joining_takes_a_seat_and_a_credit(stage: Stage) -> None:
    """By the page's own insert, whatever it says about the class; and by name."""
    evening = make_class(stage, in_hours(30))

    seat = session(stage, join(stage, evening, duration_minutes=5, practitioner_id=ROW))
    stage.act_as("other")
    (other,) = stage.run("select * from public.join_group_class(%s)", evening)

    assert (2, 1) == (wallet(stage), wallet(stage, "other"))
    assert 1 == other["credits_remaining"]
    assert (FREE, 60, evening) == (
        str(seat["practitioner_id"]),
        seat["duration_minutes"],
        str(seat["group_class_id"]),
    )
    assert seat["credit_lot_id"]
    assert seat["cancellation_policy_version"]
    assert 2 == taken(stage, evening)
    assert ["session_booked"] == messages(stage, seat["id"])
    assert not wrongs(stage)


def test_a_class_takes_credits_of_its_kind(stage: Stage) -> None:
    """An hour's class takes an hour's group credits before generic ones, and none of another kind."""
    empty_wallet(stage)
    evening = make_class(stage, in_hours(30))
    grant(stage, 1, session_type_id=type_id(stage, 60))
    with stage.refused("no_usable_credit"):
        join(stage, evening)

    grant(stage, 1)
    fitting = grant(stage, 1, session_type_id=type_id(stage, 60, is_group=True))
    assert fitting == str(session(stage, join(stage, evening))["credit_lot_id"])


def test_a_full_class_is_full(stage: Stage) -> None:
    """A seat somebody holds counts too; one that is left is free again."""
    evening = make_class(stage, in_hours(30), max_participants=2)
    seat = join(stage, evening, who="other")
    hold_seat(stage, evening, "practitioner")
    with stage.refused("class_full"):
        join(stage, evening)
    assert 3 == wallet(stage)

    stage.act_as("other")
    stage.run("update public.session_schedules set status = 'cancelled' where id = %s", seat)
    assert join(stage, evening)
    assert not wrongs(stage)


def test_a_held_seat_is_consumed_by_joining(stage: Stage) -> None:
    """Otherwise it would keep a place from somebody else."""
    evening = make_class(stage, in_hours(30), max_participants=2)
    hold = hold_seat(stage, evening, "client")
    join(stage, evening)

    stage.act_as("owner")
    assert "consumed" == stage.one("select status from public.session_holds where id = %s", hold)
    assert join(stage, evening, who="other")


def test_nobody_has_two_seats(stage: Stage) -> None:
    """A second click is one seat and one credit; who has left may come back."""
    evening = make_class(stage, in_hours(30))
    seat = join(stage, evening)
    with stage.refused("already_joined"):
        join(stage, evening)
    stage.act_as("client")
    with stage.refused("already_joined"):
        stage.run("select public.join_group_class(%s)", evening)
    assert 2 == wallet(stage)

    stage.act_as("client")
    stage.run("select public.cancel_session(%s)", seat)
    assert join(stage, evening)
    assert 2 == wallet(stage)
    assert not wrongs(stage)


def test_a_class_that_has_begun_is_over(stage: Stage) -> None:
    """And one that is cancelled cannot be seen any more."""
    begun = make_class(stage, in_hours(30))
    stage.act_as("owner")
    stage.run(
        "update public.session_schedules set scheduled_at = now() - interval '1 minute' where id = %s", begun
    )
    with stage.refused("class_over"):
        join(stage, begun)

    cancelled = make_class(stage, in_hours(40))
    stage.run("update public.session_schedules set status = 'cancelled' where id = %s", cancelled)
    with stage.refused("class_not_open"):
        join(stage, cancelled)
    stage.act_as("client")
    with stage.refused("class_not_found"):
        stage.run("select public.join_group_class(%s)", cancelled)


def test_without_waiver_or_credit_nobody_joins(stage: Stage) -> None:
    """And no seat is counted."""
    evening = make_class(stage, in_hours(30))
    with stage.refused("waiver_required"):
        join(stage, evening, who="stranger")
    empty_wallet(stage)
    with stage.refused("no_usable_credit"):
        join(stage, evening)
    assert 0 == taken(stage, evening)


def test_an_admin_gives_a_seat_without_a_credit(stage: Stage) -> None:
    """The places are counted all the same."""
    evening = make_class(stage, in_hours(30), max_participants=2)
    stage.act_as("admin")
    seat = stage.one(
        "insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)"
        " values (%s, %s, now(), 'given', %s) returning id",
        FREE,
        CLIENT,
        f"Joined group class: {evening}",
    )

    assert session(stage, seat)["credit_lot_id"] is None
    assert (1, 3) == (taken(stage, evening), wallet(stage))


# The number of participants


def test_the_pages_way_of_counting_counts_nothing(stage: Stage) -> None:
    """It is answered with the class as it is; a client's update finds no row, an admin's the true number."""
    evening = make_class(stage, in_hours(30), current_participants=2)
    stage.act_as("client")
    for by in (1, -5):
        (row,) = stage.run("select * from public.increment_group_class_participants(%s, %s)", evening, by)
        assert (evening, 0, 3) == (str(row["id"]), row["current_participants"], row["max_participants"])
    change = "update public.session_schedules set current_participants = 2 where id = %s returning current_participants"
    assert [] == stage.run(change, evening)
    stage.act_as("admin")
    assert 0 == stage.one(change, evening)


def test_a_class_has_no_fewer_places_than_seats(stage: Stage) -> None:
    """The refusal says how many have one."""
    evening = make_class(stage, in_hours(30))
    join(stage, evening)
    join(stage, evening, who="other")
    stage.act_as("admin")
    change = (
        "update public.session_schedules set max_participants = %s where id = %s returning max_participants"
    )
    for places in (1, 0):
        with pytest.raises(Exception, match=r"2 people have a seat|have_seats"), stage.undone():
            stage.run(change, places, evening)

    assert 2 == stage.one(change, 2, evening)
    assert 5 == stage.one(change, 5, evening)


def test_a_class_moves_with_all_its_seats(stage: Stage) -> None:
    """Time, place, name and places; and each of them hears of it."""
    evening = make_class(stage, in_hours(30))
    seat = join(stage, evening)
    stage.act_as("admin")
    stage.run(
        "update public.session_schedules set scheduled_at = %s, class_name = 'Night', max_participants = 9,"
        " session_location = 'in_person', physical_location = 'Studio' where id = %s",
        in_hours(40),
        evening,
    )

    row = session(stage, seat)
    assert (in_hours(40), "Night", 9, "in_person", "Studio", 1) == (
        row["scheduled_at"],
        row["class_name"],
        row["max_participants"],
        row["session_location"],
        row["physical_location"],
        row["current_participants"],
    )
    assert ["session_booked", "session_rescheduled"] == messages(stage, seat)
    for who in ("client", "admin"):
        stage.act_as(who)
        with stage.refused("session_is_fixed" if who == "client" else "seat_moves_with_its_class"):
            stage.run(
                "update public.session_schedules set scheduled_at = %s where id = %s", in_hours(50), seat
            )


# Ending


@pytest.mark.parametrize("way", ["update", "delete", "by name"])
@pytest.mark.parametrize("hours", [30, 1])
def test_a_cancelled_class_gives_every_seat_its_credit_back(stage: Stage, way: str, hours: int) -> None:
    """However late; deleting is the only way the admin page has, so it cancels where somebody has a seat."""
    evening = make_class(stage, in_hours(hours))
    seats = [join(stage, evening), join(stage, evening, who="other")]
    stage.act_as("admin")
    match way:
        case "update":
            stage.run("update public.session_schedules set status = 'cancelled' where id = %s", evening)
        case "delete":
            assert [] == stage.run("delete from public.session_schedules where id = %s returning id", evening)
        case _:
            quote = stage.one("select credit_returned from public.quote_cancellation(%s)", evening)
            assert 2 == quote == stage.one("select credit_returned from public.cancel_session(%s)", evening)

    assert (3, 2) == (wallet(stage), wallet(stage, "other"))
    assert ["cancelled"] * 3 == [session(stage, each)["status"] for each in (evening, *seats)]
    assert ["session_booked", "session_cancelled"] == messages(stage, seats[0])
    assert 0 == taken(stage, evening)
    assert not wrongs(stage)
    stage.act_as("admin")
    with stage.refused("class_is_kept"):
        stage.run("delete from public.session_schedules where id = %s", evening)


def test_a_class_nobody_joined_is_deleted(stage: Stage) -> None:
    """As the admin page asks."""
    evening = make_class(stage, in_hours(30))

    assert stage.run("delete from public.session_schedules where id = %s returning id", evening)


def test_leaving_gives_seat_and_credit_back(stage: Stage) -> None:
    """By the policy, as for any session; the class goes on."""
    evening = make_class(stage, in_hours(30))
    seat = join(stage, evening)
    stage.act_as("client")
    assert stage.one("select credit_returned from public.cancel_session(%s, 'Ill')", seat)

    assert (3, 0, "scheduled") == (wallet(stage), taken(stage, evening), session(stage, evening)["status"])
    assert not wrongs(stage)


# Two forms of one class


def correlation(stage: Stage, class_id: str) -> str:
    stage.act_as("admin")
    return str(
        stage.one("select correlation from public.group_session_correlations where session_id = %s", class_id)
    )


def test_an_online_and_an_in_person_class_are_linked(stage: Stage) -> None:
    """Both ways at once, with places of their own; a client books either or both."""
    at = in_hours(30)
    online = make_class(stage, at, max_participants=2)
    studio = make_class(
        stage, at, max_participants=5, session_location="in_person", physical_location="Studio"
    )
    assert "alone" == correlation(stage, online)

    (linked,) = stage.run("select * from public.link_group_sessions(%s, %s)", online, studio)
    assert ("linked", 2, 5) == (
        linked["correlation"],
        linked["max_participants"],
        linked["correlated_max_participants"],
    )
    assert "linked" == correlation(stage, studio)
    assert stage.run("select * from public.link_group_sessions(%s, %s)", studio, online)
    for each in (online, studio):
        join(stage, each)
    assert 1 == wallet(stage)

    stage.act_as("admin")
    assert stage.run("select * from public.unlink_group_sessions(%s)", studio)
    assert ("alone", "alone") == (correlation(stage, online), correlation(stage, studio))
    assert not wrongs(stage)


def test_what_is_wrong_with_a_link_is_shown(stage: Stage) -> None:
    """The admin page writes the two ends in two requests, and either class may change afterwards."""
    online = make_class(stage, in_hours(30))
    studio = make_class(stage, in_hours(40), session_location="in_person")
    stage.act_as("admin")
    stage.run("update public.session_schedules set correlated_session_id = %s where id = %s", studio, online)
    assert ("one_sided", "alone") == (correlation(stage, online), correlation(stage, studio))

    stage.run("select public.link_group_sessions(%s, %s)", online, studio)
    assert "times_differ" == correlation(stage, online)
    stage.run("update public.session_schedules set scheduled_at = %s where id = %s", in_hours(30), studio)
    assert "linked" == correlation(stage, online)
    stage.run("update public.session_schedules set status = 'cancelled' where id = %s", studio)
    assert "states_differ" == correlation(stage, online)


def test_only_two_forms_of_a_class_are_linked_and_only_by_admins(stage: Stage) -> None:
    """Two alike are not, a session is none, and who is linked is linked once."""
    at = in_hours(30)
    online, studio = make_class(stage, at), make_class(stage, at, session_location="in_person")
    later = make_class(stage, in_hours(50))
    third = make_class(stage, in_hours(40), session_location="in_person")
    link = "select public.link_group_sessions(%s, %s)"
    stage.act_as("admin")
    with stage.refused("classes_are_alike"):
        stage.run(link, online, later)
    with stage.refused("class_not_found"):
        stage.run(link, online, ROW)
    stage.run(link, online, studio)
    with stage.refused("class_is_linked"):
        stage.run(link, online, third)
    with stage.refused("class_not_found"):
        stage.run("select public.unlink_group_sessions(%s)", ROW)
    for who in ("client", "practitioner"):
        stage.act_as(who)
        with stage.refused("admins_only"):
            stage.run(link, online, studio)
        with stage.refused("admins_only"):
            stage.run("select public.unlink_group_sessions(%s)", online)
        assert [] == stage.run("select * from public.group_session_correlations")


def test_a_session_in_the_same_time_is_not_booked(stage: Stage) -> None:
    """A class is one block of its practitioner's time, however many have a seat."""
    at = in_hours(30)
    join(stage, make_class(stage, at))
    with stage.refused("slot_taken"):
        book(stage, at, duration_minutes=60)


def test_the_admin_whose_id_a_class_carries_is_not_in_it(stage: Stage) -> None:
    """Their wallet and history are their own."""
    evening = make_class(stage, in_hours(30))

    stage.act_as("owner")
    assert [] == messages(stage, evening)
    assert str(session(stage, evening)["client_id"]) == ADMIN
