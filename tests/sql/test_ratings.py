"""Ratings: who may give one, of which session, when it counts, and what it comes to."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import Server

from .booking_load import BookingLoad, Connection, acting_as, open_connections, prepare_load, run_together
from .conftest import CLIENT, IDENTITIES, PRACTITIONER, ROW, Sandbox
from .lifecycle_steps import begin, begin_class
from .rating_steps import CALL, average, broken, complete, held, rate, rate_some, rating_of

OTHER_ROW = "20000000-0000-4000-8000-000000000002"


def test_an_average_is_there_from_the_fifth_rating(sandbox: Sandbox) -> None:
    rate_some(sandbox, 5, 4, 4, 5)
    assert average(sandbox) == (None, None)

    rate(sandbox, held(sandbox, since=1500), 5)

    assert average(sandbox) == (4.6, 5)
    for who in ("other", "stranger", "practitioner", "admin", "service"):
        assert average(sandbox, who=who) == (4.6, 5)


def test_it_is_changed_and_stays_one(sandbox: Sandbox) -> None:
    its, *_ = rate_some(sandbox, 1, 5, 5, 5, 5)
    assert average(sandbox) == (4.2, 5)

    again = rate(sandbox, its, 3, "  On second thoughts. \n")

    assert (again["stars"], again["words"], again["state"]) == (3, "On second thoughts.", "open")
    assert average(sandbox) == (4.6, 5)
    assert rate(sandbox, its, 3, " ")["words"] is None
    sandbox.act_as("client")
    assert len(sandbox.run("select 1 as one from public.session_ratings where session_id = %s", its)) == 1


@pytest.mark.parametrize("stars", [None, 0, 6, -1, 2147483647])
def test_anything_but_one_to_five_stars_is_refused(sandbox: Sandbox, stars: int | None) -> None:
    its = held(sandbox)
    sandbox.act_as("client")
    with sandbox.refused("stars_missing"):
        sandbox.run(CALL, stars, None, its)
    assert sandbox.run("select 1 as one from public.session_ratings where session_id = %s", its) == []


def test_more_than_a_word_or_two_hundred_is_refused(sandbox: Sandbox) -> None:
    its = held(sandbox)
    sandbox.act_as("client")
    with sandbox.refused("text_too_long"):
        sandbox.run(CALL, 5, "x" * 501, its)
    assert rate(sandbox, its, 5, "é" * 500)["words"] == "é" * 500


@pytest.mark.parametrize("who", ["other", "practitioner", "stranger", "admin"])
def test_a_session_is_its_clients_to_rate(sandbox: Sandbox, who: str) -> None:
    """Nobody else's: not even an admin's; and they learn nothing of it."""
    its = held(sandbox)
    sandbox.act_as(who)
    for call in (CALL, "select * from public.read_rating(session_id => %s)"):
        with sandbox.refused("session_not_found"):
            sandbox.run(call, *([5, None, its] if "rate_session" in call else [its]))


def test_only_what_took_place_is_rated(sandbox: Sandbox) -> None:
    """To come, under way, cancelled: no. A class's own row is nobody's, whoever stands in it."""
    coming = begin(sandbox, since=-600)
    under_way = begin(sandbox, since=10)
    cancelled = begin(sandbox, since=-900)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", cancelled)
    for its in (coming, under_way, cancelled):
        sandbox.act_as("client")
        with sandbox.refused("session_not_held"):
            sandbox.run(CALL, 5, None, its)
    group = begin(sandbox, since=3000, client_id=PRACTITIONER, max_participants=5, current_participants=0)
    complete(sandbox, group)
    sandbox.act_as("practitioner")
    with sandbox.refused("session_not_found"):
        sandbox.run(CALL, 5, None, group)


def test_a_month_later_it_stays_as_it_is(sandbox: Sandbox) -> None:
    its, *_ = rate_some(sandbox, 2, 5, 5, 5, 5)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '31 days' where id = %s", its
    )

    sandbox.act_as("client")
    with sandbox.refused("rating_closed"):
        sandbox.run(CALL, 5, None, its)
    (shown,) = sandbox.run("select * from public.read_rating(session_id => %s)", its)
    assert (shown["state"], shown["stars"], shown["words"]) == ("closed", 2, "Number 2")
    assert average(sandbox) == (4.4, 5)


def test_members_of_a_class_rate_it_each(sandbox: Sandbox) -> None:
    group, *seats = begin_class(sandbox, since=100)
    complete(sandbox, group)
    for seat, who, stars in zip(seats, ("client", "other"), (5, 2), strict=True):
        assert rate(sandbox, seat, stars, who=who)["stars"] == stars
    sandbox.act_as("other")
    with sandbox.refused("session_not_found"):
        sandbox.run(CALL, 1, None, seats[0])
    assert [rating_of(sandbox, seat)["practitioner_id"] == rating_of(sandbox, seats[0])["practitioner_id"]
            for seat in seats] == [True, True]  # fmt: skip


@pytest.mark.parametrize("missing", ["client", "practitioner"])
@pytest.mark.parametrize("is_class", [False, True])
def test_where_somebody_did_not_come_there_is_nothing_to_rate(
    sandbox: Sandbox, missing: str, is_class: bool
) -> None:
    """A rating that was given before that was known no longer counts; when it is taken back, it does again."""
    rate_some(sandbox, 5, 5, 5, 5)
    if is_class:
        group, its, _ = begin_class(sandbox, since=100)
        complete(sandbox, group)
    else:
        its = group = held(sandbox, since=100)
    rate(sandbox, its, 1)
    assert average(sandbox) == (4.2, 5)

    said = "select * from public.set_attendance(%s, %s, %s, 'As they say.')"
    person = IDENTITIES[missing][1]
    sandbox.act_as("admin")
    sandbox.run(said, group, person, False)

    assert average(sandbox) == (None, None)
    assert not rating_of(sandbox, its)["is_counted"]
    sandbox.act_as("client")
    with sandbox.refused("session_not_held"):
        sandbox.run(CALL, 2, None, its)
    sandbox.act_as("admin")
    sandbox.run(said, group, person, True)
    assert average(sandbox) == (4.2, 5)
    assert broken(sandbox) == []


def test_a_reopened_session_counts_when_it_is_held_again(sandbox: Sandbox) -> None:
    """And not at all when it is cancelled instead."""
    one, *_ = rate_some(sandbox, 1, 5, 5, 5, 5)
    other = held(sandbox, since=-60)  # completed before its time, by a slip
    rate(sandbox, other, 2)
    assert average(sandbox) == (3.8, 6)
    for its in (one, other):
        sandbox.act_as("admin")
        sandbox.run("select * from public.reopen_session(%s, 'It was a slip.')", its)
    assert average(sandbox) == (None, None)

    complete(sandbox, one)
    assert average(sandbox) == (4.2, 5)
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", other)
    assert average(sandbox) == (4.2, 5)
    assert broken(sandbox) == []


def test_it_is_about_whoever_led_it(sandbox: Sandbox) -> None:
    """One that was recorded under another's name takes its rating along; one's own session counts for nobody."""
    its, *_ = rate_some(sandbox, 1, 5, 5, 5, 5, 5)
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set practitioner_id = %s where id = %s", OTHER_ROW, its)
    assert average(sandbox) == (5.0, 5)
    assert str(rating_of(sandbox, its)["practitioner_id"]) == OTHER_ROW

    themselves = held(sandbox, since=3000, client_id=PRACTITIONER)
    sandbox.act_as("practitioner")
    with sandbox.refused("session_not_held"):
        sandbox.run(CALL, 5, None, themselves)
    rate_some(sandbox, 5, practitioner_id=OTHER_ROW)
    assert broken(sandbox) == []


def test_an_erased_client_leaves_the_stars(sandbox: Sandbox) -> None:
    """And no words, nor what an admin wrote about them: the average does not change because somebody leaves."""
    its, *_ = rate_some(sandbox, 1, 5, 5, 5, 5)
    sandbox.act_as("owner")
    (row,) = [
        r
        for r in sandbox.run("select * from private.export_rows(%s)", CLIENT)
        if r["name"] == "session_ratings"
    ]
    assert {(r["stars"], r["words"]) for r in row["rows"]} >= {(1, "Number 1"), (5, "Number 5")}
    sandbox.run(
        "update public.session_ratings set decision_reason = 'As Client said.' where session_id = %s", its
    )

    sandbox.run("select private.redact_evidence(%s)", CLIENT)

    rating = rating_of(sandbox, its)
    assert (rating["stars"], rating["words"], rating["decision_reason"]) == (1, None, "(erased)")
    assert average(sandbox, who="other") == (4.2, 5)
    assert broken(sandbox) == []


def test_an_erased_practitioner_is_not_named_in_what_was_said(sandbox: Sandbox) -> None:
    its = held(sandbox)
    sandbox.act_as("owner")
    name = sandbox.one("select name from public.practitioners where id = %s", ROW)
    rate(sandbox, its, 5, f"{name} was kind.")
    sandbox.act_as("owner")
    (row,) = [
        r
        for r in sandbox.run("select * from private.export_rows(%s)", PRACTITIONER)
        if r["name"] == "ratings_received"
    ]
    assert [r["stars"] for r in row["rows"]] == [5] and "words" not in row["rows"][0]
    sandbox.run("select private.redact_evidence(%s)", PRACTITIONER)
    assert rating_of(sandbox, its)["words"] == "somebody was kind."


def test_a_deleted_session_takes_its_rating_along(sandbox: Sandbox) -> None:
    its, *_ = rate_some(sandbox, 1, 5, 5, 5, 5, 5)
    sandbox.act_as("owner")
    sandbox.run("delete from public.session_schedules where id = %s", its)
    assert average(sandbox) == (5.0, 5)
    assert broken(sandbox) == []


def test_a_sum_that_is_wrong_is_found(sandbox: Sandbox) -> None:
    rate_some(sandbox, 5)
    sandbox.act_as("owner")
    sandbox.run("update private.rating_sums set ratings = 2, stars = 10 where practitioner_id = %s", ROW)
    assert len(broken(sandbox)) == 1


def test_fewer_than_five_cannot_be_set(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.CheckViolation):
        sandbox.run("update private.rating_rules set least = 4")


# At once


@pytest.fixture(scope="module")
def load(postgres: Server) -> BookingLoad:
    return prepare_load(postgres, "ratings")


@pytest.fixture
def owner(load: BookingLoad) -> Iterator[Connection]:
    with psycopg.connect(load.url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def test_posts_at_once_leave_one_rating_and_sums_that_are_right(load: BookingLoad, owner: Connection) -> None:
    """Eight presses on each of several sessions, whose no-shows come and go meanwhile; nobody waits for ever."""
    practitioner = load.practitioners[0]
    sessions = []
    for number, person in enumerate(load.clients[:6]):
        (row,) = owner.execute(
            "insert into public.session_schedules"
            " (practitioner_id, client_id, scheduled_at, duration_minutes, room_name)"
            " values (%s, %s, now() - make_interval(hours => %s), 45, gen_random_uuid()::text) returning id",
            (practitioner, person, 3 * number + 5),
        ).fetchall()
        owner.execute("update public.session_schedules set status = 'completed' where id = %s", (row["id"],))
        sessions.append((row["id"], person))

    def press(its: Any, person: str, stars: int) -> Any:
        def act(connection: Any) -> None:
            with acting_as(connection, person) as run:
                run(CALL, stars, None, its)

        return act

    stop = threading.Event()

    def come_and_go() -> int:
        turns = 0
        with psycopg.connect(load.url, autocommit=True) as connection:
            while not stop.is_set():
                its, person = sessions[turns % len(sessions)]
                connection.execute(
                    "insert into public.session_attendance (session_id, user_id, source, is_no_show)"
                    " values (%s, %s, 'agora', true) on conflict (session_id, user_id)"
                    " do update set is_no_show = not session_attendance.is_no_show",
                    (its, person),
                )
                turns += 1
        return turns

    with ThreadPoolExecutor(1) as pool, open_connections(load.url, 8) as connections:
        turns = pool.submit(come_and_go)
        ends = [
            end
            for _ in range(6)
            for its, person in sessions
            for end in run_together(connections, *(press(its, person, 1 + n % 5) for n in range(8)))
        ]
        stop.set()

    assert turns.result() > 10
    assert set(ends) <= {"done", "session_not_held"} and "done" in ends, set(ends)
    rated = owner.execute(
        "select count(*) as n, count(distinct session_id) as of from public.session_ratings"
    ).fetchone()
    assert rated and rated["n"] == rated["of"] <= len(sessions)
    owner.execute("update public.session_attendance set is_no_show = false where is_no_show")
    for its, person in sessions:
        with acting_as(owner, person) as run:
            run(CALL, 4, None, its)
    (sums,) = owner.execute("select ratings, stars from private.rating_sums").fetchall()
    assert (sums["ratings"], sums["stars"]) == (6, 24)
    assert not owner.execute(
        "select 1 as one from private.broken_invariants where rule like 'ratings are not%'"
    ).fetchall()
