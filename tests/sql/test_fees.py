"""Fees: owed once by whichever way, seen before, listed, forgiven."""

import pytest

from .booking_steps import grant, in_hours, join, make_class, start_in, type_id
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, Sandbox
from .fee_steps import (
    absent,
    fee_of,
    fees,
    forgive,
    late,
    say,
    told,
    with_fees,  # noqa: F401 - the fixture is used by its name
)
from .lifecycle_steps import advance, begin, begin_class, deliver_events, event
from .test_cancellations import booked, cancel, quote
from .test_reopening import reopen

# Owed


@pytest.mark.parametrize("way", ["update", "function", "link"])
@pytest.mark.parametrize(("currency", "amount"), [("cad", 3425), ("usd", 2500), ("EUR", 2500)])
def test_a_late_cancellation_owes_what_was_quoted(
    sandbox: Sandbox, way: str, currency: str, amount: int
) -> None:
    """In the transaction that cancels, once, whichever way it goes; an unknown currency is one that we sell in."""
    lot = grant(sandbox, 1, session_type_id=type_id(sandbox))
    sandbox.act_as("owner")
    sandbox.run(
        "update public.user_session_credits set metadata = jsonb_build_object('currency', %s::text) where id = %s",
        currency,
        lot,
    )
    made = booked(sandbox, 8)
    sandbox.act_as("owner")
    token = sandbox.one(
        "select private.make_session_link(s, s.client_id) from public.session_schedules s where id = %s", made
    )
    sandbox.act_as("client")
    quoted = quote(sandbox, made)
    if way == "link":
        sandbox.act_as("anon")
        (shown,) = sandbox.run("select (quote).* from public.read_managed_session(%s)", token)
        assert shown["fee_charged"] == quoted["fee_charged"]
        by_link = "select * from public.cancel_managed_session(%s, null, false, %s, %s)"
        sandbox.run(by_link, token, shown["credit_returned"], shown["fee_charged"])
    else:
        cancel(sandbox, made, way)

    assert (quoted["cancellation_type"], round(100 * quoted["fee_charged"])) == ("late", amount)
    assert fees(sandbox) == [("late_cancellation", amount, currency.lower().replace("eur", "usd"), "owed")]
    assert told(sandbox) == [], "the mail about the cancellation says it"


@pytest.mark.parametrize(
    ("who", "hours", "grace"),
    [
        ("client", 13, False),
        ("client", 8, True),
        ("client", 2, False),
        ("stranger", 8, False),
        ("admin", 8, False),
    ],
)
def test_other_cancellations_owe_nothing(sandbox: Sandbox, who: str, hours: float, grace: bool) -> None:
    """In time, by grace, too late for the credit, or by somebody else."""
    grant(sandbox, 1, session_type_id=type_id(sandbox))
    made = booked(sandbox, hours)
    sandbox.act_as(who)
    cancel(sandbox, made, "function", use_grace=grace)
    assert fees(sandbox) == []


def test_what_was_shown_is_what_it_costs(sandbox: Sandbox) -> None:
    """Whoever read that it was free is not charged because the hour passed: they read it anew, and nothing happened."""
    grant(sandbox, 1, session_type_id=type_id(sandbox))
    made = booked(sandbox, 8)
    sandbox.act_as("owner")
    token = sandbox.one(
        "select private.make_session_link(s, s.client_id) from public.session_schedules s where id = %s", made
    )
    sandbox.act_as("anon")
    with sandbox.refused("terms_have_changed"):
        sandbox.run("select * from public.cancel_managed_session(%s, null, false, 1, 0)", token)
    assert fees(sandbox) == []
    sandbox.act_as("anon")
    sandbox.run("select * from public.cancel_managed_session(%s, null, true, 1, 25)", token)
    assert fees(sandbox) == [], "by grace it costs less than was shown"


def test_a_seat_that_is_left_late_owes_for_itself_alone(sandbox: Sandbox) -> None:
    """Each member for their own; a class that is cancelled makes nobody owe."""
    group = make_class(sandbox, in_hours(30))
    seats = []
    for who in ("client", "other"):
        grant(sandbox, 1, who=who, duration_minutes=60, is_group=True)
        seats.append(join(sandbox, group, who=who))
    start_in(sandbox, group, 8)
    sandbox.run("delete from private.session_agreements")  # nobody moved it: time has passed
    sandbox.act_as("client")
    cancel(sandbox, seats[0], "update")
    sandbox.act_as("admin")
    cancel(sandbox, group, "function")
    assert [each[0] for each in fees(sandbox)] == ["late_cancellation"]
    assert fees(sandbox, OTHER_CLIENT) == []


# Not coming


def test_whoever_does_not_come_owes_once_and_nothing_if_it_was_a_mistake(sandbox: Sandbox) -> None:
    """Said by hand, taken back, said again, reopened: one row, and a mail for each turn."""
    its = absent(sandbox)
    assert fees(sandbox) == [("no_show", 1500, "usd", "owed")]
    say(sandbox, its, attended=True)
    assert fees(sandbox) == [("no_show", 1500, "usd", "forgiven")]
    say(sandbox, its, attended=False, by="practitioner")
    assert fees(sandbox) == [("no_show", 1500, "usd", "owed")]
    reopen(sandbox, its)
    assert fees(sandbox) == [("no_show", 1500, "usd", "forgiven")]
    assert told(sandbox) == ["fee_owed", "fee_forgiven"] * 2


def test_members_of_a_class_owe_each_by_what_the_channel_saw(sandbox: Sandbox) -> None:
    """Nobody says it by hand: who was seen owes nothing, and who leads the class never does."""
    group, *_ = begin_class(sandbox, since=80)
    deliver_events(sandbox, group, event("joined", "practitioner", 79), event("joined", "client", 79))
    advance(sandbox)
    assert fees(sandbox) == []
    assert fees(sandbox, OTHER_CLIENT) == [("no_show", 1500, "usd", "owed")]


def test_not_coming_owes_nothing_where_nobody_paid_or_the_rules_let_it_be(sandbox: Sandbox) -> None:
    """A session without a credit; one that the rules cancel instead; a policy without such a fee."""
    free = begin(sandbox, since=30)
    say(sandbox, free, attended=False)
    advance(sandbox)
    sandbox.act_as("owner")
    sandbox.run("update public.session_rules set client_no_show_forfeits = false")
    kept = begin(sandbox, since=130, with_credit=True)
    say(sandbox, kept, attended=False)
    advance(sandbox)
    sandbox.act_as("owner")
    sandbox.run("update public.session_rules set client_no_show_forfeits = true")
    sandbox.run("insert into public.cancellation_policy (policy_text) values ('Without')")
    cheap = begin(sandbox, since=230, with_credit=True)
    say(sandbox, cheap, attended=False)
    advance(sandbox)
    assert fees(sandbox) == []


def test_the_page_says_before_what_not_coming_costs(sandbox: Sandbox) -> None:
    """To the client alone."""
    grant(sandbox, 1, session_type_id=type_id(sandbox))
    made = booked(sandbox, 20)
    sandbox.act_as("owner")
    token = sandbox.one(
        "select private.make_session_link(s, s.client_id) from public.session_schedules s where id = %s", made
    )
    sandbox.act_as("anon")
    assert sandbox.one("select no_show_fee from public.read_managed_session(%s)", token) == 15


# Read, listed, forgiven


def test_people_read_their_own_and_admins_list_all(sandbox: Sandbox) -> None:
    """Nobody else; a practitioner neither."""
    late(sandbox)
    seen = {}
    for who in ("client", "other", "practitioner", "admin"):
        sandbox.act_as(who)
        seen[who] = len(sandbox.run("select * from public.owed_fees"))
    assert seen == {"client": 1, "other": 0, "practitioner": 0, "admin": 1}
    sandbox.act_as("practitioner")
    with sandbox.refused("admins_only"):
        sandbox.run("select * from public.list_owed_fees()")
    sandbox.act_as("admin")
    (listed,) = sandbox.run("select * from public.list_owed_fees(at_most => 1000000)")
    assert (str(listed["user_id"]), listed["amount_minor"], listed["status"]) == (CLIENT, 2500, "owed")
    assert sandbox.run("select * from public.list_owed_fees('forgiven')") == []


def test_an_admin_forgives_with_a_reason(sandbox: Sandbox) -> None:
    """Kept and audited; told; not twice, not without a reason, not one's own, and by nobody else."""
    fee = fee_of(sandbox, late(sandbox))
    for who, reason, code in (
        ("client", "Please", "admins_only"),
        ("practitioner", "Please", "admins_only"),
        ("admin", " ", "reason_missing"),
        ("admin", "x" * 1001, "text_too_long"),
    ):
        with sandbox.refused(code):
            forgive(sandbox, fee, reason, who)
    with sandbox.refused("fee_not_found"):
        forgive(sandbox, CLIENT)
    sandbox.act_as("owner")
    sandbox.run("update public.owed_fees set user_id = %s", ADMIN)
    with sandbox.refused("own_money"):
        forgive(sandbox, fee)
    sandbox.act_as("owner")
    sandbox.run("update public.owed_fees set user_id = %s", CLIENT)

    forgive(sandbox, fee)
    with sandbox.refused("fee_not_owed"):
        forgive(sandbox, fee)
    assert [each[3] for each in fees(sandbox)] == ["forgiven"]
    assert told(sandbox) == ["fee_forgiven"]
    audit = "select user_id, metadata::text as line from public.audit_logs where (table_name, action) = (%s, 'UPDATE')"
    lines = [row["line"] for row in sandbox.run(audit, "owed_fees") if str(row["user_id"]) == ADMIN]
    assert len(lines) == 1 and "forgiven_by" in lines[0]


def test_what_an_admin_forgave_stays_forgiven(sandbox: Sandbox) -> None:
    """Whatever is said of who came afterwards."""
    its = absent(sandbox)
    forgive(sandbox, fee_of(sandbox, its))
    say(sandbox, its, attended=True)
    say(sandbox, its, attended=False)
    assert [each[3] for each in fees(sandbox)] == ["forgiven"]
