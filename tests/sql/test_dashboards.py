"""Each person's first page is one row, and what it says is what the tables say."""

from typing import Any

from .booking_steps import book, grant, in_hours, join, make_class, sign
from .conftest import CLIENT, ROW, Sandbox


def client_dashboard(sandbox: Sandbox, who: str = "client", at_most: int = 5) -> dict[str, Any]:
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.client_dashboard(%s)", at_most)
    return row


def done(row: dict[str, Any]) -> set[str]:
    return {step["step"] for step in row["getting_started"] if step["done"]}


def test_a_client_finds_their_next_session_for_each_location(sandbox: Sandbox) -> None:
    """Sessions and seats, the soonest first; what was cancelled or is over is not next."""
    sign(sandbox)
    grant(sandbox, 9)
    studio = {"session_location": "in_person", "physical_location": "1 Street"}
    late = book(sandbox, in_hours(60))["session_id"]
    soon = book(sandbox, in_hours(30))["session_id"]
    seat = join(sandbox, make_class(sandbox, in_hours(40), **studio))
    sandbox.run("select * from public.cancel_session(%s)", book(sandbox, in_hours(80))["session_id"])

    row = client_dashboard(sandbox)
    assert [str(soon), str(late), ROW] == [session["id"] for session in row["online_sessions"]]
    (in_person,) = row["in_person_sessions"]
    assert (seat, "Evening class", True) == (in_person["id"], in_person["class_name"], in_person["is_group"])
    assert 1 == len(client_dashboard(sandbox, at_most=1)["online_sessions"])


def test_getting_started_shows_what_the_client_has_done(sandbox: Sandbox) -> None:
    """Facts count by themselves; only the video and the guide are ticked, and only for oneself."""
    sandbox.act_as("owner")
    sandbox.run("delete from public.journal_entries")
    sandbox.run("delete from public.getting_started_ticks")
    before = client_dashboard(sandbox)
    assert {"profile", "first_booking"} == done(before) - {"waiver"}
    assert (7, len(done(before))) == (before["steps_in_all"], before["steps_done"])

    sign(sandbox)
    sandbox.run("update public.session_schedules set status = 'completed' where id = %s", ROW)
    sandbox.act_as("client")
    sandbox.run("insert into public.getting_started_ticks (step) values ('intro_video'), ('best_practices')")
    sandbox.run("insert into public.journal_entries (content) values ('Warm feet.')")
    after = client_dashboard(sandbox)
    assert 7 == after["steps_done"] == len(done(after))
    assert (1, 1) == (after["sessions_completed"], after["journal_entries"])

    with sandbox.forbidden():
        sandbox.run(
            "insert into public.getting_started_ticks (user_id, step) values (gen_random_uuid(), 'intro_video')"
        )


def test_open_actions_are_listed_by_due_date(sandbox: Sandbox) -> None:
    """Those without a date last; whose date has passed is said."""
    sandbox.act_as("owner")
    sandbox.run(
        """insert into public.action_recommendations (practitioner_id, client_id, title, action_type, due_date)
           values (%s, %s, 'Late', 'mindfulness', current_date - 1),
                  (%s, %s, 'Soon', 'mindfulness', current_date + 1)""",
        *(ROW, CLIENT) * 2,
    )
    actions = client_dashboard(sandbox)["open_actions"]
    assert [("Late", True), ("Soon", False), ("Breathe", None)] == [
        (action["title"], action["is_overdue"]) for action in actions
    ]


def test_nobody_finds_the_data_of_others(sandbox: Sandbox) -> None:
    """Whoever has nothing has an empty page."""
    row = client_dashboard(sandbox, "admin")
    assert ([], [], [], [], 0, 0) == tuple(
        row[name]
        for name in (
            "online_sessions",
            "in_person_sessions",
            "open_actions",
            "recent_recordings",
            "total_credits",
            "sessions_completed",
        )
    )


def test_studios_are_on_the_map_with_their_classes(sandbox: Sandbox) -> None:
    """By the studio's id or by name and address; a full class is no offer; who has time can be met at any of them."""
    sandbox.act_as("owner")
    sandbox.run("update public.studio_locations set latitude = 43.65, longitude = -79.38 where id = %s", ROW)
    by_id = make_class(sandbox, in_hours(30), session_location="in_person", physical_location=ROW)
    by_name = make_class(
        sandbox, in_hours(40), session_location="in_person", physical_location="Studio - A street"
    )
    make_class(sandbox, in_hours(50), session_location="in_person", physical_location="Elsewhere")
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set max_participants = 2, class_name = 'Small' where id = %s",
        by_name,
    )
    kind = sandbox.one("select id from public.session_types where name = '20min Laying'")

    sandbox.act_as("client")
    (studio,) = sandbox.run("select * from public.studio_availability(%s)", kind)
    assert (43.65, -79.38, []) == (studio["latitude"], studio["longitude"], studio["classes"])
    assert studio["next_slot"] is not None
    assert studio["days"] == sorted(studio["days"])

    (studio,) = sandbox.run("select * from public.studio_availability()")
    assert [by_id, by_name] == [found["id"] for found in studio["classes"]]
    assert [3, 2] == [found["seats_left"] for found in studio["classes"]]
    with sandbox.refused("range_not_possible"):
        sandbox.run("select * from public.studio_availability(null, '2031-01-01', '2031-12-01')")


def practitioner_dashboard(sandbox: Sandbox, who: str = "practitioner") -> dict[str, Any]:
    sandbox.act_as(who)
    (row,) = sandbox.run("select * from public.practitioner_dashboard()")
    return row


def test_a_practitioner_finds_today_and_what_follows(sandbox: Sandbox) -> None:
    """On their own clock; a class once, with its seats counted, and whose seats they are is no line of its own."""
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioner_calendars set time_zone = 'Pacific/Auckland' where practitioner_id = %s",
        ROW,
    )
    sandbox.run(
        """update public.session_schedules
              set scheduled_at = date_trunc('day', now() at time zone 'Pacific/Auckland')
                                 at time zone 'Pacific/Auckland' + interval '23 hours 30 minutes'
            where id = %s""",
        ROW,
    )
    later = make_class(sandbox, in_hours(60), practitioner_id=ROW)
    sign(sandbox)
    join(sandbox, later, practitioner_id=ROW)

    row = practitioner_dashboard(sandbox)
    assert [(ROW, "Client")] == [(session["id"], session["client_name"]) for session in row["today"]]
    assert [(later, None, 1, True)] == [
        (session["id"], session["client_name"], session["current_participants"], session["is_group"])
        for session in row["upcoming"]
    ]
    assert (1, ["Client"]) == (row["clients_in_all"], [client["name"] for client in row["recent_clients"]])


def test_a_practitioner_finds_open_and_missing_items(sandbox: Sandbox) -> None:
    """Recommendations, money by currency, contract and bank account, as their own tables have it."""
    sandbox.act_as("owner")
    sandbox.run(
        """insert into public.action_recommendations (practitioner_id, client_id, title, action_type, due_date)
           values (%s, %s, 'Late', 'mindfulness', current_date - 3)""",
        ROW,
        CLIENT,
    )
    row = practitioner_dashboard(sandbox)
    assert (2, 1, "Late") == (row["actions_open"], row["actions_overdue"], row["pending_actions"][0]["title"])
    assert ["cad", "usd"] == [earned["currency"] for earned in row["earnings"]]
    assert ("pending", "unverified") == (row["contract"], row["banking"])

    theirs = practitioner_dashboard(sandbox, "stranger")
    assert ([], 0, "signed", "missing") == tuple(
        theirs[name] for name in ("today", "actions_open", "contract", "banking")
    )
    sandbox.act_as("client")
    assert [] == sandbox.run("select * from public.practitioner_dashboard()")


def test_an_admin_finds_the_month_and_the_items_that_need_attention(sandbox: Sandbox) -> None:
    """And nobody else."""
    sandbox.act_as("admin")
    (row,) = sandbox.run("select * from public.admin_dashboard()")
    attention = row["attention"]
    assert (1, 1, 1) == tuple(
        attention[name] for name in ("admin_banking", "admin_contracts", "payouts_failed")
    )
    assert (5, 2, 0) == (row["users"], row["practitioners"], row["practitioners_paused"])

    sandbox.act_as("owner")
    sandbox.run("update public.practitioners set available = false where id = %s", ROW)
    sandbox.run("update public.session_schedules set status = 'in_progress' where id = %s", ROW)
    sandbox.run("update public.checkout_sessions set paid_at = now() where id = %s", ROW)
    sandbox.act_as("admin")
    (row,) = sandbox.run("select * from public.admin_dashboard()")
    assert (1, 1) == (row["practitioners_paused"], row["sessions_live"])
    assert [("cad", 1, 59000, 0)] == [
        (sold["currency"], sold["payments"], sold["amount_minor"], sold["returned_minor"])
        for sold in row["sold"]
    ]
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run("select * from public.admin_dashboard()")
