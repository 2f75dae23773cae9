"""Slots as they are asked for: who shares a row, what is not offered, and how long an answer may be."""

from datetime import date, time, timedelta
from typing import Any

import pytest

import shared.timezones  # noqa: F401 - from here on Python tells the time by the package tzdata
from tests.sql.conftest import ADMIN, CLIENT, OTHER_CLIENT, ROW, STRANGER, Sandbox

from .slot_steps import TODAY, ZONE, instant


@pytest.fixture(scope="session")
def kinds(database: str) -> dict[int, str]:
    """A kind of session of each length."""
    import psycopg

    with psycopg.connect(database) as connection:
        return dict(
            connection.execute(
                "select duration_minutes, min(id::text) from public.session_types where not is_group group by 1"
            ).fetchall()
        )


@pytest.fixture(autouse=True)
def _half_hours(sandbox: Sandbox) -> None:
    """The seeded calendars take any minute."""
    sandbox.run("update public.practitioner_calendars set slot_interval_minutes = 30")


GET = """select slot.* from public.get_available_slots(%s, %s, %s, 'America/Toronto', explain => %s),
                           unnest(slots || refused) slot"""


def offered(sandbox: Sandbox, kind: str, on: date, *, explain: bool = False) -> list[dict[str, Any]]:
    """What anybody is offered for a day in Toronto."""
    sandbox.act_as("client")
    return sandbox.run(GET, kind, on, on, explain)


def test_practitioners_who_are_free_at_the_same_time_share_a_row(
    sandbox: Sandbox, kinds: dict[int, str]
) -> None:
    """With anybody: the Monday of one and the any time of the other."""
    monday = TODAY + timedelta(14 - TODAY.weekday())
    slots = offered(sandbox, kinds[60], monday)

    both = {slot["local_start"].time() for slot in slots if len(slot["practitioner_ids"]) == 2}
    assert {time(9), time(16)} <= both
    assert both == {at for at in both if time(9) <= at <= time(16)}
    assert 48 == len(slots) == len({slot["starts_at"] for slot in slots})
    assert {None} == {slot["reason"] for slot in slots}


def test_a_paused_practitioner_is_not_offered(sandbox: Sandbox, kinds: dict[int, str]) -> None:
    """With the reason, for whoever asks."""
    monday = TODAY + timedelta(14 - TODAY.weekday())
    sandbox.run("update public.practitioners set available = false where id <> %s", ROW)

    assert {ROW} == {
        str(who) for slot in offered(sandbox, kinds[60], monday) for who in slot["practitioner_ids"]
    }
    judged = offered(sandbox, kinds[60], monday, explain=True)
    assert {None, "outside_availability", "practitioner_unavailable"} == {slot["reason"] for slot in judged}


def test_notice_and_horizon_limit_the_offer(sandbox: Sandbox, kinds: dict[int, str]) -> None:
    """And what has passed is not offered at all."""
    sandbox.run(
        "update public.practitioner_calendars"
        "   set minimum_notice_minutes = 1440, booking_horizon_days = 2, is_always_open = true"
    )
    now = sandbox.one("select now()")

    def expected(ahead: timedelta) -> str | None:
        if ahead <= timedelta(0):
            return "slot_in_past"
        if ahead < timedelta(days=1):
            return "too_short_notice"
        return "beyond_horizon" if ahead > timedelta(days=2) else None

    judged = [
        slot for n in range(5) for slot in offered(sandbox, kinds[20], TODAY + timedelta(n - 1), explain=True)
    ]

    assert {expected(slot["starts_at"] - now) for slot in judged} == {slot["reason"] for slot in judged}
    for slot in judged:
        assert expected(slot["starts_at"] - now) == slot["reason"], slot["starts_at"]


def test_the_callers_own_hold_is_still_offered(sandbox: Sandbox, kinds: dict[int, str]) -> None:
    """To oneself, and to nobody else."""
    monday = TODAY + timedelta(14 - TODAY.weekday())
    slot = offered(sandbox, kinds[60], monday)[0]
    sandbox.run(
        "select public.hold_slot(%s, %s, %s)", slot["practitioner_ids"][0], slot["starts_at"], kinds[60]
    )

    assert slot == offered(sandbox, kinds[60], monday)[0]
    sandbox.act_as("other")
    assert slot["starts_at"] < sandbox.run(GET, kinds[60], monday, monday, False)[0]["starts_at"]


def test_a_group_session_is_offered_as_its_classes(sandbox: Sandbox) -> None:
    """Of that place and length, with the seats that are left; full ones on request."""
    kind, lasting = sandbox.run(
        "select id, duration_minutes from public.session_types where is_group and duration_minutes = 60 limit 1"
    )[0].values()
    on = TODAY + timedelta(30)
    classes = []
    for hour, more in enumerate([{}, {"session_location": "in_person"}, {"duration_minutes": 45}, {}]):
        row = {
            "practitioner_id": ROW,
            "client_id": ADMIN,
            "scheduled_at": instant(ZONE["Toronto"], on, 600 + hour * 120),
            "duration_minutes": lasting,
            "room_name": f"class-{hour}",
            "max_participants": 2,
            "current_participants": 0,
            **more,
        }
        names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        insert = f"insert into public.session_schedules ({names}) values ({marks}) returning id"
        classes.append(sandbox.one(insert, *row.values()))
    evening = classes[3]
    for client in (STRANGER, OTHER_CLIENT):
        sandbox.run(
            """insert into public.session_schedules (practitioner_id, client_id, scheduled_at, room_name, notes)
               values (%s, %s, now(), %s, %s)""",
            ROW,
            client,
            f"seat-{client}",
            f"Joined group class: {evening}",
        )

    seen = [(slot["group_class_id"], slot["seats_left"]) for slot in offered(sandbox, kind, on)]
    explained = [
        (slot["group_class_id"], slot["seats_left"], slot["reason"])
        for slot in offered(sandbox, kind, on, explain=True)
    ]

    assert [(classes[0], 2)] == seen
    assert [(classes[0], 2, None), (evening, 0, "class_full")] == explained


def test_an_impossible_question_is_refused(sandbox: Sandbox, kinds: dict[int, str]) -> None:
    """A kind that is for sale, at most two months, a zone this server can tell the time in."""
    sandbox.act_as("client")
    with sandbox.refused("session_type_not_found"):
        sandbox.run(GET, CLIENT, TODAY, TODAY, False)
    for last in (TODAY - timedelta(1), TODAY + timedelta(62)):
        with sandbox.refused("range_not_possible"):
            sandbox.run(GET, kinds[60], TODAY, last, False)
    sandbox.act_as("owner")
    sandbox.run(
        "create or replace function private.has_outdated_rules(time_zone text) returns boolean"
        " language sql stable set search_path = '' as $$ select time_zone = 'America/Toronto' $$"
    )
    sandbox.act_as("client")
    with sandbox.refused("time_zone_rules_outdated"):
        sandbox.run(GET, kinds[60], TODAY, TODAY, False)


def test_a_month_of_fifty_calendars_is_one_answer(sandbox: Sandbox) -> None:
    """A row for each day, fewer than the rows at which the API cuts off. How long it takes, the bench measures."""
    kind = sandbox.one(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )
    sandbox.run(
        "with people as (insert into auth.users (id) select gen_random_uuid() from generate_series(1, 50) returning id)"
        " insert into public.practitioners (user_id, name) select id, 'Practitioner' from people"
    )
    sandbox.run("update public.practitioner_calendars set is_always_open = true")
    sandbox.act_as("client")
    first = TODAY + timedelta(days=7)

    days = sandbox.run(
        "select * from public.get_available_slots(%s, %s, %s, 'America/Toronto')",
        kind,
        first,
        first + timedelta(29),
    )

    assert [first + timedelta(n) for n in range(30)] == [day["on_date"] for day in days]
    assert all(len(day["slots"]) >= 92 for day in days)  # 96 quarters; fewer when the clocks change


def test_of_many_practitioners_an_answer_is_a_page(sandbox: Sandbox, kinds: dict[int, str]) -> None:
    """Each is in one page, also where nobody of a page is free."""
    sandbox.run(
        "with people as (insert into auth.users (id)"
        "                select gen_random_uuid() from generate_series(1, 220) returning id)"
        " insert into public.practitioners (id, user_id, name) select id, id, 'One of many' from people"
    )
    sandbox.run("update public.practitioner_calendars set is_always_open = true, slot_interval_minutes = 60")
    (everybody,) = sandbox.run("select array_agg(practitioner_id order by practitioner_id) as ids"
                               " from public.practitioner_calendars")  # fmt: skip
    sandbox.run("update public.practitioners set available = id <> all (%s)", everybody["ids"][:100])
    sandbox.act_as("client")
    seen, after, pages = set(), None, 0
    while pages == 0 or after is not None:
        rows = sandbox.run(
            "select (s).practitioner_ids, next_after_practitioner_id as next from public.get_available_slots("
            "%s, current_date + 3, current_date + 3, 'UTC', after_practitioner_id => %s)"
            " left join lateral unnest(slots) s on true",
            kinds[45],
            after,
        )
        found = {person for row in rows for person in row["practitioner_ids"] or ()}
        assert len(found) <= 100 and not found & seen
        seen, after, pages = seen | found, rows[0]["next"], pages + 1
    assert (set(everybody["ids"][100:]), 3) == (seen, pages)
