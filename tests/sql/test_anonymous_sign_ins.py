"""An anonymous sign-in is no account: it reads what everybody may, and writes nothing."""

import pytest

from .conftest import OTHER_CLIENT, Sandbox
from .refusal_steps import refusal_of

WRITES = [
    (
        "insert into public.session_schedules (client_id, practitioner_id, room_name, scheduled_at, duration_minutes)"
        " values (%s, '20000000-0000-4000-8000-000000000002', 'x', now() + interval '3 days', 30)"
    ),
    "insert into public.user_consents (user_id, consent_type, consented) values (%s, 'marketing', true)",
    "insert into public.journal_entries (user_id, content) values (%s, 'x')",
]


@pytest.mark.parametrize("write", WRITES)
def test_an_anonymous_sign_in_writes_nothing(sandbox: Sandbox, write: str) -> None:
    """Whatever the table: the trigger is on each of them, which test_people_columns.py holds."""
    sandbox.act_as("other", is_anonymous=True)
    with sandbox.refused("account_needed"):
        sandbox.run(write, OTHER_CLIENT)

    sandbox.act_as("other", is_anonymous=False)
    assert "account_needed" != refusal_of(sandbox, write, OTHER_CLIENT)


@pytest.mark.parametrize(
    "call",
    [
        "book_session_with_credit('20000000-0000-4000-8000-000000000002', now() + interval '3 days', 30)",
        "begin_checkout('package_5', 'cad')",
        "erase_my_account()",
    ],
)
def test_functions_write_nothing_for_an_anonymous_sign_in(sandbox: Sandbox, call: str) -> None:
    sandbox.act_as("other", is_anonymous=True)
    assert "account_needed" == refusal_of(sandbox, f"select * from public.{call}")


def test_an_anonymous_sign_in_reads_what_everybody_may(sandbox: Sandbox) -> None:
    sandbox.act_as("other", is_anonymous=True)
    assert sandbox.run("select * from public.session_types")
    assert sandbox.run("select * from public.practitioners")
