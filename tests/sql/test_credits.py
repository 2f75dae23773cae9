"""Credits: lots over a ledger that explains every one of them."""

from typing import Any

import psycopg
import pytest

from sql.throwaway import MIGRATIONS, Server

from .booking_scene import empty_wallet, grant, lines, type_id, wallet, wrongs
from .conftest import CLIENT, OTHER_CLIENT, ROW, Stage

LEDGER = next(path for path in MIGRATIONS if path.name.endswith("_credit_ledger.sql"))
LINE = "insert into public.credit_ledger (lot_id, user_id, change, kind, reason) values"
PAST = "2020-01-01T00:00Z"


def adjust(stage: Stage, **arguments: Any) -> dict[str, Any]:
    named = ", ".join(f"{name} => %s" for name in arguments)
    (lot,) = stage.run(f"select * from public.adjust_credits({named})", *arguments.values())
    return lot


# The ledger


def test_what_was_there_before_the_ledger_opens_it(postgres: Server) -> None:
    """Each lot that still has credits begins with one purchase of as many."""
    url = postgres.build("before_the_ledger", [path for path in MIGRATIONS if path < LEDGER])
    with psycopg.connect(url) as connection:
        connection.execute(
            b"insert into auth.users (id) values ('c0000000-0000-4000-8000-000000000001');"
            b"insert into public.user_session_credits (user_id, credits_remaining)"
            b" select 'c0000000-0000-4000-8000-000000000001', n from generate_series(0, 3) n"
        )
        connection.execute(LEDGER.read_bytes())

        found = connection.execute(
            "select c.credits_remaining, l.change, l.kind from public.user_session_credits c"
            " left join public.credit_ledger l on l.lot_id = c.id order by 1"
        ).fetchall()
        connection.rollback()

    assert [(0, None, None), (1, 1, "purchase"), (2, 2, "purchase"), (3, 3, "purchase")] == found


def test_a_lot_is_the_sum_of_its_lines(stage: Stage) -> None:
    """Also one that the service inserts itself, as what sold credits before still does."""
    stage.act_as("service")
    lot = stage.one(
        "insert into public.user_session_credits (user_id, credits_remaining) values (%s, 5) returning id",
        CLIENT,
    )
    stage.act_as("owner")
    stage.run("select private.take_back_credits(%s, 2, 'Refunded')", lot)

    assert [("purchase", 5), ("refund", -2)] == lines(stage, lot)
    assert 3 == stage.one("select credits_remaining from public.user_session_credits where id = %s", lot)
    assert not wrongs(stage)


def test_nobody_writes_credits_past_the_ledger(stage: Stage) -> None:
    """Not even the owner; a client's and an admin's update changes no row and is no error, as the pages expect."""
    for who in ("client", "admin"):
        stage.act_as(who)
        assert [] == stage.run("update public.user_session_credits set credits_remaining = 99 returning id")
    stage.act_as("service")
    with stage.forbidden():
        stage.run("update public.user_session_credits set credits_remaining = 99")
    with stage.forbidden():
        stage.run("delete from public.user_session_credits")
    stage.act_as("owner")
    with stage.refused("credits_follow_the_ledger"):
        stage.run("update public.user_session_credits set credits_remaining = 99")
    with stage.refused("credits_follow_the_ledger"):
        stage.run("update public.user_session_credits set id = gen_random_uuid()")


@pytest.mark.parametrize(
    "statement",
    [
        "update public.credit_ledger set change = 9",
        "delete from public.credit_ledger",
        "truncate public.credit_ledger",
    ],
)
def test_a_line_stays_as_it_was_written(stage: Stage, statement: str) -> None:
    """For whoever owns the table, too."""
    stage.act_as("owner")
    with stage.refused("ledger_is_kept"):
        stage.run(statement)


def test_nobody_has_less_than_no_credit(stage: Stage) -> None:
    """Whoever writes the line; and nobody's line goes to another's lot."""
    stage.act_as("owner")
    line = f"{LINE} (%s, %s, %s, 'adjustment', 'x')"
    with stage.refused("no_usable_credit"):
        stage.run(line, ROW, CLIENT, -4)
    with stage.refused("credits_not_found"):
        stage.run(line, ROW, OTHER_CLIENT, 1)
    for kind, change in (
        ("purchase", -1),
        ("spend", -1),
        ("return", 2),
        ("expiry", 1),
        ("refund", 1),
        ("gift", 1),
    ):
        with pytest.raises(psycopg.errors.CheckViolation), stage.undone():
            stage.run(
                "insert into public.credit_ledger (lot_id, user_id, change, kind) values (%s, %s, %s, %s)",
                ROW,
                CLIENT,
                change,
                kind,
            )


# Choosing


def test_the_typed_credit_goes_before_the_generic_and_the_one_that_ends_first_before_both(
    stage: Stage,
) -> None:
    """Ended ones and those of other kinds stay where they are."""
    empty_wallet(stage)
    kind, other = type_id(stage), type_id(stage, 60)
    grant(stage, 1, session_type_id=kind, expires_at=PAST)
    grant(stage, 1, session_type_id=other)
    generic = grant(stage, 1)
    typed = grant(stage, 1, session_type_id=kind)
    ending = grant(stage, 1, session_type_id=kind, expires_at="2031-01-01T00:00Z")
    generic_ending = grant(stage, 1, expires_at="2030-01-01T00:00Z")

    chosen = []
    for _ in range(4):
        chosen.append(str(stage.one("select private.choose_credit(%s, array[%s]::uuid[])", CLIENT, kind)))
        stage.run("select private.take_back_credits(%s, 1, 'Spent')", chosen[-1])

    assert [ending, typed, generic_ending, generic] == chosen
    with stage.refused("no_usable_credit"):
        stage.run("select private.choose_credit(%s, array[%s]::uuid[])", CLIENT, kind)


def test_lapsed_credits_are_written_off_once(stage: Stage) -> None:
    """They were not usable before that either."""
    lot = grant(stage, 4, expires_at=PAST)
    assert 3 == wallet(stage)

    stage.act_as("service")
    assert [1, 0] == [stage.one("select lots_expired from public.reconcile_bookings()") for _ in range(2)]
    assert [("purchase", 4), ("expiry", -4)] == lines(stage, lot)


# Money that went back


def test_credits_are_taken_back_as_far_as_they_are_there(stage: Stage) -> None:
    """What was spent is owed: the next ones that come back are not given back."""
    lot = grant(stage, 5)
    stage.run(
        f"{LINE} (%s, %s, -2, 'adjustment', 'x')",
        lot,
        CLIENT,
    )

    assert 3 == stage.one("select private.take_back_credits(%s, 5, 'Refunded')", lot)
    assert (0, 2) == tuple(
        stage.run(
            "select credits_remaining, credits_owed from public.user_session_credits where id = %s", lot
        )[0].values()
    )


# Adjusting


def test_an_admin_adjusts_with_a_reason(stage: Stage) -> None:
    """A lot, up or down, or a new one for somebody; the ledger says who and why."""
    stage.act_as("admin")
    assert 5 == adjust(stage, lot_id=ROW, change=2, reason="A gift")["credits_remaining"]
    assert 4 == adjust(stage, lot_id=ROW, change=-1, reason="Too many")["credits_remaining"]
    lot = adjust(stage, user_id=OTHER_CLIENT, change=1, reason="Sorry")
    assert (OTHER_CLIENT, 1) == (str(lot["user_id"]), lot["credits_remaining"])
    (line,) = stage.run("select * from public.credit_ledger where lot_id = %s", lot["id"])
    assert ("adjustment", "Sorry", "admin") == (
        line["kind"],
        line["reason"],
        "admin" if line["actor"] else None,
    )

    with stage.refused("reason_missing"):
        adjust(stage, lot_id=ROW, change=1, reason=" ")
    with stage.refused("lot_missing"):
        adjust(stage, user_id=CLIENT, change=-1, reason="x")
    with stage.refused("credits_not_found"):
        adjust(stage, lot_id=ROW, user_id=OTHER_CLIENT, change=1, reason="x")
    with stage.refused("no_usable_credit"):
        adjust(stage, lot_id=ROW, change=-9, reason="x")


@pytest.mark.parametrize("who", ["client", "practitioner", "stranger"])
def test_nobody_else_adjusts(stage: Stage, who: str) -> None:
    """Least of all their own."""
    stage.act_as(who)
    with stage.refused("admins_only"):
        adjust(stage, lot_id=ROW, change=1, reason="For me")


# Reading


def test_credits_are_summed_and_listed_in_one_answer(stage: Stage) -> None:
    """Usable ones only, and the caller's own."""
    package = stage.one("select id from public.session_packages where is_active limit 1")
    grant(stage, 5, package_id=package, expires_at="2031-01-01T00:00Z")
    grant(stage, 7, expires_at=PAST)
    grant(stage, 9, who="other")

    stage.act_as("client")
    (summary,) = stage.run("select * from public.check_session_credits()")

    assert (8, 5, 3, True) == tuple(
        summary[name] for name in ("total_credits", "package_credits", "single_credits", "has_credits")
    )
    assert [5, 3] == [lot["credits_remaining"] for lot in summary["credits"]]
    stage.act_as("stranger")
    (nothing,) = stage.run("select * from public.check_session_credits()")
    assert (0, [], False) == (nothing["total_credits"], nothing["credits"], nothing["has_credits"])


def test_the_history_explains_every_credit_to_its_owner(stage: Stage) -> None:
    """What, when, until when; and to nobody else but admins."""
    lot = grant(stage, 2, session_type_id=type_id(stage), expires_at="2031-01-01T00:00Z")

    for who, seen in (("client", 1), ("admin", 1), ("other", 0), ("practitioner", 0)):
        stage.act_as(who)
        found = stage.run("select * from public.credit_history where lot_id = %s", lot)
        assert seen == len(found), who
        assert all(
            (row["kind"], row["change"], row["session_type_name"]) == ("purchase", 2, "45min Standard")
            and row["expires_at"]
            for row in found
        )


def test_a_package_somebody_bought_stays_readable(stage: Stage) -> None:
    """The wallet shows its name, although it is not sold any more."""
    old = stage.one("select id from public.session_packages where name = '5 Session Package'")
    grant(stage, 5, package_id=old)
    query = "select name from public.session_packages where id = %s"

    stage.act_as("client")
    assert stage.run(query, old)
    stage.act_as("other")
    assert not stage.run(query, old)
