"""Sessions and classes, as the pages write them directly and as others may not."""

from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, ROW, Sandbox

STRANGERS_ROW = "20000000-0000-4000-8000-000000000002"


def make_class(sandbox: Sandbox, **other: Any) -> str:
    """An admin makes a class as the admin page does: the first admin stands in as its client. Gives the id."""
    row = {
        "practitioner_id": ROW,
        "client_id": ADMIN,
        "scheduled_at": datetime(2031, 1, 1, 18, tzinfo=UTC),
        "duration_minutes": 60,
        "max_participants": 8,
        "current_participants": 0,
        "session_location": "in_person",
        "physical_location": "Studio - A street",
        "room_name": "group-10000000-1",
        "class_name": "Evening class",
        "status": "scheduled",
        "notes": "Pre-scheduled group class created by admin",
    }
    sandbox.act_as("admin")
    return insert(sandbox, row | other)


def join(sandbox: Sandbox, class_id: str, **other: Any) -> str:
    """The client has signed the waiver and joins as the booking page does. Gives the id of their own row."""
    sandbox.act_as("owner")
    sandbox.run(
        """insert into public.liability_waivers (user_id, waiver_text, waiver_policy_id, waiver_policy_version)
           select %s, policy_text, id, version from public.waiver_policy where is_active on conflict do nothing""",
        CLIENT,
    )
    row = {
        "practitioner_id": ROW,
        "client_id": CLIENT,
        "scheduled_at": datetime(2031, 1, 1, 18, tzinfo=UTC),
        "duration_minutes": 60,
        "room_name": f"group-{class_id}-c0000000-1",
        "max_participants": 8,
        "current_participants": 1,
        "session_location": "in_person",
        "physical_location": "Studio - A street",
        "status": "scheduled",
        "notes": f"Joined group class: {class_id}",
    }
    sandbox.act_as("client")
    return insert(sandbox, row | other)


def insert(sandbox: Sandbox, row: dict[str, Any]) -> str:
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    return str(
        sandbox.one(
            f"insert into public.session_schedules ({names}) values ({marks}) returning id", *row.values()
        )
    )


def visible(sandbox: Sandbox, who: str, session: str) -> bool:
    sandbox.act_as(who)
    return bool(sandbox.run("select id from public.session_schedules where id = %s", session))


# Sessions


def test_a_client_cannot_insert_a_session_of_their_own(sandbox: Sandbox) -> None:
    """It would be a session for nothing: only the booking function takes the credit for one."""
    sandbox.act_as("client")
    with sandbox.forbidden():
        insert(
            sandbox,
            {
                "practitioner_id": ROW,
                "client_id": CLIENT,
                "scheduled_at": datetime.now(UTC),
                "room_name": "r",
            },
        )


def test_a_practitioner_books_their_client(sandbox: Sandbox) -> None:
    """As the practitioner's page does: 30 minutes, no place, no price."""
    sandbox.act_as("practitioner")
    row = {
        "practitioner_id": ROW,
        "client_id": CLIENT,
        "scheduled_at": datetime.now(UTC),
        "duration_minutes": 30,
    }
    row |= {
        "room_name": "session-10000000-c0000000-1",
        "host_room_url": None,
        "notes": None,
        "status": "scheduled",
    }

    assert insert(sandbox, row)
    with sandbox.forbidden():
        insert(sandbox, row | {"client_id": OTHER_CLIENT, "room_name": "r"})
    with sandbox.forbidden():
        insert(sandbox, row | {"practitioner_id": STRANGERS_ROW, "room_name": "r"})


@pytest.mark.parametrize("status", ["in_progress", "completed", "cancelled"])
def test_a_new_session_is_scheduled(sandbox: Sandbox, status: str) -> None:
    """A completed one would count as work done."""
    sandbox.act_as("practitioner")
    row = {"practitioner_id": ROW, "client_id": CLIENT, "scheduled_at": datetime.now(UTC), "room_name": "r"}

    with sandbox.refused("session_not_scheduled"):
        insert(sandbox, row | {"status": status})


@pytest.mark.parametrize("who", ["client", "practitioner", "admin"])
def test_a_cancellation_is_dated_by_the_server(sandbox: Sandbox, who: str) -> None:
    """Whatever time the page sends along."""
    sandbox.act_as(who)

    assert sandbox.one(
        """update public.session_schedules
              set status = 'cancelled', notes = 'Cancelled: ill', cancelled_at = '2020-01-01'
            where id = %s returning cancelled_at = now()""",
        ROW,
    )


@pytest.mark.parametrize("who", ["client", "practitioner"])
@pytest.mark.parametrize(
    "change",
    [
        "max_participants = 5",
        "class_name = 'Mine'",
        f"correlated_session_id = '{STRANGERS_ROW}'",
    ],
)
def test_the_parties_cannot_change_the_other_columns(sandbox: Sandbox, who: str, change: str) -> None:
    """Where and how many is not theirs to rewrite; when, only by the rules for moving a session."""
    sandbox.act_as(who)
    with sandbox.refused("session_is_fixed"):
        sandbox.run(f"update public.session_schedules set {change} where id = %s", ROW)
    with sandbox.forbidden():
        sandbox.run("update public.session_schedules set duration_minutes = 5, client_id = %s", OTHER_CLIENT)


@pytest.mark.parametrize(
    ("before", "after"), [("scheduled", "completed"), ("completed", "cancelled"), ("cancelled", "scheduled")]
)
def test_a_status_changes_only_along_its_arrows(sandbox: Sandbox, before: str, after: str) -> None:
    """The parties may cancel what is scheduled; the rest happens by itself or by an admin."""
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = %s where id = %s", before, ROW)

    sandbox.act_as("client")
    with sandbox.refused("session_not_cancellable"):
        sandbox.run("update public.session_schedules set status = %s where id = %s", after, ROW)


def test_a_recorded_session_is_not_deleted(sandbox: Sandbox) -> None:
    """The recording's row is the only thing that knows of the file."""
    sandbox.act_as("admin")
    with pytest.raises(psycopg.errors.ForeignKeyViolation), sandbox.undone():
        sandbox.run("delete from public.session_schedules where id = %s", ROW)


# Classes


def test_a_class_is_seen_by_everybody_signed_in(sandbox: Sandbox) -> None:
    """And by nobody else, and not once it is cancelled."""
    evening = make_class(sandbox)
    assert all(visible(sandbox, who, evening) for who in ("client", "other", "practitioner", "stranger"))
    sandbox.act_as("anon")
    with sandbox.forbidden():
        sandbox.run("select id from public.session_schedules")

    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", evening)
    assert not visible(sandbox, "other", evening)
    assert visible(sandbox, "practitioner", evening)


def test_a_seat_is_seen_by_its_owner_and_staff(sandbox: Sandbox) -> None:
    """Although it carries the number of seats that the pages take for a class."""
    seat = join(sandbox, make_class(sandbox))

    assert [
        who for who in ("client", "other", "practitioner", "stranger", "admin") if visible(sandbox, who, seat)
    ] == [
        "client",
        "practitioner",
        "admin",
    ]


def test_joining_links_the_seat_to_its_class(sandbox: Sandbox) -> None:
    """For good: a later cancellation overwrites the note, not the link."""
    evening = make_class(sandbox)
    seat = join(sandbox, evening)
    sandbox.run(
        "update public.session_schedules set status = 'cancelled', notes = 'Cancelled' where id = %s", seat
    )

    assert evening == str(
        sandbox.one("select group_class_id from public.session_schedules where id = %s", seat)
    )


def test_a_seat_gets_time_practitioner_and_place_from_its_class(sandbox: Sandbox) -> None:
    """Whatever the request says."""
    evening = make_class(sandbox)
    seat = join(
        sandbox,
        evening,
        practitioner_id=STRANGERS_ROW,
        scheduled_at=datetime(2031, 5, 5, tzinfo=UTC),
        duration_minutes=5,
    )

    same = "practitioner_id, scheduled_at, duration_minutes, session_location, physical_location, class_name"
    sandbox.act_as("admin")
    assert 1 == sandbox.one(
        f"select count(*) from (select distinct {same} from public.session_schedules where id in (%s, %s)) a",
        evening,
        seat,
    )


@pytest.mark.parametrize(
    "note", ["Joined group class: nonsense", f"Joined group class: {ROW}", "Joined group class:"]
)
def test_only_a_class_can_be_joined(sandbox: Sandbox, note: str) -> None:
    """Not a session between two people, not a seat, not nothing."""
    with sandbox.refused("class_not_found"):
        join(sandbox, ROW, notes=note)


def test_neither_a_seat_nor_a_closed_class_can_be_joined(sandbox: Sandbox) -> None:
    """A seat has as many places as its class, and is none."""
    evening = make_class(sandbox)
    seat = join(sandbox, evening)
    with sandbox.refused("class_not_found"):
        join(sandbox, seat, room_name="r")

    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'in_progress' where id = %s", evening)
    with sandbox.refused("class_not_open"):
        join(sandbox, evening, room_name="r")


def test_nobody_sets_the_link_to_the_class_directly(sandbox: Sandbox) -> None:
    """It follows from the note, on insert, and cannot be given or changed."""
    evening = make_class(sandbox)
    with sandbox.forbidden():
        join(sandbox, evening, group_class_id=evening)
    with sandbox.forbidden():
        sandbox.run("update public.session_schedules set group_class_id = %s where id = %s", evening, ROW)


def test_only_an_admin_makes_and_changes_a_class(sandbox: Sandbox) -> None:
    """A practitioner's row for many would show their client to everybody; a client's update finds no row."""
    evening = make_class(sandbox)
    sandbox.act_as("practitioner")
    with sandbox.forbidden():
        insert(
            sandbox,
            {
                "practitioner_id": ROW,
                "client_id": CLIENT,
                "scheduled_at": datetime.now(UTC),
                "room_name": "r",
                "max_participants": 5,
            },
        )

    sandbox.act_as("client")
    count = "update public.session_schedules set current_participants = 99 where id = %s returning id"
    assert [] == sandbox.run(count, evening)
    sandbox.act_as("admin")
    assert sandbox.run(
        "update public.session_schedules set class_name = 'Night class' where id = %s returning id", evening
    )


def test_correlated_classes_are_linked_and_unlinked(sandbox: Sandbox) -> None:
    """In two requests, one each way; deleting one leaves the other alone."""
    evening, online = (
        make_class(sandbox),
        make_class(sandbox, room_name="group-10000000-2", session_location="online"),
    )
    link = "update public.session_schedules set correlated_session_id = %s where id = %s"
    sandbox.run(link, online, evening)
    sandbox.run(link, evening, online)

    sandbox.run("delete from public.session_schedules where id = %s", online)
    assert (
        sandbox.one("select correlated_session_id from public.session_schedules where id = %s", evening)
        is None
    )


def test_a_seat_opens_the_class_to_its_owner(sandbox: Sandbox) -> None:
    """Notes and recordings hang on the class; a seat given up closes it again."""
    evening = make_class(sandbox)
    seat = join(sandbox, evening)
    mine = "select %s in (select private.my_session_ids())"

    assert sandbox.one(mine, evening)
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", seat)
    assert not sandbox.one(mine, evening)


def test_the_admin_in_the_row_of_a_class_is_nobodys_client(sandbox: Sandbox) -> None:
    """Only its participants are."""
    join(sandbox, make_class(sandbox))

    sandbox.act_as("practitioner")
    assert [CLIENT] == [
        str(row["my_client_ids"]) for row in sandbox.run("select * from private.my_client_ids()")
    ]
