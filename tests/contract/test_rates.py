"""What costs others has a rate: every function of deploy.yaml has a rule that it enforces, or a reason to need none."""

from collections.abc import Iterator

import pytest

from deploy.functions import Function, functions
from tests.cast import Stage

from .limited_uses import LIMITED, Use
from .test_rpcs_match_sql import CALL, Functions, sql, uses  # noqa: F401 - sql is a fixture

READS = "reads and writes nothing, a page at a time"
ADMINS = "is for admins, whose change may be about everybody"
ONCE = "happens once for each thing that there is, and those are limited"

UNLIMITED = {
    "get-available-slots": READS,
    "get-liability-waiver-status": READS,
    "get-consent-status": READS,
    "check-session-credits": READS,
    "quote-cancellation": READS,
    "create-agora-room": READS,
    "get-recording-status": READS,
    "get-banking-key": READS,
    "list-users": READS,
    "list-payments": READS,
    "create-liability-waiver": ONCE,  # for each version and session; signing again finds the first one
    "cancel-session": ONCE,
    "show-refused-checkout": "has a few sentences, and no database",
    "sign-waiver": ONCE,
    "status": READS,  # for admins, or by a key that nobody guesses
    "pay-session": READS,  # by a link of 244 random bits
    "show-payout": READS,  # as above
    "revoke-recording-share-link": ONCE,
    "sign-practitioner-contract": ONCE,
    "update-action-status": "changes a column of a row of one's own, and keeps no line of it",
    "link-group-sessions": ADMINS,
    "unlink-group-sessions": ADMINS,
    "refund-payment": ADMINS,
    "verify-practitioner-banking": ADMINS,
    "issue-practitioner-contract": ADMINS,
    "find-substitute": ADMINS,
    "review-fees-and-ratings": ADMINS,
    "answer-change": ONCE,
    "answer-offer": ONCE,
}


@pytest.fixture
def long_windows(stage: Stage) -> Iterator[None]:
    """No window ends while a test looks at it."""
    kept = stage.owner.execute("select rule, per from private.rate_limits").fetchall()
    stage.execute("update private.rate_limits set per = '1 day'")
    yield
    stage.execute("delete from private.rate_uses")
    for row in kept:
        stage.execute("update private.rate_limits set per = %s where rule = %s", row["per"], row["rule"])


def test_every_function_has_a_rate_or_a_reason() -> None:
    """One of the two; the platform's own calls and signed webhooks need neither."""
    asked_by_people = {name for name, each in functions().items() if asked_by(each) & {"user", "public"}}

    assert asked_by_people == LIMITED.keys() | UNLIMITED.keys()
    assert not LIMITED.keys() & UNLIMITED.keys()


def asked_by(function: Function) -> set[str]:
    return set(function.contract().callers)


@pytest.mark.which(that=lambda function: function.name in LIMITED)
@pytest.mark.usefixtures("long_windows")
def test_a_rate_is_enforced(function: Function, stage: Stage) -> None:
    """The last use within the limit succeeds and stays counted; the next one is told when to ask again."""
    for use in LIMITED[function.name](stage):
        times = use_up_to_the_last(stage, use)

        last, beyond = use.act(0), use.act(1)

        assert (last.status_code, used(stage, use)) == (use.answers, times), (use.rule, last.text)
        leads_on = function.contract().refusals_have_url  # to a page that says so, with status 200
        status = 200 if leads_on else 429
        assert (status, times) == (beyond.status_code, used(stage, use)), (use.rule, beyond.text)
        assert 0 < int(beyond.headers["retry-after"]) <= 24 * 60 * 60
        assert "retry-after" in beyond.headers["access-control-expose-headers"]
        if "html" not in beyond.headers["content-type"]:
            body = beyond.json()
            more = {"success", "url"} if leads_on else set()
            assert {"error", "code", "message", "details", "hint"} | more == body.keys()
            assert "too_many_requests" == body["code"] and "Please try again in" in body["error"]


def use_up_to_the_last(stage: Stage, use: Use) -> int:
    return int(
        stage.value(
            """insert into private.rate_uses (rule, subject, ends_at, used)
               select rule, %s, date_bin(per, now(), 'epoch') + per, times - 1
                 from private.rate_limits where rule = %s
               on conflict on constraint rate_uses_pkey do update set used = excluded.used
               returning used + 1""",
            str(use.subject),
            use.rule,
        )
    )


def used(stage: Stage, use: Use) -> int:
    return int(
        stage.value(
            "select used from private.rate_uses where rule = %s and subject = %s", use.rule, str(use.subject)
        )
    )


@pytest.mark.which(that=lambda function: UNLIMITED.get(function.name) == READS)
def test_what_is_not_limited_because_it_reads_writes_nothing(function: Function, sql: Functions) -> None:  # noqa: F811
    """PostgreSQL itself refuses a write within what is not volatile."""
    of_the_scheduler = "public.record_run"  # what serving writes of a run
    for use in uses(function):
        assert use.name == of_the_scheduler or "v" != sql[use.name]["volatility"], use.name


# Calls that people can make to the database itself, and that no function makes for them

UNLIMITED_RPCS = {
    "cancel_sessions_before_erasure": "only what erase_my_account, which counts, would cancel: never twice",
    "call_once": "calls another one, which is limited; its answers are kept for a day",
    "cancel_session": ONCE,
    "cancel_managed_session": ONCE,
    "move_managed_session": "moves as its link's person: times moved, and bookings",
    "release_hold": ONCE,
    "end_calendar_feed": ONCE,
    "remove_busy_calendar": ONCE,
    "revoke_recording_share_link": ONCE,
    "lead_anyway": ONCE,
    "create_action_recommendation": "inserts as its caller: rows written",
    "join_group_class": "inserts as its caller: bookings, and rows written",
    "update_action_status": UNLIMITED["update-action-status"],
    **dict.fromkeys(
        (
            "accept_payment",
            "adjust_credits",
            "adjust_earnings",
            "extend_credits",
            "forgive_fee",
            "forgive_fee_by_link",
            "hide_rating_by_link",
            "settle_matter",
            "hide_session_rating",
            "decide_approval",
            "reopen_session",
            "create_webhook_endpoint",
            "give_session_to",
            "issue_practitioner_contract",
            "link_group_sessions",
            "unlink_group_sessions",
            "move_up_waiting_person",
            "move_up_by_link",
            "repeat_class",
            "mark_payout_failed",
            "mark_payout_paid",
            "offer_session_to",
            "give_to_substitute",
            "ask_substitutes",
            "redeliver_webhooks",
            "request_refund",
            "rotate_webhook_secret",
            "verify_practitioner_banking",
        ),
        ADMINS,
    ),
    "reschedule_session": "updates as its caller: times moved",
    "answer_session_change": "once for each proposal, and those are limited; or for each change by somebody else",
    "answer_session_offer": "once for each offer, which an admin made",
    "answer_change": "as answer_session_change",
    "answer_offer": "as answer_session_offer",
}


def test_every_rpc_by_which_people_change_something_counts(sql: Functions) -> None:  # noqa: F811
    """Itself or by what it calls, or it has a reason why not."""
    people = {"anon", "authenticated"}
    changing = {
        name.removeprefix("public.")
        for name, row in sql.items()
        if name.startswith("public.") and row["volatility"] == "v" and row["granted"] & people
    }

    uncounted = {name for name in changing if not counts(f"public.{name}", sql, set())}

    assert uncounted == UNLIMITED_RPCS.keys()


def counts(name: str, sql: Functions, seen: set[str]) -> bool:  # noqa: F811
    seen.add(name)
    called = set(CALL.findall(sql[name]["body"])) & sql.keys()
    return bool(called & {"private.limit_use", "private.limit_attempt"}) or any(
        counts(each, sql, seen) for each in called - seen
    )
