"""The books are looked at, and what is broken is told and logged; nothing is put right by looking."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.doctor import checks
from deploy.functions import functions
from local.stack import Stack
from tests.booking_scene import BookingScene
from tests.cast import Stage

RULE = "credits are not the sum of their ledger"


@contextmanager
def broken_by_hand(stage: Stage, booking: BookingScene) -> Iterator[str]:
    """Somebody has a credit more than their ledger says, as no way through the API could do it."""
    lot = stage.value("select id from public.user_session_credits where user_id = %s", booking.client.id)
    change = "update public.user_session_credits set credits_remaining = credits_remaining + %s where id = %s"
    stage.execute("alter table public.user_session_credits disable trigger user")
    try:
        stage.execute(change, 1, lot)
        yield str(lot)
    finally:
        stage.execute(change, -1, lot)
        stage.execute("alter table public.user_session_credits enable trigger user")


def test_a_broken_rule_is_reported_and_logged(stack: Stack, stage: Stage, booking: BookingScene) -> None:
    """With where it is broken; the doctor says the same."""
    with broken_by_hand(stage, booking) as lot:
        reply = stage.invoke_as_service("check-invariants")
        found = dict(checks([functions()["check-invariants"]], stage.env))
        diagnosis = list(found["invariants"])

    assert (503, "invariants_broken") == (reply.status_code, reply.json()["code"])
    assert {"rule": RULE, "broken": 1, "examples": [lot]} in reply.json()["details"]
    assert f"{RULE}: 1 times, as in {lot}" in diagnosis
    (log,) = [path for path in Path(stack.state).rglob("check-invariants.log") if path.is_file()]
    assert RULE in log.read_text()


def test_correct_books_keep_every_rule(stage: Stage) -> None:
    """After everything that the tests before this one did to them. What waits for a person is told, and breaks none."""
    first = "00000000-0000-4000-8000-000000000000"  # of the five examples that are told
    stage.execute(
        "insert into private.matters (kind, subject, since) values ('late_fee_due', %s, now())"
        " on conflict do nothing",
        first,
    )

    reply = stage.invoke_as_service("check-invariants")
    assert reply.is_success, reply.text
    told = reply.json()

    assert (True, []) == (told["holds"], told["broken"])
    assert first in [example for each in told["waiting"] for example in each["examples"]]
    stage.execute("delete from private.matters where subject = %s", first)
