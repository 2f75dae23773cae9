"""Mails as rows: who is addressed, who may claim, and what a lease and an operator may still change."""

from typing import Any

import pytest

from .booking_scene import book, in_hours, join, make_class, sign
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, ROW, STRANGER, Stage


@pytest.fixture(autouse=True)
def signed(stage: Stage) -> None:
    """The client may book; what the story itself brought about is not mailed."""
    sign(stage)
    stage.run("update private.mails set status = 'dropped'")


def mails(stage: Stage) -> list[tuple[str, str, str]]:
    """Kind, person and status of what is not dropped by the story."""
    stage.act_as("owner")
    rows = stage.run(
        "select kind, user_id, status from private.mails where status <> 'dropped' order by position"
    )
    return [(row["kind"], str(row["user_id"]), row["status"]) for row in rows]


def claim(stage: Stage) -> dict[str, Any]:
    stage.act_as("service")
    (row,) = stage.run("select * from public.claim_mail()")
    return row


def start(stage: Stage, mail: dict[str, Any]) -> None:
    stage.run(
        "select public.start_mail(%s, %s, %s, 'x', 0)",
        mail["mail_id"],
        mail["lease_id"],
        mail["recipient_email"],
    )


def finish(stage: Stage, mail: dict[str, Any], outcome: str) -> str:
    return str(
        stage.one(
            "select status from public.finish_mail(%s, %s, %s)", mail["mail_id"], mail["lease_id"], outcome
        )
    )


def let_pass(stage: Stage) -> None:
    """Leases end, and what is tried again is due."""
    stage.act_as("owner")
    stage.run("update private.mails set lease_until = now() - interval '1 second', next_attempt_at = now()")


def test_a_message_is_addressed_in_the_transaction_of_what_it_tells(stage: Stage) -> None:
    """Rolled back with it."""
    with stage.undone():
        book(stage, in_hours(30))
        assert [("session_booked", CLIENT, "queued"), ("session_booked", STRANGER, "queued")] == mails(stage)
    assert [] == mails(stage)


def test_nobody_is_mailed_for_a_classs_own_row(stage: Stage) -> None:
    """Neither the admin who made it, when it moves; its practitioner is, and each seat."""
    class_id = make_class(stage, in_hours(40))
    join(stage, class_id)
    stage.act_as("admin")
    stage.run("update public.session_schedules set scheduled_at = %s where id = %s", in_hours(60), class_id)

    told = {(kind, who) for kind, who, _ in mails(stage)}
    assert {
        ("session_booked", CLIENT),
        ("session_rescheduled", CLIENT),
        ("session_rescheduled", STRANGER),
    } == told
    assert ADMIN not in {who for _, who in told}


def test_a_mail_is_claimed_by_one_and_started_once(stage: Stage) -> None:
    """A second sender finds the next mail; a lease that ended starts nothing."""
    book(stage, in_hours(30))
    first, second, third = claim(stage), claim(stage), claim(stage)
    assert (first["kind"], second["kind"], third["task"]) == ("session_booked", "session_booked", None)
    assert first["mail_id"] != second["mail_id"]

    start(stage, first)
    with stage.refused("lease_lost"):
        start(stage, first)
    let_pass(stage)
    stage.act_as("service")
    with stage.refused("lease_lost"):
        start(stage, second)
    assert claim(stage)["mail_id"] == second["mail_id"]


def test_mails_about_a_session_go_to_a_person_in_their_order(stage: Stage) -> None:
    """A cancellation waits for the confirmation that is under way."""
    session_id = book(stage, in_hours(30))["session_id"]
    stage.act_as("owner")
    stage.run("update private.mails set status = 'dropped' where audience = 'practitioner'")
    confirmation = claim(stage)
    start(stage, confirmation)
    stage.act_as("client")
    stage.run("select public.cancel_session(%s)", session_id)
    stage.act_as("owner")
    stage.run("update private.mails set status = 'dropped' where audience = 'practitioner'")

    assert claim(stage)["task"] is None
    assert finish(stage, confirmation, "sent") == "sent"
    assert claim(stage)["kind"] == "session_cancelled"


def test_a_sender_that_died_leaves_an_unknown_mail_that_only_people_send_again(stage: Stage) -> None:
    """It is looked for, and never claimed for sending; a late word of its sender still counts."""
    book(stage, in_hours(30))
    mail = claim(stage)
    start(stage, mail)
    let_pass(stage)
    stage.act_as("service")
    assert stage.one("select lost from public.prepare_mails()") == 1

    assert {claim(stage)["task"] for _ in range(3)} == {"send", "find", None}
    with stage.undone():
        looked = stage.run("select lease_id from private.mails where id = %s", mail["mail_id"])[0]
        assert finish(stage, {**mail, **looked}, "sent") == "sent"
    assert stage.one("select status from public.resolve_mail(%s, 'queued')", mail["mail_id"]) == "queued"
    with stage.refused("mail_not_stuck"):
        stage.run("select public.resolve_mail(%s, 'sent')", mail["mail_id"])


def test_patience_ends(stage: Stage) -> None:
    """After hours of being refused a mail has failed; each wait is longer than the one before."""
    book(stage, in_hours(30))
    stage.act_as("owner")
    stage.run("update private.mails set status = 'dropped' where audience = 'practitioner'")
    states, waits = [], []
    while not states or states[-1] == "queued":
        mail = claim(stage)
        start(stage, mail)
        states.append(finish(stage, mail, "later"))
        waits.append(
            stage.one(
                "select extract(epoch from next_attempt_at - now()) from private.mails where id = %s",
                mail["mail_id"],
            )
        )
        let_pass(stage)

    assert ["queued"] * 11 + ["failed"] == states
    assert waits[:11] == sorted(waits[:11])
    assert 3 * 3600 < sum(waits[:11]) < 12 * 3600
    stage.act_as("owner")
    assert ["failed"] == [
        row["status"]
        for row in stage.run("select status from public.email_logs where email_type = 'session_booked'")
    ]


def test_credits_that_another_mail_tells_of_are_not_mailed(stage: Stage) -> None:
    """Those that were paid for, and those that come back; an admin's gift is."""
    grant = "select private.grant_credits(%s, 1, {})"
    stage.run(grant.format("order_id => 'an order'"), OTHER_CLIENT)
    stage.run(grant.format(f"kind => 'return', session_id => '{ROW}'"), OTHER_CLIENT)
    stage.run(grant.format("kind => 'adjustment', reason => 'A gift'"), OTHER_CLIENT)

    assert [("credits_granted", OTHER_CLIENT, "queued")] == mails(stage)
    assert claim(stage)["facts"]["kind"] == "adjustment"


def test_people_see_neither_mails_nor_the_doors_to_them(stage: Stage) -> None:
    """The queue is the service's."""
    for who in ("client", "admin"):
        stage.act_as(who)
        for statement in (
            "select * from private.mails",
            "select * from public.claim_mail()",
            "select public.resolve_mail(gen_random_uuid(), 'sent')",
            "select public.unsubscribe('x', true)",
            "select public.send_welcome_email(gen_random_uuid())",
        ):
            with stage.forbidden():
                stage.run(statement)


def test_a_session_that_is_changed_in_other_ways_is_the_same_event(stage: Stage) -> None:
    """Notes and reminders are nobody's calendar's business."""
    session_id = book(stage, in_hours(30))["session_id"]
    stage.act_as("owner")
    query = "update public.session_schedules set {} where id = %s returning calendar_sequence"

    changes = (
        "notes = 'x'",
        "reminder_sent = now()",
        "status = 'in_progress'",
        "duration_minutes = 60",
        "status = 'cancelled'",
    )
    assert [0, 0, 0, 1, 2] == [stage.one(query.format(change), session_id) for change in changes]
