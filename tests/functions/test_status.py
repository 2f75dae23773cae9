"""Who watches is told what is late or broken, by a status that any monitor understands."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
import pytest

from deploy.functions import functions
from tests.booking_scene import BookingScene
from tests.cast import Stage
from tests.page_scene import BROWSER

from .test_check_invariants import RULE, broken_by_hand

SCHEDULED = [function for function in functions().values() if function.schedule]


def ask(stage: Stage, *, accept: str = "application/json", key: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {key or stage.env['STATUS_KEY']}", "accept": accept}
    return stage.http.get(f"{stage.env['PAGES_URL']}/status", headers=headers)


def problems(stage: Stage) -> set[tuple[str, str]]:
    return {(each["code"], each["subject"]) for each in ask(stage).json()["problems"]}


@pytest.fixture(scope="module")
def watched(stage: Stage) -> Iterator[Stage]:
    """A platform on which the scheduler has just called everything; what other tests left undone is not looked at."""
    stage.execute("update private.queue_limits set late_after = '40 days'")
    stage.admin()  # which stands in the audit log
    for function in SCHEDULED:
        stage.invoke_as_service(function.name).raise_for_status()
    yield stage
    stage.execute("delete from private.scheduled_runs")


@contextmanager
def changed(stage: Stage, there: str, back: str, *values: object) -> Iterator[None]:
    stage.execute(there, *values)
    try:
        yield
    finally:
        stage.execute(back, *values)


def test_a_platform_on_which_everything_gets_done_answers_200(watched: Stage) -> None:
    """With the last run of each scheduled function, and what it took."""
    reply = ask(watched)

    told = reply.json()
    assert (200, []) == (reply.status_code, told["problems"])
    assert {function.name for function in SCHEDULED} == {each["function"] for each in told["functions"]}
    for each in told["functions"]:
        # Partly, where a row that another test left cannot be done.
        assert each["outcome"] in ("done", "partly") and not each["is_late"], each
        assert each["ms"] >= 0 and each["request_id"]
    assert told["invariants"]["holds"] is True
    position, _, sha256 = told["audit_head"].partition(":")
    assert int(position) > 0 and len(sha256) == 64
    newest = watched.value("select max(version) from supabase_migrations.schema_migrations")
    assert newest == told["schema_version"]
    assert "no-store" in reply.headers["cache-control"]


@pytest.mark.parametrize("function", SCHEDULED, ids=lambda function: function.name)
def test_a_function_that_does_not_run_is_late(watched: Stage, function: object) -> None:
    """Whichever it is. A run that fails is none."""
    name = function.name  # type: ignore[attr-defined]
    back = "update private.scheduled_runs set ended_at = ended_at + interval '10 days' where function = %s"
    with changed(watched, back.replace("+", "-"), back, name):
        assert ("function_late", name) in problems(watched)
        watched.execute(
            "insert into private.scheduled_runs (function, ms, outcome, code) values (%s, 1, 'failed', 'x')",
            name,
        )
        (line,) = [each for each in ask(watched).json()["problems"] if each["subject"] == name]
        watched.execute("delete from private.scheduled_runs where code = 'x'")
    assert "the last run failed: x" in line["what"]


def test_a_run_that_fails_is_written_down_with_its_reason(watched: Stage, booking: BookingScene) -> None:
    """Here of check-invariants: the rule that is broken is a problem until a later run finds it whole."""
    with broken_by_hand(watched, booking):
        assert 503 == watched.invoke_as_service("check-invariants").status_code
        reply = ask(watched)
    told = reply.json()
    watched.invoke_as_service("check-invariants").raise_for_status()

    (run,) = [each for each in told["functions"] if each["function"] == "check-invariants"]
    assert ("failed", "invariants_broken") == (run["outcome"], run["code"])
    assert run["good_at"] < run["ended_at"]
    assert 503 == reply.status_code
    assert {("invariant_broken", RULE)} == {(each["code"], each["subject"]) for each in told["problems"]}
    assert 200 == ask(watched).status_code


def test_what_an_operator_asks_for_by_name_is_no_run(watched: Stage) -> None:
    """It says nothing of the scheduler."""
    count = "select count(*) from private.scheduled_runs where function = 'process-recording'"
    before = watched.value(count)

    watched.invoke_as_service("process-recording", {"recording_id": "10000000-0000-4000-8000-000000000001"})

    assert before == watched.value(count)


def test_runs_are_forgotten_after_a_week(watched: Stage) -> None:
    old = """insert into private.scheduled_runs (function, ms, outcome, ended_at)
             values ('reconcile-contracts', 1, 'done', now() - interval '8 days')"""
    watched.execute(old)

    watched.invoke_as_service("reconcile-contracts").raise_for_status()

    oldest = watched.value("select min(ended_at) > now() - interval '7 days' from private.scheduled_runs")
    assert oldest is True


def test_a_queue_that_nobody_works_off_is_late(watched: Stage, booking: BookingScene) -> None:
    """As soon as something has been due for longer than its limit."""
    booking.book()
    queue = "'mails to send'"
    watched.execute(
        "update private.mails set next_attempt_at = now() - interval '2 hours' where status = 'queued'"
    )
    with changed(
        watched,
        f"update private.queue_limits set late_after = '1 hour' where queue = {queue}",
        f"update private.queue_limits set late_after = '40 days' where queue = {queue}",
    ):
        reply = ask(watched)

    assert 503 == reply.status_code
    assert [("queue_late", "mails to send")] == [
        (each["code"], each["subject"]) for each in reply.json()["problems"]
    ]


def test_a_sender_whose_webhooks_do_not_arrive_is_named(watched: Stage, booking: BookingScene) -> None:
    """Something was paid for hours ago, and Stripe has told us nothing since."""
    checkout = """
        insert into public.checkout_sessions
          (user_id, payment_type, description, amount_minor, currency, credits, session_type_id, expires_at,
           stripe_session_id, paid_at)
        select %s, 'package_5', 'x', 1000, 'cad', 5, t.id, now(), gen_random_uuid()::text, now() + %s
          from public.session_types t limit 1"""
    watched.execute("delete from private.stripe_events")
    watched.execute(
        "update public.checkout_sessions set paid_at = now() - interval '10 days' where paid_at is not null"
    )
    watched.execute("alter table public.checkout_sessions disable trigger user")
    watched.execute(checkout, booking.client.id, timedelta(hours=-2))
    watched.execute("alter table public.checkout_sessions enable trigger user")
    silent = problems(watched)
    watched.execute(
        "insert into private.stripe_events (event_id, event_type, payload, applied_at)"
        " values ('evt_x', 'x', '{}', now())"
    )

    assert ("webhooks_silent", "Stripe") in silent
    assert not {each for each in problems(watched) if each[0] == "webhooks_silent"}


def test_it_is_for_admins_and_for_whoever_has_the_key(watched: Stage) -> None:
    """As a bearer, or as a password that a browser asks for. Everybody else is told nothing."""
    admin, client = watched.admin(), watched.client()
    basic = base64.b64encode(f"monitor:{watched.env['STATUS_KEY']}".encode()).decode()
    url = f"{watched.env['PAGES_URL']}/status"

    assert 200 == watched.invoke("status", as_=admin).status_code
    assert 200 == watched.invoke_as_service("status").status_code
    assert 200 == watched.http.get(url, headers={"authorization": f"Basic {basic}"}).status_code
    assert (403, "admins_only") == (
        (reply := watched.invoke("status", as_=client)).status_code,
        reply.json()["code"],
    )
    for credential in ("", "Bearer made-up", "Basic bm9ib2R5Og==", "Basic ?", "Bearer " + "é" * 40):
        refused = watched.http.get(url, headers={"authorization": credential.encode()})
        assert 401 == refused.status_code
        assert refused.headers["www-authenticate"].startswith("Basic")
        assert "function" not in refused.text
    assert 403 == watched.rest("POST", "rpc/ops_status", as_=client, json={}).status_code
    assert watched.rest("POST", "rpc/ops_status", json={}).status_code in (401, 404)


def test_a_browser_is_shown_a_page(watched: Stage) -> None:
    """With every function and queue on it; a problem stands first, and its status is the same."""
    page = ask(watched, accept=BROWSER["accept"])
    with changed(
        watched,
        "update private.scheduled_functions set late_after = '1 minute', watched_since = now() - interval '1 day';"
        " delete from private.scheduled_runs where function = 'run-payouts'",
        "update private.scheduled_functions set late_after = '26 hours', watched_since = now()",
    ):
        late = ask(watched, accept=BROWSER["accept"])

    assert 200 == page.status_code and page.headers["content-type"].startswith("text/html")
    assert all(function.name in page.text for function in SCHEDULED)
    assert "takes to copy" in page.text
    assert 503 == late.status_code
    assert "run-payouts has never run to its end" in late.text
