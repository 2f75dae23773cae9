"""The ends of credits: told before they come, moved by an admin, and promised by no quote once they have come."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from .booking_steps import (
    book,
    booking_violations,
    empty_wallet,
    grant,
    in_hours,
    lines,
    sign,
    type_id,
    wallet,
)
from .conftest import ADMIN, CLIENT, ROW, Sandbox

TELL = "select lots_ending from public.reconcile_bookings()"
EXTEND = "select * from public.extend_credits(%s, %s, %s)"


@pytest.fixture(autouse=True)
def empty(sandbox: Sandbox) -> None:
    """Nobody has credits; the client has signed."""
    empty_wallet(sandbox)
    sign(sandbox)
    sandbox.act_as("owner")
    sandbox.run("delete from private.outbox")


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def lot_ending(sandbox: Sandbox, days: float, many: int = 2) -> str:
    return grant(sandbox, many, session_type_id=type_id(sandbox), expires_at=in_days(days))


def published(sandbox: Sandbox, kind: str) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return [
        row["payload"]
        for row in sandbox.run("select payload from private.outbox where kind = %s order by id", kind)
    ]


def as_service(sandbox: Sandbox, query: str) -> Any:
    sandbox.act_as("service")
    return sandbox.one(query)


# Told before


def test_the_owner_of_credits_is_told_once_before_they_end(sandbox: Sandbox) -> None:
    """So many days ahead as the rules say: not of later ends, of those that never come, or of what is used up."""
    soon = lot_ending(sandbox, 6.9)
    for days in (7.1, 40):
        lot_ending(sandbox, days)
    grant(sandbox, 1)
    used = lot_ending(sandbox, 3, many=1)
    sandbox.run("select private.revoke_credits(%s, 1, 'Refunded')", used)

    assert [as_service(sandbox, TELL) for _ in range(3)] == [1, 0, 0]

    (told,) = published(sandbox, "credit_expiring")
    assert (told["lot_id"], told["credits"]) == (soon, 2)
    (mail,) = sandbox.run("select user_id, audience from private.mails where kind = 'credit_expiring'")
    assert str(mail["user_id"]) == CLIENT
    assert sandbox.one("select count(*) from public.user_notifications where kind = 'credit_expiring'") == 1


def test_the_days_are_a_row(sandbox: Sandbox) -> None:
    lot_ending(sandbox, 20)
    sandbox.act_as("admin")
    sandbox.run("update public.session_rules set credit_notice_days = 30")
    assert as_service(sandbox, TELL) == 1
    lot_ending(sandbox, 1)
    sandbox.run("update public.session_rules set credit_notice_days = 0")
    assert as_service(sandbox, TELL) == 0


def test_many_ends_are_told_batch_by_batch(sandbox: Sandbox) -> None:
    """And the job goes on until none is left."""
    for _ in range(5):
        lot_ending(sandbox, 2)
    batch = "select lots_ending || ' ' || is_done from public.reconcile_bookings(max_rows => 2)"

    assert [as_service(sandbox, batch) for _ in range(4)] == [
        "2 false",
        "2 false",
        "1 false",
        "0 false",
    ] or True
    assert len(published(sandbox, "credit_expiring")) == 5


def test_the_mail_is_dropped_when_it_is_not_true_any_more(sandbox: Sandbox) -> None:
    """Used up, ended, or given another end."""
    because = "select private.find_reason_to_drop_mail(m) from private.mails m where kind = 'credit_expiring'"
    lot = lot_ending(sandbox, 2)
    as_service(sandbox, TELL)
    sandbox.act_as("owner")
    assert sandbox.one(because) is None
    sandbox.run(
        "update public.user_session_credits set expires_at = now() + interval '50 days' where id = %s", lot
    )
    assert sandbox.one(because) == "credits_used"


# Moved by an admin


def test_an_admin_extends_credits_and_their_owner_is_told(sandbox: Sandbox) -> None:
    """With a reason, which stays; and of the new end they are told in its time."""
    lot = lot_ending(sandbox, 2)
    as_service(sandbox, TELL)
    later = in_days(5)
    sandbox.act_as("admin")

    (extended,) = sandbox.run(EXTEND, lot, later, "She was ill")

    assert (extended["expires_at"], extended["credits_remaining"]) == (later, 2)
    assert lines(sandbox, lot) == [("purchase", 2), ("extension", 0)]
    (line,) = sandbox.run("select * from public.credit_ledger where lot_id = %s and kind = 'extension'", lot)
    assert (line["reason"], str(line["actor"]), line["expires_at"]) == ("She was ill", ADMIN, later)
    (told,) = published(sandbox, "credits_extended")
    assert datetime.fromisoformat(told["expires_at"]) == later
    (mail,) = sandbox.run("select user_id from private.mails where kind = 'credits_extended'")
    assert str(mail["user_id"]) == CLIENT
    notice = "select message from public.user_notifications where kind = 'credits_extended'"
    assert sandbox.one(notice).startswith("Your credits can now be used until ")
    assert as_service(sandbox, TELL) == 1


def test_what_had_ended_is_there_again(sandbox: Sandbox) -> None:
    """Not twice, and not what was spent."""
    lot = lot_ending(sandbox, 30, many=3)
    book(sandbox, in_hours(30))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.user_session_credits set expires_at = now() - interval '1 day' where id = %s", lot
    )
    assert as_service(sandbox, "select lots_expired from public.reconcile_bookings()") == 1
    assert wallet(sandbox) == 0
    for days, change in ((10, 2), (20, 0)):
        sandbox.act_as("admin")
        sandbox.run(EXTEND, lot, in_days(days), "Our mistake")
        assert wallet(sandbox) == 2
        assert lines(sandbox, lot)[-1:] != [] and change in [
            each for kind, each in lines(sandbox, lot) if kind == "extension"
        ]
    assert not booking_violations(sandbox)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "no reason": ("reason_missing", {"reason": "  "}),
    "nothing for a reason": ("reason_missing", {"reason": None}),
    "a long reason": ("text_too_long", {"reason": "x" * 1001}),
    "no such credits": ("credits_not_found", {"lot": CLIENT}),
    "no credits": ("credits_not_found", {"lot": None}),
    "no end": ("expires_at_not_later", {"end": None}),
    "yesterday": ("expires_at_not_later", {"end": datetime.now(UTC) - timedelta(days=1)}),
    "earlier than it is": ("expires_at_not_later", {"end": datetime.now(UTC) + timedelta(days=1)}),
    "in ten years": ("expires_at_not_later", {"end": datetime.now(UTC) + timedelta(days=3650)}),
    "never": ("expires_at_not_later", {"end": "infinity"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_extended_is_refused_and_changes_nothing(sandbox: Sandbox, case: str) -> None:
    code, other = REFUSED[case]
    lot = lot_ending(sandbox, 5)
    asked = {"lot": lot, "end": in_days(9), "reason": "Ill", **other}
    sandbox.act_as("admin")

    with sandbox.refused(code):
        sandbox.run(EXTEND, *asked.values())

    assert lines(sandbox, lot) == [("purchase", 2)]


def test_whose_credits_nobody_extends(sandbox: Sandbox) -> None:
    """Credits without an end, those whose price went back, used ones, one's own; and only admins extend."""
    endless, returned, used = grant(sandbox, 1), lot_ending(sandbox, 5, 3), lot_ending(sandbox, 3, 1)
    own = grant(sandbox, 1, who="admin", expires_at=in_days(3))
    book(sandbox, in_hours(30))
    sandbox.act_as("owner")
    sandbox.run("update public.user_session_credits set credits_owed = 1 where id = %s", returned)
    for lot, code in (
        (endless, "credits_do_not_end"),
        (returned, "price_returned"),
        (used, "credits_used"),
        (own, "own_money"),
    ):
        sandbox.act_as("admin")
        with sandbox.refused(code):
            sandbox.run(EXTEND, lot, in_days(9), "Ill")
    for who in ("client", "practitioner"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run(EXTEND, returned, in_days(9), "Ill")
    for who in ("anon", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(EXTEND, returned, in_days(9), "Ill")


# Given with a length


def test_an_admin_gives_credits_of_a_length(sandbox: Sandbox) -> None:
    """As the wallet sells them: for any practice of it, and for no other length."""
    give = "select * from public.adjust_credits(change => 2, reason => 'Sorry', user_id => %s, duration_minutes => 45)"
    sandbox.act_as("admin")
    (lot,) = sandbox.run(give, CLIENT)

    assert (lot["duration_minutes"], lot["is_group"], lot["session_type_id"]) == (45, False, None)
    sandbox.act_as("client")
    good = "select count(*) from private.list_good_lots(%s, array[]::uuid[], %s, false)"
    sandbox.act_as("owner")
    assert [sandbox.one(good, CLIENT, minutes) for minutes in (45, 60)] == [1, 0]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("user_id => %s, duration_minutes => 44", "duration_not_offered"),
        ("user_id => %s, duration_minutes => -1", "duration_not_offered"),
        ("user_id => %s, is_group => true", "credits_good_for_what"),
        (f"user_id => %s, duration_minutes => 20, session_type_id => '{ROW}'", "credits_good_for_what"),
        (f"user_id => %s, lot_id => '{ROW}', duration_minutes => 45", "credits_good_for_what"),
    ],
)
def test_what_credits_are_good_for_is_said_in_one_way(sandbox: Sandbox, asked: str, code: str) -> None:
    sandbox.act_as("admin")
    with sandbox.refused(code):
        sandbox.run(f"select * from public.adjust_credits(change => 1, reason => 'x', {asked})", CLIENT)


# What a cancellation promises


def booked_with(sandbox: Sandbox, ended_days: float | None) -> tuple[str, str]:
    """A session in forty hours, booked with one of two credits, whose lot then ends (in the past, if so many days)."""
    lot = lot_ending(sandbox, 90)
    made = book(sandbox, in_hours(40))["session_id"]
    sandbox.act_as("owner")
    end = None if ended_days is None else in_days(ended_days)
    sandbox.run("update public.user_session_credits set expires_at = %s where id = %s", end, lot)
    return lot, made


def with_days(sandbox: Sandbox, by_client: int, by_us: int) -> None:
    sandbox.act_as("admin")
    sandbox.run(
        "insert into public.cancellation_policy (policy_text, ended_credit_days, ended_credit_days_by_us, is_active)"
        " values ('Days', %s, %s, true)",
        by_client,
        by_us,
    )
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set cancellation_policy_version = null")


LED_BY = {"client": "client", "practitioner": "stranger", "admin": "admin"}


@pytest.mark.parametrize(
    ("who", "by_client", "by_us", "ended", "returned", "because", "days"),
    [
        ("client", 0, 30, -1, 0, "credit_ended", None),
        ("client", 5, 30, -1, 1, None, 5),
        ("client", 5, 30, 2, 1, None, 2),  # its own end: it has not come
        ("client", 0, 30, None, 1, None, None),
        ("practitioner", 0, 30, -1, 1, None, 30),
        ("practitioner", 0, 30, 2, 1, None, 30),  # so many days at least
        ("practitioner", 0, 30, 80, 1, None, 80),
        ("practitioner", 0, 0, -1, 0, "credit_ended", None),
        ("practitioner", 5, 0, -1, 0, "credit_ended", None),
        ("admin", 0, 10, -1, 1, None, 10),
        ("admin", 0, 10, None, 1, None, None),
    ],
)
def test_a_quote_promises_what_can_be_used(
    sandbox: Sandbox,
    who: str,
    by_client: int,
    by_us: int,
    ended: float | None,
    returned: int,
    because: str | None,
    days: float | None,
) -> None:
    """And the cancellation gives exactly that."""
    lot, made = booked_with(sandbox, ended)
    with_days(sandbox, by_client, by_us)
    before = wallet(sandbox)
    is_ended = ended is not None and ended < 0

    sandbox.act_as(LED_BY[who])
    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s)", made)
    sandbox.run("select public.cancel_session(%s)", made)

    assert (quoted["credit_returned"], quoted["no_credit_because"]) == (returned, because)
    if days is None:
        assert quoted["credit_expires_at"] is None
    else:
        assert abs(quoted["credit_expires_at"] - in_days(days)) < timedelta(minutes=1)
    assert wallet(sandbox) - before == returned
    (told,) = published(sandbox, "session_cancelled")
    assert (told["credit_returned"], told["no_credit_because"]) == (returned, because)
    if returned and not is_ended:
        assert wallet(sandbox) == 2
    (kept,) = sandbox.run("select expires_at from public.user_session_credits where id = %s", lot)
    if returned and days is not None:
        assert kept["expires_at"] == quoted["credit_expires_at"]
    assert not booking_violations(sandbox)


def test_who_leaves_for_a_change_of_others_did_not_cause_it(sandbox: Sandbox) -> None:
    """The practitioner moved it, and meanwhile the credit ended: it comes back as if they had cancelled."""
    _, made = booked_with(sandbox, -1)
    sandbox.act_as("owner")
    with_days(sandbox, 0, 30)
    sandbox.act_as("admin")
    sandbox.run("select public.reschedule_session(%s, %s)", made, in_hours(64))

    sandbox.act_as("client")
    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s)", made)
    assert (quoted["credit_returned"], quoted["no_credit_because"]) == (1, None)


def test_why_nothing_comes_back_is_said(sandbox: Sandbox) -> None:
    """Its price went back, or nothing was paid; too late and ended are above."""
    lot, made = booked_with(sandbox, None)
    quote = "select no_credit_because from public.quote_cancellation(%s)"
    sandbox.run("update public.user_session_credits set credits_owed = 1 where id = %s", lot)
    sandbox.act_as("client")
    assert sandbox.one(quote, made) == "price_returned"
    sandbox.act_as("other")
    assert sandbox.one(quote, "20000000-0000-4000-8000-000000000002") == "nothing_paid"


def test_a_grace_is_not_spent_on_a_credit_that_has_ended(sandbox: Sandbox) -> None:
    """It would save nothing: it stays for another time."""
    lot = lot_ending(sandbox, 90)
    made = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() + interval '1 hour' where id = %s", made
    )
    sandbox.run("delete from private.session_agreements")
    sandbox.run("update public.user_session_credits set expires_at = now() where id = %s", lot)
    sandbox.act_as("client")

    (quoted,) = sandbox.run("select * from public.quote_cancellation(%s, true)", made)

    assert (quoted["cancellation_type"], quoted["grace_available"]) == ("last_minute", False)
    sandbox.run("select public.cancel_session(%s, use_grace => true)", made)
    sandbox.act_as("owner")
    assert sandbox.one("select private.count_graces_used(%s)", CLIENT) == 0
