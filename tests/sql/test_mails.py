"""Mails as rows: who is addressed, who may claim, and what a lease and an operator may still change."""

from typing import Any

import pytest

from .booking_steps import book, in_hours, join, make_class, sign
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, ROW, STRANGER, Sandbox


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """The client may book; mails about the seeded rows are dropped."""
    sign(sandbox)
    sandbox.run("update private.mails set status = 'dropped'")


def mails(sandbox: Sandbox) -> list[tuple[str, str, str]]:
    """Kind, person and status of the mails that are not dropped."""
    sandbox.act_as("owner")
    rows = sandbox.run(
        "select kind, user_id, status from private.mails where status <> 'dropped' order by position"
    )
    return [(row["kind"], str(row["user_id"]), row["status"]) for row in rows]


def claim(sandbox: Sandbox) -> dict[str, Any]:
    sandbox.act_as("service")
    (row,) = sandbox.run("select * from public.claim_mail()")
    return row


def start(sandbox: Sandbox, mail: dict[str, Any]) -> None:
    sandbox.run(
        "select public.start_mail(%s, %s, %s, 'x', 0)",
        mail["mail_id"],
        mail["lease_id"],
        mail["recipient_email"],
    )


def finish(sandbox: Sandbox, mail: dict[str, Any], outcome: str) -> str:
    return str(
        sandbox.one(
            "select status from public.finish_mail(%s, %s, %s)", mail["mail_id"], mail["lease_id"], outcome
        )
    )


def pass_time(sandbox: Sandbox) -> None:
    """Leases end, and what is tried again is due."""
    sandbox.act_as("owner")
    sandbox.run("update private.mails set lease_until = now() - interval '1 second', next_attempt_at = now()")


def test_a_mail_is_queued_in_the_transaction_of_its_event(sandbox: Sandbox) -> None:
    """Rolled back with it."""
    with sandbox.undone():
        book(sandbox, in_hours(30))
        assert [("session_booked", CLIENT, "queued"), ("session_booked", STRANGER, "queued")] == mails(
            sandbox
        )
    assert [] == mails(sandbox)


def test_the_row_of_a_class_mails_its_practitioner_and_seats_only(sandbox: Sandbox) -> None:
    """Not the admin who made it, when it moves."""
    class_id = make_class(sandbox, in_hours(40))
    join(sandbox, class_id)
    sandbox.act_as("admin")
    sandbox.run("update public.session_schedules set scheduled_at = %s where id = %s", in_hours(60), class_id)

    mailed = {(kind, who) for kind, who, _ in mails(sandbox)}
    assert {
        ("class_scheduled", STRANGER),
        ("session_booked", CLIENT),
        ("session_rescheduled", CLIENT),
        ("session_rescheduled", STRANGER),
    } == mailed
    assert ADMIN not in {who for _, who in mailed}


def test_a_mail_is_claimed_by_one_worker_and_started_once(sandbox: Sandbox) -> None:
    """A second sender finds the next mail; a lease that ended starts nothing."""
    book(sandbox, in_hours(30))
    first, second, third = claim(sandbox), claim(sandbox), claim(sandbox)
    assert (first["kind"], second["kind"], third["task"]) == ("session_booked", "session_booked", None)
    assert first["mail_id"] != second["mail_id"]

    start(sandbox, first)
    with sandbox.refused("lease_lost"):
        start(sandbox, first)
    pass_time(sandbox)
    sandbox.act_as("service")
    with sandbox.refused("lease_lost"):
        start(sandbox, second)
    assert claim(sandbox)["mail_id"] == second["mail_id"]


def test_mails_about_a_session_reach_a_person_in_order(sandbox: Sandbox) -> None:
    """A cancellation waits for the confirmation that is under way."""
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    sandbox.run("update private.mails set status = 'dropped' where audience = 'practitioner'")
    confirmation = claim(sandbox)
    start(sandbox, confirmation)
    sandbox.act_as("client")
    sandbox.run("select public.cancel_session(%s)", session_id)
    sandbox.act_as("owner")
    sandbox.run("update private.mails set status = 'dropped' where audience = 'practitioner'")

    assert claim(sandbox)["task"] is None
    assert finish(sandbox, confirmation, "sent") == "sent"
    assert claim(sandbox)["kind"] == "session_cancelled"


def test_a_mail_whose_worker_died_is_unknown_and_resent_only_by_people(sandbox: Sandbox) -> None:
    """It is looked for, and never claimed for sending; a late word of its worker still counts."""
    book(sandbox, in_hours(30))
    mail = claim(sandbox)
    start(sandbox, mail)
    pass_time(sandbox)
    sandbox.act_as("service")
    assert sandbox.one("select lost from public.prepare_mails('http://pages.test')") == 1

    assert {claim(sandbox)["task"] for _ in range(3)} == {"send", "find", None}
    with sandbox.undone():
        looked = sandbox.run("select lease_id from private.mails where id = %s", mail["mail_id"])[0]
        assert finish(sandbox, {**mail, **looked}, "sent") == "sent"
    assert sandbox.one("select status from public.resolve_mail(%s, 'queued')", mail["mail_id"]) == "queued"
    with sandbox.refused("mail_not_stuck"):
        sandbox.run("select public.resolve_mail(%s, 'sent')", mail["mail_id"])


def test_a_mail_fails_after_hours_of_refusals(sandbox: Sandbox) -> None:
    """Each wait is longer than the one before."""
    book(sandbox, in_hours(30))
    sandbox.act_as("owner")
    sandbox.run("update private.mails set status = 'dropped' where audience = 'practitioner'")
    states, waits = [], []
    while not states or states[-1] == "queued":
        mail = claim(sandbox)
        start(sandbox, mail)
        states.append(finish(sandbox, mail, "later"))
        waits.append(
            sandbox.one(
                "select extract(epoch from next_attempt_at - now()) from private.mails where id = %s",
                mail["mail_id"],
            )
        )
        pass_time(sandbox)

    assert ["queued"] * 11 + ["failed"] == states
    assert waits[:11] == sorted(waits[:11])
    assert 3 * 3600 < sum(waits[:11]) < 12 * 3600
    sandbox.act_as("owner")
    assert ["failed"] == [
        row["status"]
        for row in sandbox.run("select status from public.email_logs where email_type = 'session_booked'")
    ]


def test_credits_that_another_mail_mentions_are_not_mailed(sandbox: Sandbox) -> None:
    """Those that were paid for, and those that come back; an admin's gift is."""
    grant = "select private.grant_credits(%s, 1, {})"
    sandbox.run(grant.format("order_id => 'an order'"), OTHER_CLIENT)
    sandbox.run(grant.format(f"kind => 'return', session_id => '{ROW}'"), OTHER_CLIENT)
    sandbox.run(grant.format("kind => 'adjustment', reason => 'A gift'"), OTHER_CLIENT)

    assert [("credits_granted", OTHER_CLIENT, "queued")] == mails(sandbox)
    assert claim(sandbox)["payload"]["kind"] == "adjustment"


def test_people_neither_read_mails_nor_call_their_functions(sandbox: Sandbox) -> None:
    """The queue is the service's."""
    for who in ("client", "admin"):
        sandbox.act_as(who)
        for statement in (
            "select * from private.mails",
            "select * from public.claim_mail()",
            "select public.resolve_mail(gen_random_uuid(), 'sent')",
            "select public.unsubscribe('x', true)",
            "select public.send_welcome_email(gen_random_uuid())",
        ):
            with sandbox.forbidden():
                sandbox.run(statement)


def test_other_changes_of_a_session_leave_its_calendar_event_alone(sandbox: Sandbox) -> None:
    """Notes and reminders are nobody's calendar's business."""
    session_id = book(sandbox, in_hours(30))["session_id"]
    sandbox.act_as("owner")
    query = "update public.session_schedules set {} where id = %s returning calendar_sequence"

    changes = (
        "notes = 'x'",
        "reminder_sent = now()",
        "status = 'in_progress'",
        "duration_minutes = 60",
        "status = 'cancelled'",
    )
    assert [0, 0, 0, 1, 2] == [sandbox.one(query.format(change), session_id) for change in changes]
