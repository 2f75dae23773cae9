"""Fees: owed once by whichever way, seen before, forgiven, paid by one checkout; what is not owed goes back."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sql.throwaway import ROOT, Server
from tests.stripe_events import Payment

from .booking_steps import grant, in_hours, join, make_class, sign, start_in, type_id
from .conftest import ADMIN, CLIENT, OTHER_CLIENT, Sandbox
from .earnings_steps import deliver
from .lifecycle_steps import advance, begin, begin_class, deliver_events, event
from .test_cancellations import booked, cancel, quote
from .test_reopening import reopen

POLICY = """insert into public.cancellation_policy
  (policy_text, standard_cancellation_hours, late_cancellation_hours, no_show_fee_usd, no_show_fee_cad)
  values ('With fees', 12, 5, 15, 20)"""


@pytest.fixture(autouse=True)
def with_fees(sandbox: Sandbox) -> None:
    """Late from twelve hours before the start until five; whoever does not come owes, too. Nobody owes anything yet."""
    sign(sandbox)
    sign(sandbox, "other")
    sandbox.act_as("owner")
    sandbox.run("delete from public.owed_fees")
    sandbox.run(POLICY)


def fees(sandbox: Sandbox, who: str = CLIENT) -> list[tuple[str, int, str, str]]:
    sandbox.act_as("owner")
    rows = sandbox.run("select * from public.owed_fees where user_id = %s order by created_at, id", who)
    return [(row["because"], row["amount_minor"], row["currency"], row["status"]) for row in rows]


def fee_of(sandbox: Sandbox, session: str) -> str:
    sandbox.act_as("owner")
    return str(sandbox.one("select id from public.owed_fees where session_id = %s", session))


def told(sandbox: Sandbox) -> list[str]:
    sandbox.act_as("owner")
    kinds = "select kind from private.outbox where kind in ('fee_owed', 'fee_forgiven') order by id"
    return [row["kind"] for row in sandbox.run(kinds)]


def late(sandbox: Sandbox, **bought: Any) -> str:
    """A session that was cancelled late by its client."""
    grant(sandbox, 1, session_type_id=type_id(sandbox), **bought)
    made = booked(sandbox, 8)
    sandbox.act_as("client")
    cancel(sandbox, made, "function")
    return made


def absent(sandbox: Sandbox) -> str:
    """A session that was completed without its client."""
    its = begin(sandbox, since=30, with_credit=True)
    say(sandbox, its, attended=False)
    advance(sandbox)
    return its


def say(sandbox: Sandbox, its: str, *, attended: bool, who: str = CLIENT, by: str = "admin") -> None:
    sandbox.act_as(by)
    sandbox.run("select * from public.set_attendance(%s, %s, %s, 'As I saw it')", its, who, attended)


def link(sandbox: Sandbox, who: str = CLIENT) -> str:
    sandbox.act_as("owner")
    token = "select private.make_page_link('pay_fee', %s, null, now() + interval '1 year')"
    return str(sandbox.one(token, who))


def begin_payment(sandbox: Sandbox, fee: str, who: str = CLIENT) -> Payment:
    token = link(sandbox, who)
    sandbox.act_as("anon")
    (row,) = sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)
    checkout = str(row["checkout_id"])
    sandbox.act_as("service")
    sandbox.run("select * from public.open_checkout(%s, %s, 'https://pay.test/')", checkout, f"cs_{checkout}")
    return Payment(checkout, row["amount_minor"], row["currency"], id=checkout)


def forgive(sandbox: Sandbox, fee: str, reason: str = "A hard week", who: str = "admin") -> None:
    sandbox.act_as(who)
    sandbox.run("select * from public.forgive_fee(%s, %s)", fee, reason)


def outcome(sandbox: Sandbox, payment: Payment) -> str | None:
    sandbox.act_as("owner")
    return sandbox.one("select outcome from public.checkout_sessions where id = %s", payment.checkout_id)


def claims(sandbox: Sandbox) -> list[dict[str, Any]]:
    """What the reconciler is to do about fees, when all of it is due."""
    sandbox.act_as("owner")
    sandbox.run("update public.checkout_sessions set next_check_at = null where fee_id is null")
    sandbox.run("update public.checkout_sessions set next_check_at = now() where next_check_at is not null")
    sandbox.act_as("service")
    claimed = []
    while (row := sandbox.run("select * from public.claim_checkout_check()")[0])["task"]:
        claimed.append(row)
    return claimed


def give_back(sandbox: Sandbox, payment: Payment) -> None:
    """The reconciler is told to, does it, and says so."""
    (due,) = [row for row in claims(sandbox) if str(row["checkout_id"]) == payment.checkout_id]
    assert (due["task"], due["amount_minor"], due["payment_intent_id"]) == (
        "refund",
        payment.amount,
        payment.intent,
    )
    refund = payment.refund(payment.amount, "succeeded", str(due["refund_id"]))
    sandbox.run(
        "select * from public.record_refund(%s, %s, %s)",
        due["refund_id"],
        payment.read().model_dump_json(),
        refund["id"],
    )
    assert "refund" not in [row["task"] for row in claims(sandbox)], "once"


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


# Paid


def test_a_fee_is_paid_by_a_checkout_for_exactly_that(sandbox: Sandbox) -> None:
    """Asked for again it is the same one; its event twice pays once; no practitioner earns by it, no credit comes."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    assert begin_payment(sandbox, fee).checkout_id == payment.checkout_id
    sandbox.act_as("owner")
    before = sandbox.one("select count(*) from public.ledger_transactions")
    held = sandbox.one("select sum(credits_remaining) from public.user_session_credits")
    done = payment.completed()
    deliver(sandbox, done, done, payment.completed())

    assert (payment.amount, payment.currency, outcome(sandbox, payment)) == (2500, "usd", "fee_paid")
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    assert sandbox.one("select count(*) from public.ledger_transactions") == before
    assert sandbox.one("select sum(credits_remaining) from public.user_session_credits") == held
    assert sandbox.one("select count(*) from private.outbox where kind = 'payment_received'") == 1
    assert sandbox.one("select count(*) from private.payment_refunds") == 0
    with sandbox.refused("fee_paid"):
        begin_payment(sandbox, fee)
    with sandbox.refused("fee_paid"):
        forgive(sandbox, fee)
    assert broken(sandbox) == []


def broken(sandbox: Sandbox) -> list[Any]:
    sandbox.act_as("owner")
    return sandbox.run(
        "select rule, example from private.broken_invariants where rule ~ 'fee|owed|returned' and of <> 'once'"
    )


def test_nobody_pays_for_others(sandbox: Sandbox) -> None:
    """By a link of one's own, one pays one's own; the link of another page opens nothing."""
    fee = fee_of(sandbox, late(sandbox))
    with sandbox.refused("fee_not_found"):
        begin_payment(sandbox, fee, OTHER_CLIENT)
    sandbox.act_as("owner")
    token = sandbox.one(
        "select private.make_page_link('find_classes', %s, null, now() + interval '1 day')", CLIENT
    )
    sandbox.act_as("anon")
    with sandbox.refused("link_not_found"):
        sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)


def test_forgiven_while_it_is_paid_goes_back(sandbox: Sandbox) -> None:
    """The open page is to be closed; whoever was quicker gets it back, once."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    forgive(sandbox, fee)
    assert [(row["task"], str(row["checkout_id"])) for row in claims(sandbox)] == [
        ("close", payment.checkout_id)
    ]
    deliver(sandbox, payment.completed())
    assert outcome(sandbox, payment) == "fee_not_owed"
    give_back(sandbox, payment)
    assert [each[3] for each in fees(sandbox)] == ["forgiven"]
    assert broken(sandbox) == []


def test_paid_twice_goes_back_once(sandbox: Sandbox) -> None:
    """A page that was left open is superseded; if both are paid, the second is given back."""
    fee = fee_of(sandbox, late(sandbox))
    first = begin_payment(sandbox, fee)
    sandbox.act_as("owner")
    sandbox.run(
        "update public.checkout_sessions set expires_at = now() + interval '5 minutes' where fee_id = %s", fee
    )
    token = link(sandbox)
    sandbox.act_as("anon")
    (row,) = sandbox.run("select * from public.pay_fee(%s, %s)", token, fee)
    assert row["supersedes"] == [f"cs_{first.checkout_id}"]
    sandbox.act_as("owner")
    sandbox.run(
        "update public.checkout_sessions set created_at = now() - interval '1 minute' where fee_id = %s", fee
    )
    second = begin_payment(sandbox, fee)
    assert second.checkout_id != first.checkout_id
    deliver(sandbox, second.completed(), first.completed())
    assert (outcome(sandbox, second), outcome(sandbox, first)) == ("fee_paid", "fee_not_owed")
    give_back(sandbox, first)
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    assert broken(sandbox) == []


def test_a_mistaken_no_show_that_was_paid_is_given_back(sandbox: Sandbox) -> None:
    """And says so in its own mail."""
    its = absent(sandbox)
    payment = begin_payment(sandbox, fee_of(sandbox, its))
    deliver(sandbox, payment.completed())
    say(sandbox, its, attended=True)
    assert [row["task"] for row in claims(sandbox)] == ["look"]
    sandbox.run(
        "select * from public.observe_checkout(%s, %s)", payment.checkout_id, payment.read().model_dump_json()
    )
    give_back(sandbox, payment)
    assert fees(sandbox) == [("no_show", 1500, "usd", "returned")]
    assert broken(sandbox) == []


def test_a_refund_by_an_admin_and_a_dispute(sandbox: Sandbox) -> None:
    """Given back it is returned, and asked for no more; a refund that fails leaves it paid."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    deliver(sandbox, payment.completed())
    sandbox.act_as("admin")
    sandbox.run("select * from public.request_refund('Kindness', %s)", payment.checkout_id)
    deliver(sandbox, payment.refunded(payment.amount))
    assert [each[3] for each in fees(sandbox)] == ["returned"]
    deliver(sandbox, payment.refund_turned("failed", "refund.failed"))
    assert [each[3] for each in fees(sandbox)] == ["paid"]
    deliver(sandbox, payment.disputed("closed", "lost"))
    assert [each[3] for each in fees(sandbox)] == ["returned"]
    with sandbox.refused("fee_paid"):
        begin_payment(sandbox, fee)


def test_a_bank_that_takes_days(sandbox: Sandbox) -> None:
    """Meanwhile it cannot be paid once more; if it fails, it can."""
    fee = fee_of(sandbox, late(sandbox))
    payment = begin_payment(sandbox, fee)
    deliver(sandbox, payment.event("checkout.session.completed", payment.session("complete", "unpaid")))
    with sandbox.refused("payment_on_its_way"):
        begin_payment(sandbox, fee)
    deliver(
        sandbox,
        payment.event("checkout.session.async_payment_failed", payment.session("complete", "unpaid")),
    )
    assert begin_payment(sandbox, fee).checkout_id != payment.checkout_id


def test_erased_nobody_owes_and_what_was_being_paid_goes_back(sandbox: Sandbox) -> None:
    """The row stays, without what anybody wrote; what an admin had written is blanked."""
    payment = begin_payment(sandbox, fee_of(sandbox, late(sandbox)))
    forgive(sandbox, fee_of(sandbox, absent(sandbox)), "Ana was ill")
    sandbox.act_as("owner")
    sandbox.run("select private.redact_evidence(%s)", CLIENT)
    once = sandbox.run("select status, reason from public.owed_fees order by created_at, because")
    sandbox.run("select private.redact_evidence(%s)", CLIENT)
    assert once == sandbox.run("select status, reason from public.owed_fees order by created_at, because")
    assert sorted(row["reason"] for row in once) == ["(erased)", "The account was erased"]
    assert {row["status"] for row in once} == {"forgiven"}
    deliver(sandbox, payment.completed())
    give_back(sandbox, payment)


def test_one_takes_ones_fees_along(sandbox: Sandbox) -> None:
    """In the export, without who forgave it."""
    forgive(sandbox, fee_of(sandbox, late(sandbox)))
    sandbox.act_as("owner")
    (exported,) = sandbox.one("select rows from private.export_rows(%s) where name = 'fees'", CLIENT)
    assert exported["amount_minor"] == 2500 and "forgiven_by" not in exported


# At once


def test_paid_forgiven_and_said_otherwise_at_once(postgres: Server) -> None:
    """Many fees; for each, its payment, an admin, and whoever says that they came: it ends one way, and adds up."""
    url = postgres.build("fees_at_once")
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        sandbox = Sandbox(connection)
        sandbox.run("delete from public.owed_fees")
        sandbox.run(POLICY)
        cases = []
        for number in range(24):
            its = begin(sandbox, since=24 * 60 * (number + 1), with_credit=True)
            sandbox.act_as("owner")
            sandbox.run("update private.adoption set adopted_at = '2020-01-01'")
            say(sandbox, its, attended=False)
            sandbox.act_as("service")
            sandbox.run("update public.session_schedules set status = 'completed' where id = %s", its)
            fee = fee_of(sandbox, its)
            cases.append((its, fee, begin_payment(sandbox, fee)))

    def act(number: int) -> set[str]:
        ends = set()
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            mine = Sandbox(connection)
            for its, fee, payment in cases[number % 3 :] + cases[: number % 3]:
                try:
                    with connection.transaction():
                        match number % 4:
                            case 0:
                                deliver(mine, payment.completed())
                            case 1:
                                forgive(mine, fee)
                            case 2:
                                say(mine, its, attended=bool(number % 8 == 2))
                            case _:
                                begin_payment(mine, fee)
                except psycopg.Error as error:
                    ends.add(error.diag.message_detail or f"failed: {error}")
        return ends

    with ThreadPoolExecutor(12) as many:
        ends = set().union(*many.map(act, range(12)))
    assert ends <= {"fee_paid", "fee_not_owed", "fee_forgiven", "request_in_progress", "too_many_requests"}, (
        ends
    )

    with psycopg.connect(url, row_factory=dict_row) as connection:
        sandbox = Sandbox(connection)
        for _, _, payment in cases:  # told once more, as the reconciler asks again
            sandbox.act_as("service")
            facts = payment.read().model_dump_json()
            sandbox.run("select * from public.observe_checkout(%s, %s)", payment.checkout_id, facts)
        assert broken(sandbox) == []
        rows = sandbox.run(
            "select f.forgiven_at is not null as forgiven, f.paid_at is not null as paid, c.outcome,"
            " (select count(*) from private.payment_refunds r where r.checkout_id = c.id) as refunds"
            " from public.checkout_sessions c join public.owed_fees f on f.id = c.fee_id where c.outcome is not null"
        )
        assert len(rows) == len(cases)
        for row in rows:
            assert row["paid"] == (row["outcome"] == "fee_paid")
            assert (
                row["refunds"] == 1
                if row["outcome"] == "fee_not_owed" or row["forgiven"]
                else row["refunds"] <= 1
            )
