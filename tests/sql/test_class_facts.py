"""What a class is: linked to its other form, in its practitioner's time, led by somebody who is there."""

import pytest

from .booking_steps import (
    book,
    booking_violations,
    grant,
    in_hours,
    join,
    make_class,
    messages,
    session,
    sign,
    wallet,
)
from .conftest import CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Both clients may join, where a test does not say otherwise."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")


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
