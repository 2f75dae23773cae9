"""Credits: lots over a ledger that explains every one of them."""

from typing import Any

import psycopg
import pytest

from .booking_steps import booking_violations, empty_wallet, grant, lines, type_id, wallet
from .conftest import CLIENT, OTHER_CLIENT, ROW, Sandbox

LINE = "insert into public.credit_ledger (lot_id, user_id, change, kind, reason) values"
PAST = "2020-01-01T00:00Z"


def adjust(sandbox: Sandbox, **arguments: Any) -> dict[str, Any]:
    named = ", ".join(f"{name} => %s" for name in arguments)
    (lot,) = sandbox.run(f"select * from public.adjust_credits({named})", *arguments.values())
    return lot


# The ledger


def test_a_lot_is_the_sum_of_its_lines(sandbox: Sandbox) -> None:
    """Also one that the service inserts itself, as what sold credits before still does."""
    sandbox.act_as("service")
    lot = sandbox.one(
        "insert into public.user_session_credits (user_id, credits_remaining) values (%s, 5) returning id",
        CLIENT,
    )
    sandbox.act_as("owner")
    sandbox.run("select private.revoke_credits(%s, 2, 'Refunded')", lot)

    assert [("purchase", 5), ("refund", -2)] == lines(sandbox, lot)
    assert 3 == sandbox.one("select credits_remaining from public.user_session_credits where id = %s", lot)
    assert not booking_violations(sandbox)


def test_nobody_writes_credits_past_the_ledger(sandbox: Sandbox) -> None:
    """Not even the owner; a client's and an admin's update changes no row and is no error, as the pages expect."""
    for who in ("client", "admin"):
        sandbox.act_as(who)
        assert [] == sandbox.run("update public.user_session_credits set credits_remaining = 99 returning id")
    sandbox.act_as("service")
    with sandbox.forbidden():
        sandbox.run("update public.user_session_credits set credits_remaining = 99")
    with sandbox.forbidden():
        sandbox.run("delete from public.user_session_credits")
    sandbox.act_as("owner")
    with sandbox.refused("credits_follow_the_ledger"):
        sandbox.run("update public.user_session_credits set credits_remaining = 99")
    with sandbox.refused("credits_follow_the_ledger"):
        sandbox.run("update public.user_session_credits set id = gen_random_uuid()")


@pytest.mark.parametrize(
    "statement",
    [
        "update public.credit_ledger set change = 9",
        "delete from public.credit_ledger",
        "truncate public.credit_ledger",
    ],
)
def test_a_line_of_the_ledger_never_changes(sandbox: Sandbox, statement: str) -> None:
    """For whoever owns the table, too."""
    sandbox.act_as("owner")
    with sandbox.refused("ledger_is_kept"):
        sandbox.run(statement)


def test_credits_never_become_negative(sandbox: Sandbox) -> None:
    """Whoever writes the line; and nobody's line goes to another's lot."""
    sandbox.act_as("owner")
    line = f"{LINE} (%s, %s, %s, 'adjustment', 'x')"
    with sandbox.refused("no_usable_credit"):
        sandbox.run(line, ROW, CLIENT, -4)
    with sandbox.refused("credits_not_found"):
        sandbox.run(line, ROW, OTHER_CLIENT, 1)
    for kind, change in (
        ("purchase", -1),
        ("spend", -1),
        ("return", 2),
        ("expiry", 1),
        ("refund", 1),
        ("gift", 1),
    ):
        with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
            sandbox.run(
                "insert into public.credit_ledger (lot_id, user_id, change, kind) values (%s, %s, %s, %s)",
                ROW,
                CLIENT,
                change,
                kind,
            )


# Choosing


def test_typed_credits_are_spent_before_generic_ones_and_earlier_endings_first(
    sandbox: Sandbox,
) -> None:
    """Ended ones and those of other kinds stay where they are."""
    empty_wallet(sandbox)
    kind, other = type_id(sandbox), type_id(sandbox, 60)
    grant(sandbox, 1, session_type_id=kind, expires_at=PAST)
    grant(sandbox, 1, session_type_id=other)
    generic = grant(sandbox, 1)
    typed = grant(sandbox, 1, session_type_id=kind)
    ending = grant(sandbox, 1, session_type_id=kind, expires_at="2031-01-01T00:00Z")
    generic_ending = grant(sandbox, 1, expires_at="2030-01-01T00:00Z")

    chosen = []
    for _ in range(4):
        chosen.append(
            str(
                sandbox.one(
                    "select private.choose_credit_lot(%s, array[%s]::uuid[], 45, false)", CLIENT, kind
                )
            )
        )
        sandbox.run("select private.revoke_credits(%s, 1, 'Spent')", chosen[-1])

    assert [ending, typed, generic_ending, generic] == chosen
    with sandbox.refused("no_usable_credit"):
        sandbox.run("select private.choose_credit_lot(%s, array[%s]::uuid[], 45, false)", CLIENT, kind)


def test_lapsed_credits_are_written_off_once(sandbox: Sandbox) -> None:
    """They were not usable before that either."""
    lot = grant(sandbox, 4, expires_at=PAST)
    assert 3 == wallet(sandbox)

    sandbox.act_as("service")
    assert [1, 0] == [sandbox.one("select lots_expired from public.reconcile_bookings()") for _ in range(2)]
    assert [("purchase", 4), ("expiry", -4)] == lines(sandbox, lot)


# Money that went back


def test_a_refund_takes_back_credits_as_far_as_they_are_unspent(sandbox: Sandbox) -> None:
    """What was spent is owed: the next ones that come back are not given back."""
    lot = grant(sandbox, 5)
    sandbox.run(
        f"{LINE} (%s, %s, -2, 'adjustment', 'x')",
        lot,
        CLIENT,
    )

    assert 3 == sandbox.one("select private.revoke_credits(%s, 5, 'Refunded')", lot)
    assert (0, 2) == tuple(
        sandbox.run(
            "select credits_remaining, credits_owed from public.user_session_credits where id = %s", lot
        )[0].values()
    )


# Adjusting


def test_an_admin_adjusts_credits_with_a_reason(sandbox: Sandbox) -> None:
    """A lot, up or down, or a new one for somebody; the ledger says who and why."""
    sandbox.act_as("admin")
    assert 5 == adjust(sandbox, lot_id=ROW, change=2, reason="A gift")["credits_remaining"]
    assert 4 == adjust(sandbox, lot_id=ROW, change=-1, reason="Too many")["credits_remaining"]
    lot = adjust(sandbox, user_id=OTHER_CLIENT, change=1, reason="Sorry")
    assert (OTHER_CLIENT, 1) == (str(lot["user_id"]), lot["credits_remaining"])
    (line,) = sandbox.run("select * from public.credit_ledger where lot_id = %s", lot["id"])
    assert ("adjustment", "Sorry", "admin") == (
        line["kind"],
        line["reason"],
        "admin" if line["actor"] else None,
    )

    with sandbox.refused("reason_missing"):
        adjust(sandbox, lot_id=ROW, change=1, reason=" ")
    with sandbox.refused("lot_missing"):
        adjust(sandbox, user_id=CLIENT, change=-1, reason="x")
    with sandbox.refused("credits_not_found"):
        adjust(sandbox, lot_id=ROW, user_id=OTHER_CLIENT, change=1, reason="x")
    with sandbox.refused("no_usable_credit"):
        adjust(sandbox, lot_id=ROW, change=-9, reason="x")


@pytest.mark.parametrize("who", ["client", "practitioner", "stranger"])
def test_nobody_else_adjusts_credits(sandbox: Sandbox, who: str) -> None:
    """Least of all their own."""
    sandbox.act_as(who)
    with sandbox.refused("admins_only"):
        adjust(sandbox, lot_id=ROW, change=1, reason="For me")


# Reading


def test_credits_are_summed_and_listed_in_one_answer(sandbox: Sandbox) -> None:
    """Usable ones only, and the caller's own."""
    package = sandbox.one("select id from public.session_packages where is_active limit 1")
    grant(sandbox, 5, package_id=package, expires_at="2031-01-01T00:00Z")
    grant(sandbox, 7, expires_at=PAST)
    grant(sandbox, 9, who="other")

    sandbox.act_as("client")
    (summary,) = sandbox.run("select * from public.check_session_credits()")

    assert (8, 5, 3, True) == tuple(
        summary[name] for name in ("total_credits", "package_credits", "single_credits", "has_credits")
    )
    assert [5, 3] == [lot["credits_remaining"] for lot in summary["credits"]]
    sandbox.act_as("stranger")
    (nothing,) = sandbox.run("select * from public.check_session_credits()")
    assert (0, [], False) == (nothing["total_credits"], nothing["credits"], nothing["has_credits"])


def test_the_history_explains_every_credit_to_its_owner(sandbox: Sandbox) -> None:
    """What, when, until when; and to nobody else but admins."""
    lot = grant(sandbox, 2, session_type_id=type_id(sandbox), expires_at="2031-01-01T00:00Z")

    for who, seen in (("client", 1), ("admin", 1), ("other", 0), ("practitioner", 0)):
        sandbox.act_as(who)
        found = sandbox.run("select * from public.credit_history where lot_id = %s", lot)
        assert seen == len(found), who
        assert all(
            (row["kind"], row["change"], row["session_type_name"]) == ("purchase", 2, "45min Standard")
            and row["expires_at"]
            for row in found
        )


def test_the_package_of_a_purchase_stays_readable(sandbox: Sandbox) -> None:
    """The wallet shows its name, although it is not sold any more."""
    old = sandbox.one("select id from public.session_packages where name = '5 Session Package'")
    grant(sandbox, 5, package_id=old)
    query = "select name from public.session_packages where id = %s"

    sandbox.act_as("client")
    assert sandbox.run(query, old)
    sandbox.act_as("other")
    assert not sandbox.run(query, old)
