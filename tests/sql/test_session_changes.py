"""Changes: whatever calendars show is told once, to everybody it concerns, whoever changes it."""

import re
from typing import Any

import pytest

from .booking_steps import book, grant, in_hours, join, make_class, sign
from .conftest import CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, STRANGER, Sandbox

CHANGES = {
    "scheduled_at": "scheduled_at + interval '1 day'",
    "duration_minutes": "duration_minutes + 10",
    "practitioner_id": f"'{ROW}'",
    "session_location": "'in_person'",
    "physical_location": "'Studio Two - 2 Main Street'",
    "class_name": "'Night class'",
}
# What each may write by themselves; by a function, an admin also gives a session away.
BY = {
    "client": {"scheduled_at"},
    "practitioner": {"scheduled_at"},
    "admin": {"scheduled_at", "session_location", "physical_location", "class_name"},
    "service": set(CHANGES),
}
WHO = {"client": CLIENT, "practitioner": STRANGER}
TOLD = ("session_rescheduled", "session_changed", "session_given_away")


@pytest.fixture(autouse=True)
def signed(sandbox: Sandbox) -> None:
    """Two clients; mails about the seeded rows are dropped."""
    sign(sandbox)
    sign(sandbox, "other")
    grant(sandbox, 2, who="other")
    sandbox.run("update private.mails set status = 'dropped'")


def columns_of(sandbox: Sandbox, trigger: str) -> set[str]:
    """The columns that a trigger of session_schedules compares, apart from the status."""
    sandbox.act_as("owner")
    written = sandbox.one(
        "select pg_get_triggerdef(oid) from pg_trigger where tgname = %s", f"session_schedules_{trigger}"
    )
    return set(re.findall(r"old\.(\w+)", written)) - {"status"}


def test_every_change_that_raises_the_calendar_is_published_and_tried_here(sandbox: Sandbox) -> None:
    """A column that calendars show one day is told of from that day on."""
    raises = columns_of(sandbox, "44_raise_calendar_sequence")

    assert raises == columns_of(sandbox, "70_publish_change") == set(CHANGES)
    assert raises - {"class_name"} == columns_of(sandbox, "52_record_change")  # nobody agrees to a name


def change(sandbox: Sandbox, who: str, session_id: str, **columns: str) -> None:
    sandbox.act_as("stranger" if who == "practitioner" else who)
    sets = ", ".join(f"{name} = {value}" for name, value in columns.items())
    sandbox.run(f"update public.session_schedules set {sets} where id = %s", session_id)


def told(sandbox: Sandbox) -> list[tuple[str, str]]:
    """Kind and person of each mail; and that a notification stands beside each."""
    sandbox.act_as("owner")
    mails = sandbox.run(
        "select kind, user_id from private.mails where kind = any (%s) order by position", list(TOLD)
    )
    shown = sandbox.run(
        "select kind, user_id from public.user_notifications where kind = any (%s)", list(TOLD)
    )
    as_pairs = [(row["kind"], str(row["user_id"])) for row in mails]
    assert sorted(as_pairs) == sorted((row["kind"], str(row["user_id"])) for row in shown)
    return as_pairs


CASES = [
    (who, form, column)
    for who, may in BY.items()
    for form in ("one to one", "class")
    for column in sorted(may)
    if form == "one to one" or who in ("admin", "service")
]


@pytest.mark.parametrize(("who", "form", "column"), CASES)
def test_a_change_is_one_event_and_one_mail_for_each_person(
    sandbox: Sandbox, who: str, form: str, column: str
) -> None:
    """Client, seats and practitioner; the practitioner before, too. Nobody is told twice."""
    if form == "class":
        session_id = make_class(sandbox, in_hours(40))
        rows = [session_id, join(sandbox, session_id), join(sandbox, session_id, who="other")]
        clients = {CLIENT, OTHER_CLIENT}
    else:
        session_id = book(sandbox, in_hours(40))["session_id"]
        rows, clients = [session_id], {CLIENT}
    sandbox.act_as("owner")
    before = {row: sequence(sandbox, row) for row in rows}

    change(sandbox, who, session_id, **{column: CHANGES[column]})

    kind = "session_rescheduled" if column == "scheduled_at" else "session_changed"
    leader = PRACTITIONER if column == "practitioner_id" else STRANGER
    expected = {(kind, client) for client in clients} | {(kind, leader)}
    if column == "practitioner_id":
        expected.add(("session_given_away", STRANGER))
    expected.discard((kind, STRANGER) if who == "practitioner" else ("", ""))
    mails = told(sandbox)
    assert len(mails) == len(set(mails))
    assert expected == set(mails)
    events = sandbox.run(
        "select session_id, count(*) from private.outbox where kind = %s group by session_id", kind
    )
    assert {str(row["session_id"]): 1 for row in events} == {str(row): 1 for row in rows}
    assert {row: sequence(sandbox, row) for row in rows} == {row: was + 1 for row, was in before.items()}


def sequence(sandbox: Sandbox, session_id: object) -> int:
    return int(
        sandbox.one("select calendar_sequence from public.session_schedules where id = %s", session_id)
    )


def claim_all(sandbox: Sandbox, user: str) -> list[dict[str, Any]]:
    """The mails that somebody is sent, and what they state; each is sent at once."""
    sandbox.act_as("owner")
    sandbox.run("update private.mails set status = 'dropped' where user_id <> %s and status = 'queued'", user)
    sandbox.act_as("service")
    sent = []
    while True:
        (mail,) = sandbox.run("select *, (session).* from public.claim_mail()")
        if mail["task"] is None:
            return sent
        if mail["mail_id"] is None:
            continue
        sent.append(mail)
        sandbox.run(
            "select public.start_mail(%s, %s, 'x@x.test', 'x', %s)",
            mail["mail_id"],
            mail["lease_id"],
            mail["sequence"],
        )
        sandbox.run("select public.finish_mail(%s, %s, 'sent')", mail["mail_id"], mail["lease_id"])


def test_two_changes_before_the_mail_leaves_are_one_mail_that_states_both(sandbox: Sandbox) -> None:
    """The time and then the hall; and one that was taken back is not spoken of."""
    session_id = book(
        sandbox, in_hours(40), session_location="in_person", physical_location="Studio One - 1 St"
    )["session_id"]
    assert ["session_booked"] == [mail["kind"] for mail in claim_all(sandbox, CLIENT)]

    for _ in range(2):
        change(sandbox, "admin", session_id, scheduled_at="scheduled_at + interval '1 hour'")
    change(sandbox, "admin", session_id, physical_location="'Studio Two - 2 St'", class_name="'X'")
    change(sandbox, "admin", session_id, class_name="null")

    (mail,) = claim_all(sandbox, CLIENT)
    assert "session_rescheduled" == mail["kind"]
    assert {"scheduled_at", "place"} == mail["payload"]["was"].keys()
    assert "Studio One - 1 St" == mail["payload"]["was"]["place"]
    assert mail["payload"]["was"]["scheduled_at"].startswith(f"{in_hours(40):%Y-%m-%dT%H:%M}")
    assert "Studio Two - 2 St" == mail["place"]
    assert [] == claim_all(sandbox, CLIENT)


def test_a_change_before_the_confirmation_leaves_is_told_in_it(sandbox: Sandbox) -> None:
    session_id = book(sandbox, in_hours(40))["session_id"]
    change(
        sandbox, "admin", session_id, session_location="'in_person'", physical_location="'Studio Two - 2 St'"
    )

    (mail,) = claim_all(sandbox, CLIENT)
    assert ("session_booked", {"place": "Online"}) == (mail["kind"], mail["payload"]["was"])


def test_what_is_over_is_not_spoken_of(sandbox: Sandbox) -> None:
    """The hall of a session that was cancelled, or of one that has begun."""
    cancelled, begun = (book(sandbox, in_hours(hours))["session_id"] for hours in (40, 50))
    sandbox.act_as("owner")
    sandbox.run("update public.session_schedules set status = 'cancelled' where id = %s", cancelled)
    sandbox.run(
        "update public.session_schedules set scheduled_at = now() - interval '5 minutes' where id = %s", begun
    )
    for session_id in (cancelled, begun):
        change(sandbox, "admin", session_id, physical_location="'Elsewhere - 3 St'")

    assert [] == told(sandbox)


def test_a_notification_names_what_has_changed(sandbox: Sandbox) -> None:
    session_id = book(sandbox, in_hours(40))["session_id"]
    change(
        sandbox,
        "admin",
        session_id,
        session_location="'in_person'",
        physical_location="'S - 2 St'",
        class_name="'X'",
    )
    sandbox.act_as("owner")
    message = sandbox.one(
        "select message from public.user_notifications where kind = 'session_changed' and user_id = %s",
        CLIENT,
    )
    assert message.endswith(": the place and the name have changed.")
