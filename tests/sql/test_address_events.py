"""Events become mails, notifications and deliveries in a worker's next run: whole, in order, once, stopping nobody."""

import threading
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import Server

from .booking_steps import book, in_hours, sign
from .conftest import CLIENT, ROW, STRANGER, Sandbox

# Spelled so that the sandbox does not address events first.
MAILS, NOTIFICATIONS, DELIVERIES = (
    'private."mails"',
    'public."user_notifications"',
    'public."webhook_deliveries"',
)
ADDRESS = "select private.address_waiting_events()"
WAITING = "select kind from private.outbox where addressed_at is null order by id"


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """The client may book; a receiver hears of bookings; nothing waits."""
    sign(sandbox)
    sandbox.run(
        "insert into public.webhook_endpoints (url, events) values ('https://x.test', '{session.booked}')"
    )
    sandbox.run("update private.outbox set addressed_at = now() where addressed_at is null")


def count(sandbox: Sandbox, table: str) -> int:
    sandbox.act_as("owner")
    return int(sandbox.one(f"select count(*) from {table}"))


def waiting(sandbox: Sandbox) -> list[str]:
    sandbox.act_as("owner")
    return [row["kind"] for row in sandbox.run(WAITING)]


def told(sandbox: Sandbox, kind: str) -> list[tuple[str, str]]:
    """Whom a notification of that kind told, and what."""
    rows = sandbox.run(
        f"select user_id::text as who, message from {NOTIFICATIONS} where kind = %s order by user_id", kind
    )
    return [(row["who"], row["message"]) for row in rows]


def test_a_booking_writes_one_event_and_a_worker_the_rest(sandbox: Sandbox) -> None:
    """Whichever comes first: the one that sends mails or the one that delivers webhooks."""
    tables = (MAILS, NOTIFICATIONS, DELIVERIES)
    before = [count(sandbox, table) for table in tables]
    book(sandbox, in_hours(30))

    assert before == [count(sandbox, table) for table in tables]
    assert ["session_booked"] == waiting(sandbox)
    for claim in ("claim_mail", "claim_webhook_delivery"):
        with sandbox.undone():
            sandbox.act_as("service")
            sandbox.run(f"select public.{claim}()")
            sandbox.act_as("owner")
            assert [2, 2, 1] == [
                count(sandbox, table) - was for table, was in zip(tables, before, strict=True)
            ]
            assert [] == waiting(sandbox)
            assert 0 == sandbox.one(ADDRESS)
            assert 0 == sandbox.one("select count(caused_by) from private.outbox")


@pytest.mark.parametrize(
    "unfit",
    [
        f"alter table {NOTIFICATIONS} add constraint unfit check (char_length(message) < 5) not valid",
        f"alter table {MAILS} add constraint unfit check (kind <> 'session_booked') not valid",
        f"alter table {DELIVERIES} add constraint unfit check (char_length(body) < 5) not valid",
    ],
)
def test_a_text_that_does_not_fit_refuses_no_booking(sandbox: Sandbox, unfit: str) -> None:
    """Nothing of the event is written; others are told meanwhile; and it is told when it fits."""
    sandbox.run(unfit)
    before = count(sandbox, MAILS)
    assert book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run("select private.publish_event('banking_changed', %s)", STRANGER)
    if "user_not" in unfit:  # it has a notification too
        sandbox.run("delete from private.outbox where kind = 'banking_changed'")

    while sandbox.one(ADDRESS):
        pass
    assert ["session_booked"] == waiting(sandbox)
    assert count(sandbox, MAILS) - before == (0 if "user_not" in unfit else 1)
    (event,) = sandbox.run("select attempts, failure from private.outbox where addressed_at is null")
    assert 1 == event["attempts"] and "unfit" in event["failure"]
    sandbox.run(f"alter table {unfit.split()[2]} drop constraint unfit")
    sandbox.run("update private.outbox set next_attempt_at = now() where addressed_at is null")
    assert 1 == sandbox.one(ADDRESS)
    assert [] == waiting(sandbox)


def test_a_name_of_any_length_is_told(sandbox: Sandbox) -> None:
    """Cut where a notification ends."""
    sandbox.run("alter table public.practitioners drop constraint if exists practitioners_texts_are_short")
    for row in sandbox.run(
        "select conname from pg_constraint where conrelid = 'public.practitioners'::regclass and contype = 'c'"
    ):
        sandbox.run(f"alter table public.practitioners drop constraint {row['conname']}")
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run(
        "update public.practitioners p set name = repeat('n', 20000) from public.session_schedules s"
        " where s.id = %s and p.id = s.practitioner_id",
        session_id,
    )

    assert 1 == sandbox.one(ADDRESS)
    assert {10000} == {len(message) for who, message in told(sandbox, "session_booked") if who == CLIENT}


def test_events_of_a_session_are_told_in_their_order(sandbox: Sandbox) -> None:
    """None overtakes one that is still tried; those of other sessions do. Set aside, it stops nobody."""
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", session_id)
    sandbox.act_as("owner")
    sandbox.run("select private.publish_event('banking_changed', %s)", STRANGER)
    sandbox.run(f"alter table {MAILS} add constraint unfit check (kind <> 'session_booked') not valid")

    for _ in range(3):
        sandbox.run(ADDRESS)
        assert ["session_booked", "session_cancelled"] == waiting(sandbox)[:2]
        assert "banking_changed" not in waiting(sandbox)
        sandbox.run("update private.outbox set next_attempt_at = now() where addressed_at is null")
    sandbox.run("update private.outbox set attempts = private.max_attempts() where kind = 'session_booked'")
    sandbox.run(ADDRESS)
    assert ["session_booked"] == waiting(sandbox)


def test_a_run_is_bounded(sandbox: Sandbox) -> None:
    """However many wait."""
    for _ in range(45):
        sandbox.run("select private.publish_event('banking_changed', %s)", CLIENT)

    assert [20, 20, 5, 0] == [sandbox.one(ADDRESS) for _ in range(4)]


def test_notifications_of_one_run_are_dated_as_their_events(sandbox: Sandbox) -> None:
    """So the newest stands first on the pages; and each says what was so when it happened."""
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("client")
    sandbox.run("select public.reschedule_session(%s, %s)", session_id, in_hours(60))
    sandbox.act_as("owner")
    sandbox.run(
        "update private.outbox set created_at = now() - interval '1 hour' where kind = 'session_booked'"
    )
    sandbox.run(ADDRESS)

    notes = sandbox.run(
        f"select kind, message from {NOTIFICATIONS} where user_id = %s and related_id = %s order by created_at",
        CLIENT,
        session_id,
    )
    assert ["session_booked", "session_rescheduled"] == [note["kind"] for note in notes]
    days = [
        sandbox.one("select to_char(%s::timestamptz at time zone 'America/Toronto', 'FMMonth FMDD')", at)
        for at in (in_hours(30), in_hours(60))
    ]
    assert [True, True] == [day in note["message"] for day, note in zip(days, notes, strict=True)]


def test_what_happened_to_a_deleted_session_is_told_from_its_event(sandbox: Sandbox) -> None:
    """It was booked, cancelled and deleted before anybody was told."""
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_schedules where id = %s", session_id)
    sandbox.run(ADDRESS)

    assert {CLIENT, STRANGER} == {who for who, _ in told(sandbox, "session_booked")}
    cancelled = told(sandbox, "session_cancelled")
    assert {CLIENT, STRANGER} == {who for who, _ in cancelled}
    assert all("was cancelled" in message and "null" not in message for _, message in cancelled)
    assert 0 == sandbox.one("select count(*) from private.outbox where payload ? 'session'")


def test_a_class_that_is_deleted_tells_whoever_leads_it_alone(sandbox: Sandbox) -> None:
    """Though nothing but the event says any more that it was a class."""
    sandbox.run(
        "insert into public.session_schedules"
        " (id, practitioner_id, client_id, scheduled_at, room_name, max_participants)"
        " select %s, practitioner_id, client_id, %s, 'x', 5 from public.session_schedules where id = %s",
        STRANGER,
        in_hours(40),
        ROW,
    )
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", in_hours(50), STRANGER)
    sandbox.run("delete from public.session_schedules where id = %s", STRANGER)
    sandbox.run(ADDRESS)

    audiences = sandbox.run(f"select distinct audience from {MAILS} where session_id = %s", STRANGER)
    assert ["practitioner"] == [row["audience"] for row in audiences]


def test_an_event_of_somebody_erased_tells_nobody_of_them(sandbox: Sandbox) -> None:
    """Whoever leads the session still hears that it was cancelled; by no name, and nothing waits."""
    sandbox.run("update public.profiles set full_name = 'Client to Erase' where id = %s", CLIENT)
    sandbox.run("delete from public.session_schedules where client_id = %s and scheduled_at <= now()", CLIENT)
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run("select private.publish_event('my_sessions', %s)", CLIENT)
    sandbox.run("update private.outbox set attempts = private.max_attempts() where kind = 'my_sessions'")
    sandbox.run("update public.legal_holds set released_at = now() where released_at is null")
    sandbox.act_as("client")
    assert sandbox.run("select * from private.erase_account(null)")

    assert [] == waiting(sandbox)
    heard = {who for who, _ in told(sandbox, "session_cancelled")}
    assert STRANGER in heard and CLIENT not in heard
    assert 0 == sandbox.one(f"select count(*) from {NOTIFICATIONS} where message like '%%Client to Erase%%'")
    assert {STRANGER} == {
        str(row["user_id"])
        for row in sandbox.run(f"select user_id from {MAILS} where session_id = %s", session_id)
    }


# Two at once, each in a connection of its own


@pytest.fixture
def workers(postgres: Server, request: pytest.FixtureRequest) -> Any:
    """Two workers, and events that wait."""
    url = postgres.build(f"addressing_{hash(request.node.name) % 10**6}")
    with (
        psycopg.connect(url, row_factory=dict_row) as one,
        psycopg.connect(url, row_factory=dict_row) as other,
    ):
        one.execute("insert into auth.users (id, email) values (%s, 'c@x.test')", [CLIENT])
        one.execute("update private.outbox set addressed_at = now()")
        for _ in range(30):
            one.execute("select private.publish_event('banking_changed', %s)", [CLIENT])
        one.commit()
        yield one, other


def address(worker: psycopg.Connection[dict[str, Any]]) -> int:
    row = worker.execute(ADDRESS).fetchone()
    assert row
    return int(row["address_waiting_events"])


def mailed(worker: psycopg.Connection[dict[str, Any]]) -> int:
    row = worker.execute(
        "select count(*) as mails from private.mails where kind = 'banking_changed'"
    ).fetchone()
    assert row
    return int(row["mails"])


def test_whoever_finds_another_at_it_waits_and_tells_nobody_twice(workers: Any) -> None:
    """And goes on with the rest."""
    one, other = workers
    assert 20 == address(one)
    done: list[int] = []
    waiter = threading.Thread(target=lambda: done.append(address(other)))
    waiter.start()
    waiter.join(0.5)
    assert waiter.is_alive()
    one.commit()
    waiter.join(10)
    other.commit()

    assert [10] == done
    assert 30 == mailed(one)


def test_a_worker_that_is_stuck_stops_the_others_for_two_seconds(workers: Any) -> None:
    """They go on with what is there; killed, it has told nobody, and the next one tells all."""
    one, other = workers
    assert 20 == address(one)
    assert 0 == address(other)
    other.commit()
    one.close()

    assert [20, 10, 0] == [address(other) for _ in range(3)]
    other.commit()
    assert 30 == mailed(other)
