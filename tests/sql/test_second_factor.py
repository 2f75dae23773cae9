"""Whoever has a verified factor shows it before other people's money, bank numbers, payouts, accounts and roles."""

import re
from typing import Any

import psycopg
import pytest

from sql.throwaway import ROOT, Server

from .conftest import ADMIN, CLIENT, OTHER_CLIENT, PRACTITIONER, ROW, Sandbox
from .refusal_steps import refusal_of

# What asks only private.is_admin, or looks for admins in user_roles, and what it is about. What is about somebody's
# money, bank account, account or role asks private.is_confirmed_admin; a new function is put here or asks that.
ABOUT = {
    "sessions and classes": {
        *(
            "can_move_session",
            "get_caller_role",
            "give_session_to",
            "guard_session_schedules",
            "link_group_sessions",
        ),
        *("offer_session_to", "refuse_unjoinable_class", "reopen_session", "unlink_group_sessions"),
        *("send_class_reminder", "session_consents", "get_part_in_session", "propose_session_time"),
        *("set_attendance", "can_access_session", "keep_what_was_paid_for"),
        *("list_waiting_people", "move_up_waiting_person", "repeat_class", "take_time_off"),
        "compose_found_class",
    },
    "recordings": {
        *("create_recording_share_link", "get_recording_status", "my_recording_access"),
        *("revoke_recording_share_link",),
    },
    "signed papers": {"get_waiver_documents", "guard_practitioner_contracts", "issue_practitioner_contract"},
    "who there is, and whom mails reach": {"list_users", "list_unreachable_people", "user_id_by_email"},
    "other systems, by keys of theirs": {
        *("create_webhook_endpoint", "redeliver_webhooks", "rotate_webhook_secret"),
    },
    "a mail to the payer, with nothing in it for who asks": {"send_payment_receipt"},
    "the question itself": {"is_admin", "is_confirmed_admin", "refuse_unless_admin"},
    "what an erasure says of who asked": {"name_erasure_asker"},
    "how often people write": {"limit_written_rows"},
    "how the platform is": {"ops_status"},
    "whom to tell": {
        *("list_told_admins", "tell_second_admins"),
        *("find_reason_to_drop_mail", "make_mail_links"),  # of a page that asks again
    },
    "whether another admin is left": {"refuse_erasure"},
    "a role given by the secret key": {"assign_admin_role_by_id"},
    "a service call, which passes user_aal": {"require_paying_admin"},
}
ASKING = r"""
  select p.proname::text as name, n.nspname::text as schema, p.oid::regprocedure::text as signature,
         p.prosrc ~ 'is_confirmed_admin\(' as asks_for_factor, p.prosrc as body, p.provolatile = 'v' as writes
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname in ('public', 'private') and p.prosrc ~ '(is_admin|is_confirmed_admin)\(|''admin'''"""

# Tables of money: what others than their own people read of them, admins read with their factor.
MONEY_COLUMN = (
    "(_minor$|amount|_share$|credits|^change$|^fee_|account_number|last4|paid_out|payout_id|^price)"
)
NOT_SOMEBODYS = {
    "products": "what is for sale",
    "session_packages": "what is for sale",
    "session_types": "what is for sale",
    "session_cancellations": "how a session ended; what was paid back is a payment",
}
# Tables whose rows decide about other people's money or about who is an admin, when an admin writes them.
DECIDING = {"payout_terms", "revenue_shares", "session_payments", "user_roles"}

# A public function for each of the ways to other people's money; what is wrong besides the factor is said later.
CALLS = {
    "accept_payment": "null, 'A reason'",
    "adjust_credits": "1, 'A reason'",
    "adjust_earnings": "null, 'cad', 1, 'A reason'",
    "admin_dashboard": "",
    "cancel_sessions_before_erasure": None,  # answers nothing; erase_my_account says why
    "decide_approval": "null, true",
    "erase_my_account": None,  # below: it answers and does not raise
    "extend_credits": "null, null, 'A reason'",
    "hide_session_rating": "null, 'A reason'",
    "forgive_fee": "null, 'A reason'",
    "forgive_fee_by_link": None,  # below: a link is no factor
    "hide_rating_by_link": None,  # as above
    "list_matters": "",
    "list_owed_fees": "",
    "list_payments": "",
    "settle_matter": "null, 'A reason'",
    "mark_payout_failed": "null, 'A reason'",
    "mark_payout_paid": "null, 'A reference'",
    "request_refund": "'A reason'",
    "verify_practitioner_banking": "null, null",
    "begin_earnings_export": f"practitioner_id => '{ROW}', from_date => now()::date, until_date => now()::date",
    "earnings_series": f"practitioner_id => '{ROW}', from_date => now()::date, until_date => now()::date",
    "earnings_sessions": f"practitioner_id => '{ROW}', from_date => now()::date, until_date => now()::date",
    "earnings_overview": f"practitioner_id => '{ROW}'",
    "get_payout_statement": f"'{ROW}'",
    "get_year_statement": f"2026, 'cad', '{ROW}'",
    "practitioner_dashboard": None,  # one's own
    "read_linked_year_statement": None,  # one's own: a link has the rights of its page
    "read_payout_page": None,  # as above
}


def enroll(sandbox: Sandbox, who: str, status: str = "verified") -> None:
    """Somebody has a factor."""
    sandbox.act_as("owner")
    sandbox.run(
        "insert into auth.mfa_factors (user_id, factor_type, status) values (%s, 'totp', %s::auth.factor_status)",
        who,
        status,
    )


def asking(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.act_as("owner")
    return sandbox.run(ASKING)


def test_what_asks_for_an_admin_asks_for_the_factor_or_is_about_something_else(sandbox: Sandbox) -> None:
    """The next function that asks for an admin is found here, and so is an entry that is none any more."""
    listed = set().union(*ABOUT.values())

    assert listed == {row["name"] for row in asking(sandbox) if not row["asks_for_factor"]} | {
        "is_confirmed_admin"
    }


def test_every_way_to_what_asks_for_the_factor_is_tried(sandbox: Sandbox) -> None:
    """Public functions that reach one of these are the keys of CALLS, no fewer."""
    bodies = {
        f"{row['schema']}.{row['name']}": row["body"]
        for row in sandbox.run(
            "select n.nspname::text as schema, p.proname::text as name, p.prosrc as body from pg_proc p"
            " join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('public', 'private')"
            " and p.prorettype <> 'trigger'::regtype"
        )
    }
    calls = {name: set(re.findall(r"\b(?:public|private)\.\w+(?=\()", body)) for name, body in bodies.items()}
    reaching = {"private.is_confirmed_admin"}
    while more := {name for name, called in calls.items() if called & reaching} - reaching:
        reaching |= more

    assert set(CALLS) == {name.removeprefix("public.") for name in reaching if name.startswith("public.")}


@pytest.mark.parametrize("name", [name for name, given in CALLS.items() if given is not None])
def test_an_admin_with_a_factor_shows_it(sandbox: Sandbox, name: str) -> None:
    """By the token: aal1 is refused before anything is looked up, and changes nothing; aal2 gets further."""
    call = f"select * from public.{name}({CALLS[name]})"
    enroll(sandbox, ADMIN)

    for claims in ({"aal": "aal1"}, {}, {"aal": "aal3"}, {"aal": None}):
        sandbox.act_as("admin", **claims)
        with sandbox.refused("second_factor_needed"):
            sandbox.run(call)

    sandbox.act_as("admin", aal="aal2")
    assert refusal_of(sandbox, call) not in ("second_factor_needed", "admins_only")


@pytest.mark.parametrize(
    ("call", "gets"),
    [
        ("read_fees_and_ratings(%s)", None),
        ("forgive_fee_by_link(%s, null, 'A reason')", "fee_not_found"),
        ("hide_rating_by_link(%s, null, 'A reason')", "rating_not_found"),
    ],
)
def test_a_link_of_an_admins_mail_is_no_factor(sandbox: Sandbox, call: str, gets: str | None) -> None:
    """Whoever has one is refused by a link, whatever token they send along; whoever has none gets further."""
    sandbox.act_as("owner")
    token = "select private.make_page_link('review_fees_and_ratings', %s, null, now() + interval '1 day')"
    link = str(sandbox.one(token, ADMIN))
    query = f"select * from public.{call}"
    sandbox.act_as("anon")
    assert refusal_of(sandbox, query, link) == gets
    enroll(sandbox, ADMIN)
    sandbox.act_as("anon", aal="aal2")
    assert refusal_of(sandbox, query, link) == "second_factor_needed"


def test_nobody_without_a_verified_factor_is_asked_for_one(sandbox: Sandbox) -> None:
    """Nor is anybody where the auth service has no such table; and it makes nobody an admin."""
    enroll(sandbox, ADMIN, "unverified")
    enroll(sandbox, CLIENT)
    sandbox.act_as("admin", aal="aal1")
    assert sandbox.run("select * from public.list_payments()")

    sandbox.act_as("client", aal="aal2")
    with sandbox.refused("admins_only"):
        sandbox.run("select * from public.list_payments()")

    enroll(sandbox, ADMIN)


def test_nobody_is_asked_where_the_auth_service_has_no_factors(postgres: Server) -> None:
    """Its table may be missing."""
    postgres.build("without_factors")
    url = postgres.url("without_factors", "supabase_admin")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((ROOT / "tests/sql/seed.sql").read_bytes())
        connection.execute("drop table auth.mfa_factors")
        connection.execute("select set_config('request.jwt.claims', %s, false)", [f'{{"sub": "{ADMIN}"}}'])
        assert (True,) == connection.execute("select private.is_confirmed_admin()").fetchone()


def test_erasing_somebody_else_asks_for_the_factor(sandbox: Sandbox) -> None:
    """Answered and not raised, so that attempts are counted. Oneself is erased without."""
    enroll(sandbox, ADMIN)
    enroll(sandbox, OTHER_CLIENT)
    sandbox.act_as("admin", aal="aal1")
    sandbox.run("select * from public.cancel_sessions_before_erasure(%s)", CLIENT)
    sandbox.run("select * from public.erase_my_account(%s)", CLIENT)
    assert "second_factor_needed" in sandbox.one("select current_setting('response.headers')")
    sandbox.act_as("owner")
    assert [] == sandbox.run("select from public.erasure_receipts where pseudonym = %s", CLIENT)

    sandbox.act_as("other", aal="aal1")
    assert sandbox.one("select rows_erased_at is not null from public.erase_my_account()")


def test_a_changed_bank_account_asks_for_the_factor(sandbox: Sandbox) -> None:
    """One's own; the service says what the token said that it has verified. Saving the same again asks too."""
    save = """select public.save_practitioner_banking(
                %s, %s, 'Another', 'Me', 'checking', 'CA', '4567', '2345', 'k1.new',
                jsonb_build_object('account_number', 'v1.k1.n', 'routing_number', 'v1.k1.n'), %s)"""
    enroll(sandbox, PRACTITIONER)
    sandbox.act_as("service")
    for aal in (None, "aal1"):
        with sandbox.refused("second_factor_needed"):
            sandbox.run(save, PRACTITIONER, ROW, aal)
    sandbox.act_as("owner")
    assert "Bank" == sandbox.one("select bank_name from public.practitioner_banking where id = %s", ROW)

    sandbox.act_as("service")
    assert sandbox.run(save, PRACTITIONER, ROW, "aal2")


def test_the_payout_file_asks_for_the_factor(sandbox: Sandbox) -> None:
    enroll(sandbox, ADMIN)
    sandbox.act_as("service")
    for export, least in (
        ("select * from public.export_payout_file(%s, 'a file', user_aal => %s)", None),
        ("select * from public.read_bank_file_payouts(%s, 'a file', %s)", None),
        ("select * from public.number_bank_file(%s, 'f', '{}', 0, 0, user_aal => %s)", "nothing_to_export"),
    ):
        assert "second_factor_needed" == refusal_of(sandbox, export, ADMIN, "aal1")
        assert least == refusal_of(sandbox, export, ADMIN, "aal2")


# Service calls that are made for a person, whose token only the function has seen.
FOR_A_PERSON = {
    "create_liability_waiver": "a signature of one's own",
    "export_my_data": "what is one's own",
    "record_consent": "a consent of one's own",
    "sign_practitioner_contract": "a signature of one's own",
    "assign_admin_role_by_id": "for operators",
    "log_audit_event": "writes a line",
    "record_audit_log": "writes a line",
    "request_welcome": "a mail to a new account",
    "send_welcome_email": "a mail to a new account",
}


def test_what_the_service_asks_for_somebody_passes_their_factor(sandbox: Sandbox) -> None:
    """Each service call that names a person takes user_aal, or is listed with the reason why it needs none."""
    named = sandbox.run(
        """select p.proname::text as name, 'user_aal' = any (p.proargnames) as takes_aal from pg_proc p
            where p.pronamespace = 'public'::regnamespace and has_function_privilege('service_role', p.oid, 'execute')
              and not has_function_privilege('authenticated', p.oid, 'execute')
              and p.proargnames[1:p.pronargs] && array['user_id', 'p_user_id', 'recorder']"""
    )

    assert {
        "save_practitioner_banking",
        "export_payout_file",
        "read_bank_file_payouts",
        "number_bank_file",
    } == {row["name"] for row in named if row["takes_aal"]}
    assert {row["name"] for row in named if not row["takes_aal"]} <= FOR_A_PERSON.keys()


def money_tables(sandbox: Sandbox) -> set[str]:
    rows = sandbox.run(
        """select distinct c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attnum > 0
              and not a.attisdropped and a.attname ~ %s""",
        MONEY_COLUMN,
    )
    return {row["name"] for row in rows} - NOT_SOMEBODYS.keys()


def test_policies_on_tables_of_money_ask_for_the_factor(sandbox: Sandbox) -> None:
    """Found by the names of columns; and where admins write what decides about money or admins."""
    tables = money_tables(sandbox)
    assert len(tables) > 8
    policies = sandbox.run(
        """select tablename::text as name, policyname::text as policy, cmd, concat(qual, with_check) as asks
             from pg_policies where schemaname = 'public'"""
    )

    assert [] == [
        f"{row['name']}: {row['policy']}"
        for row in policies
        if "is_admin()" in row["asks"]
        and (row["name"] in tables or (row["name"] in DECIDING and row["cmd"] != "SELECT"))
    ]


def test_others_rows_of_money_are_refused_in_words_and_ones_own_are_read(sandbox: Sandbox) -> None:
    """An empty list would look like nothing to pay. Each table of money has a seeded row of the client's."""
    tables = money_tables(sandbox)
    enroll(sandbox, ADMIN)
    enroll(sandbox, PRACTITIONER)
    sandbox.act_as("admin", aal="aal1")
    codes = {table: refusal_of(sandbox, f"select * from public.{table}") for table in tables}
    assert set(codes.values()) <= {"second_factor_needed", None}, codes
    refused = {table for table, code in codes.items() if code}
    sandbox.act_as("admin", aal="aal2")
    seen = {table for table in tables if sandbox.one(f"select count(*) from public.{table}")}

    assert refused == seen
    assert len(seen) > 7, seen

    # A practitioner, and a client who is an admin too, read what is theirs without.
    for who, table in (("practitioner", "ledger_postings"), ("practitioner", "payouts")):
        sandbox.act_as(who, aal="aal1")
        assert sandbox.run(f"select * from public.{table}")
    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", CLIENT)
    enroll(sandbox, CLIENT)
    sandbox.act_as("client", aal="aal1")
    assert sandbox.run("select * from public.user_session_credits where user_id = %s", CLIENT)


def test_roles_and_terms_are_changed_with_the_factor(sandbox: Sandbox) -> None:
    """Or somebody with a stolen session would make a second admin without a factor, who may do all of it."""
    attempts = [
        ("insert into public.user_roles (user_id, role) values (%s, 'admin')", CLIENT),
        ("update public.user_roles set role = 'admin' where user_id = %s", CLIENT),
        ("delete from public.user_roles where user_id = %s", CLIENT),
        (
            "insert into public.revenue_shares (practitioner_percent, valid_from) values (%s, '2031-01-01')",
            90,
        ),
        (
            "insert into public.payout_terms (period_days, hold_days, valid_from) values (%s, 1, '2031-01-01')",
            7,
        ),
        ("update public.session_payments set paid_out_at = now() where id = %s", ROW),
    ]
    enroll(sandbox, ADMIN)
    for attempt, value in attempts:
        sandbox.act_as("admin", aal="aal1")
        with sandbox.refused("second_factor_needed"):
            sandbox.run(attempt, value)
    sandbox.act_as("admin", aal="aal2")
    sandbox.run(*attempts[0])


def test_a_link_of_a_mail_is_no_second_factor(sandbox: Sandbox) -> None:
    """Its person is the caller, and has shown nothing but the mail."""
    enroll(sandbox, ADMIN)
    token = sandbox.one("select private.make_page_link('unsubscribe', %s, 'follow_ups')", ADMIN)
    sandbox.run("select private.open_page_link(%s, 'unsubscribe')", token)
    with sandbox.refused("second_factor_needed"):
        sandbox.run("select private.is_confirmed_admin()")
