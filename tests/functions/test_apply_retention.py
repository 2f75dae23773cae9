"""Retention: what is old enough goes where its policy says so; evidence and what is held stay; receipts count."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Person, Stage

LONG_AGO = "now() - interval '8 years'"


@pytest.fixture
def policies(stage: Stage) -> Iterator[None]:
    """Everything goes by itself after seven years, as long as a test lasts."""
    before = stage.owner.execute(
        "select table_name, auto_delete from public.data_retention_policies"
    ).fetchall()
    stage.execute("update public.data_retention_policies set auto_delete = true")
    yield
    for policy in before:
        stage.execute(
            "update public.data_retention_policies set auto_delete = %s where table_name = %s",
            policy["auto_delete"],
            policy["table_name"],
        )


def run(stage: Stage) -> dict[str, Any]:
    return dict(stage.invoke_as_service("apply-retention").raise_for_status().json())


def remember(stage: Stage, person: Person, content: str, at: str = LONG_AGO) -> None:
    stage.execute(
        f"insert into public.meditation_memories (user_id, content, created_at) values (%s, %s, {at})",
        person.id,
        content,
    )


def memories(stage: Stage, person: Person) -> list[str]:
    rows = stage.owner.execute(
        "select content from public.meditation_memories where user_id = %s", [person.id]
    )
    return [row["content"] for row in rows.fetchall()]


def counted(stage: Stage, table: str) -> int:
    found = "select coalesce(sum(rows), 0) from public.retention_receipts where table_name = %s"
    return int(stage.value(found, table))


def test_nothing_is_deleted_unless_a_policy_says_so(stage: Stage) -> None:
    """As the platform has them: seven years, and a person decides."""
    person = stage.client()
    remember(stage, person, "old")

    run(stage)

    assert ["old"] == memories(stage, person)


def test_rows_past_their_retention_are_deleted_and_counted(stage: Stage, policies: None) -> None:
    """A day before its time it stays; a second run finds nothing."""
    person = stage.client()
    before = counted(stage, "meditation_memories")
    remember(stage, person, "old")
    remember(stage, person, "young", "now() - interval '2554 days'")

    reply = run(stage)

    assert ["young"] == memories(stage, person)
    assert reply["is_finished"] and reply["rows"]["meditation_memories"] >= 1
    assert reply["rows"]["meditation_memories"] == counted(stage, "meditation_memories") - before
    assert "meditation_memories" not in run(stage)["rows"]


def test_rows_under_a_legal_hold_stay(stage: Stage, policies: None) -> None:
    """Until the hold is released."""
    person = stage.client()
    remember(stage, person, "evidence")
    stage.execute("insert into public.legal_holds (user_id, reason) values (%s, 'a claim')", person.id)
    run(stage)
    assert ["evidence"] == memories(stage, person)

    stage.execute("update public.legal_holds set released_at = now() where user_id = %s", person.id)
    run(stage)
    assert [] == memories(stage, person)


def test_sessions_payments_and_waivers_stay(stage: Stage, policies: None) -> None:
    """What was written into the session goes; the row and the money do not."""
    client, practitioner = stage.client(), stage.practitioner()
    session = stage.session(
        client=client,
        practitioner=practitioner,
        starts_in_minutes=-8 * 365 * 24 * 60,
        status="completed",
        notes="words",
    )
    stage.execute(
        "insert into public.session_payments (session_id, practitioner_id, client_id, total_amount, practitioner_share,"
        f" platform_share, created_at) values (%s, %s, %s, 1, 1, 0, {LONG_AGO})",
        session["id"],
        practitioner.practitioner_id,
        client.id,
    )

    run(stage)

    assert None is stage.value("select notes from public.session_schedules where id = %s", session["id"])
    assert 1 == stage.value(
        "select count(*) from public.session_payments where session_id = %s", session["id"]
    )


def test_a_policy_for_a_protected_table_changes_nothing(stage: Stage, policies: None) -> None:
    """Nor one for a table that is none: an admin may write any name."""
    waivers = stage.value("select count(*) from public.liability_waivers")
    for table in ("liability_waivers", "nothing; drop table x"):
        stage.execute(
            "insert into public.data_retention_policies (table_name, retention_days, auto_delete) values (%s, 0, true)",
            table,
        )
    try:
        assert run(stage)["is_finished"]
    finally:
        stage.execute("delete from public.data_retention_policies where retention_days = 0")
    assert waivers == stage.value("select count(*) from public.liability_waivers")


def test_old_audit_lines_lose_their_personal_parts_and_the_chain_still_verifies(
    stage: Stage, policies: None
) -> None:
    """With a policy of no time at all, all of them."""
    stage.execute(
        "insert into public.audit_logs (action, table_name, ip_address) values ('VIEW', 'x', '203.0.113.9')"
    )
    days = "update public.data_retention_policies set retention_days = %s where table_name = 'audit_logs'"
    stage.execute(days, 0)
    try:
        run(stage)
    finally:
        stage.execute(days, 2555)

    assert 0 == stage.value("select count(*) from public.audit_logs where ip_address = '203.0.113.9'")
    assert [] == stage.owner.execute("select * from private.check_audit_chain()").fetchall()


def test_a_batch_is_applied_whole_or_not_at_all(stage: Stage, policies: None) -> None:
    """Killed in between, the receipt counts what went, and the next run does the rest."""
    person, before = stage.client(), counted(stage, "meditation_memories")
    for number in range(5):
        remember(stage, person, f"old {number}")

    first = stage.row("select * from public.apply_retention(2)")  # and then it was killed
    assert ("meditation_memories", 2) == (first["table_name"], first["rows"])
    assert 3 == len(memories(stage, person))
    assert 2 == counted(stage, "meditation_memories") - before

    run(stage)
    assert [] == memories(stage, person)
    assert 5 == counted(stage, "meditation_memories") - before


def test_people_may_not_apply_retention(stage: Stage) -> None:
    assert 403 == stage.invoke("apply-retention", as_=stage.client()).status_code


def test_what_only_ever_grows_ends_after_its_time(stage: Stage) -> None:
    """Sent mails, the events they were made from, and what a video room reported; nothing that still waits."""
    person = stage.client()
    for number, status in enumerate(("sent", "failed", "queued")):
        event = stage.value(
            "insert into private.outbox (kind, user_id, created_at)"
            " values ('session_booked', %s, now() - interval '2 years') returning id",
            person.id,
        )
        stage.execute("delete from private.mails where outbox_id = %s", event)
        stage.execute(
            "insert into private.mails"
            " (outbox_id, kind, audience, user_id, payload, status, created_at, next_attempt_at)"
            " values (%s, 'session_booked', 'user', %s, '{}', %s, now() - interval '2 years', null)",
            event,
            person.id,
            status,
        )
        stage.execute(
            "insert into private.channel_events (notice_id, event_type, channel, happened_at, payload, received_at)"
            " values (%s, 103, 'room', now(), '{}', now() - interval '91 days' + %s * interval '10 days')",
            f"{person.id}-{number}",
            number,
        )

    run(stage)

    mails = stage.owner.execute(
        "select status from private.mails where user_id = %s and created_at < now() - interval '1 year'",
        [person.id],
    )
    assert {"failed", "queued"} == {row["status"] for row in mails.fetchall()}
    events = stage.owner.execute(
        "select kind from private.outbox where user_id = %s and created_at < now() - interval '1 year'",
        [person.id],
    )
    assert ["session_booked", "session_booked"] == [row["kind"] for row in events.fetchall()]
    assert 2 == stage.value(
        "select count(*) from private.channel_events where notice_id like %s", f"{person.id}-%"
    )
