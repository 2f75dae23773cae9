"""Where earnings go: masked for all, sealed out of reach, verified by somebody else, cooled down before use."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from .conftest import ADMIN, PRACTITIONER, ROW, STRANGER, Sandbox

SAVE = """select id::text, verified from public.save_practitioner_banking(
            %s, %s, %s, 'Practitioner', 'checking', 'CA', '4567', '2345', %s,
            jsonb_build_object('account_number', 'v1.k1.again', 'routing_number', 'v1.k1.again'))"""
NUMBERS = "select account_number, fingerprint from private.bank_numbers where practitioner_id = %s"
VERIFY = "select verified from public.verify_practitioner_banking(%s, %s)"
VERIFICATION = (
    "select verified, verified_at, verified_by::text from public.practitioner_banking where id = %s"
)
OPEN = "select * from private.read_bank_accounts(%s::uuid[], 'a file', %s)"
OTHER = "20000000-0000-4000-8000-000000000002"


def save(
    sandbox: Sandbox,
    user: str = PRACTITIONER,
    practitioner: str = ROW,
    bank: str = "Bank",
    fingerprint: str = "k1.print",
) -> dict[str, Any]:
    """Save an account as the function does: by default the seeded one."""
    sandbox.act_as("service")
    (row,) = sandbox.run(SAVE, user, practitioner, bank, fingerprint)
    return row


def changed_at(sandbox: Sandbox) -> Any:
    return sandbox.one("select changed_at from public.practitioner_banking where id = %s", ROW)


def verify(sandbox: Sandbox) -> None:
    sandbox.act_as("admin")
    assert sandbox.one(VERIFY, ROW, changed_at(sandbox))


def cool_down(sandbox: Sandbox) -> None:
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_banking set cooling_until = now() where id = %s", ROW)


def withholding_reason(sandbox: Sandbox, practitioner: str = ROW) -> str | None:
    sandbox.act_as("owner")
    (row,) = sandbox.run(OPEN, [practitioner], None)
    return str(row["withheld"]) if row["withheld"] else None


def test_the_page_reads_a_mask(sandbox: Sandbox) -> None:
    """Under the milestone's names; the sealed numbers are beyond every role of the API."""
    sandbox.act_as("practitioner")
    (row,) = sandbox.run("select * from public.practitioner_banking")
    assert ("****4567", "****2345") == (row["account_number_encrypted"], row["routing_number_encrypted"])

    for who in ("anon", "practitioner", "admin", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("select 1 from private.bank_numbers")


@pytest.mark.parametrize(
    "number", ["1234567", "123 456-7", "", "v1.1234567", "v2.k1.1234567", "v1.k1. 1234567"]
)
def test_a_plain_number_is_not_stored(sandbox: Sandbox, number: str) -> None:
    """Whatever the function thought it was doing."""
    sandbox.act_as("owner")
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        sandbox.run("update private.bank_numbers set account_number = %s", number)
    with pytest.raises(psycopg.errors.CheckViolation), sandbox.undone():
        sandbox.run("update public.practitioner_banking set account_last4 = '34567'")


def test_saving_the_same_account_again_changes_nothing(sandbox: Sandbox) -> None:
    """It stays as trusted as it was, and nobody is notified."""
    verify(sandbox)

    assert {"id": ROW, "verified": True} == save(sandbox)

    sandbox.act_as("owner")
    assert [{"account_number": "v1.k1.sealed", "fingerprint": "k1.print"}] == sandbox.run(NUMBERS, ROW)
    assert 0 == sandbox.one("select count(*) from private.outbox where kind = 'banking_changed'")


@pytest.mark.parametrize("change", [{"fingerprint": "k1.other"}, {"bank": "Another bank"}])
def test_another_account_is_unverified_and_cools_down(sandbox: Sandbox, change: dict[str, str]) -> None:
    """Even one that ends with the same four digits; and its practitioner is notified."""
    verify(sandbox)
    sandbox.act_as("owner")
    sandbox.run("update private.banking_settings set cooling_period = '5 days'")

    assert {"id": ROW, "verified": False} == save(sandbox, **change)

    sandbox.act_as("owner")
    assert [{"verified": False, "verified_at": None, "verified_by": None}] == sandbox.run(VERIFICATION, ROW)
    cooling = sandbox.one("select cooling_until - now() from public.practitioner_banking where id = %s", ROW)
    assert timedelta(days=5) == cooling
    assert "v1.k1.again" == sandbox.run(NUMBERS, ROW)[0]["account_number"]
    events = sandbox.run("select user_id::text, payload from private.outbox where kind = 'banking_changed'")
    assert [{"user_id": PRACTITIONER, "payload": {"account_last4": "4567"}}] == events


def test_a_first_account_is_inserted_unverified(sandbox: Sandbox) -> None:
    """With the same distrust as a changed one."""
    row = save(sandbox, user=STRANGER, practitioner=OTHER)

    assert not row["verified"]
    assert "not_verified" == withholding_reason(sandbox, OTHER)


def test_a_practitioner_saves_only_their_own_account(sandbox: Sandbox) -> None:
    """The service names who is asking; no person calls this past the checks."""
    for user, practitioner in ((STRANGER, ROW), (ADMIN, ROW), (PRACTITIONER, OTHER)):
        with sandbox.refused("not_your_account"):
            save(sandbox, user=user, practitioner=practitioner)

    for who in ("practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(
                "select public.save_practitioner_banking(null, null, '', '', '', '', '', '', '', '{}')"
            )


# Verifying


def test_an_admin_verifies_the_account_they_saw(sandbox: Sandbox) -> None:
    """And takes it back; the clock and the row say who and when."""
    seen = changed_at(sandbox)
    sandbox.act_as("admin")
    assert sandbox.one(VERIFY, ROW, seen)
    assert [{"verified": True, "today": True, "by": ADMIN}] == sandbox.run(
        """select verified, verified_at = now() as today, verified_by::text as by
             from public.practitioner_banking where id = %s""",
        ROW,
    )

    assert not sandbox.one(
        "select verified from public.verify_practitioner_banking(%s, %s, false)", ROW, seen
    )
    assert [{"verified": False, "verified_at": None, "verified_by": None}] == sandbox.run(VERIFICATION, ROW)

    with sandbox.refused("banking_changed"):
        sandbox.run(VERIFY, ROW, seen - timedelta(seconds=1))


def test_nobody_verifies_their_own_account(sandbox: Sandbox) -> None:
    """Neither by the row, nor by the function, nor as an admin who is a practitioner too."""
    seen = changed_at(sandbox)
    for who in ("practitioner", "admin"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run("update public.practitioner_banking set verified = true")
        with sandbox.forbidden():
            sandbox.run("delete from public.practitioner_banking")
    for who in ("practitioner", "stranger", "client"):
        sandbox.act_as(who)
        with sandbox.refused("admins_only"):
            sandbox.run(VERIFY, ROW, seen)
    sandbox.act_as("service")
    with sandbox.forbidden():
        sandbox.run(VERIFY, ROW, seen)

    sandbox.act_as("owner")
    sandbox.run("insert into public.user_roles (user_id, role) values (%s, 'admin')", PRACTITIONER)
    sandbox.act_as("practitioner")
    with sandbox.refused("own_account"):
        sandbox.run(VERIFY, ROW, seen)
    sandbox.act_as("admin")
    with sandbox.refused("banking_not_found"):
        sandbox.run(VERIFY, OTHER, seen)


def test_an_account_that_was_never_checked_is_not_verified(sandbox: Sandbox) -> None:
    """Neither what the earlier function left, nor the same after it was sealed."""
    sandbox.act_as("owner")
    sandbox.run(
        "update private.bank_numbers"
        " set account_number = 'base64:MTIz', routing_number = 'base64:MTIz', fingerprint = null"
    )
    seen = changed_at(sandbox)
    sandbox.act_as("admin")
    with sandbox.refused("banking_not_checked"):
        sandbox.run(VERIFY, ROW, seen)

    sandbox.act_as("owner")
    sandbox.run("update private.bank_numbers set account_number = 'v1.k1.x', routing_number = 'v1.k1.x'")
    sandbox.act_as("admin")
    with sandbox.refused("banking_not_checked"):
        sandbox.run(VERIFY, ROW, seen)
    assert "not_checked" == withholding_reason(sandbox)


# Paying


def test_only_a_verified_account_that_has_cooled_down_is_handed_out(sandbox: Sandbox) -> None:
    """Of any other only the reason; and one that just changed is withheld again."""
    sandbox.act_as("owner")
    sandbox.run("update public.practitioner_banking set bank_name = 'Moved', changed_at = clock_timestamp()")
    seen = [withholding_reason(sandbox)]
    verify(sandbox)
    seen.append(withholding_reason(sandbox))
    cool_down(sandbox)
    seen.append(withholding_reason(sandbox))
    save(sandbox, fingerprint="k1.other")
    seen.append(withholding_reason(sandbox))

    assert ["not_verified", "cooling", None, "not_verified"] == seen
    assert "no_account" == withholding_reason(sandbox, OTHER)


def test_each_use_of_an_account_is_logged_for_good(sandbox: Sandbox) -> None:
    """One row for each account that was handed out: who asked, what for. The practitioner reads it too."""
    verify(sandbox)
    cool_down(sandbox)
    rows = sandbox.run(OPEN, [ROW, OTHER, ROW], ADMIN)

    assert [(ROW, "v1.k1.sealed"), (OTHER, None)] == [
        (str(row["practitioner_id"]), row["account_number"]) for row in rows
    ]
    sandbox.act_as("practitioner")
    log = sandbox.run(
        "select purpose, reference, requested_by::text as by from public.banking_accesses order by id"
    )
    assert {"purpose": "payout_file", "reference": "a file", "by": ADMIN} == log[-1]
    assert 2 == len(log)
    sandbox.act_as("stranger")
    assert [] == sandbox.run("select 1 from public.banking_accesses")

    sandbox.act_as("owner")
    for change in (
        "update public.banking_accesses set purpose = 'key_rotation'",
        "delete from public.banking_accesses",
        "truncate public.banking_accesses",
    ):
        with sandbox.refused("evidence_is_kept"):
            sandbox.run(change)


def test_nobody_reads_the_numbers_directly(sandbox: Sandbox) -> None:
    """Sealed or not, and not for the secret key either: a function asks that knows for whom and what for."""
    for who in ("practitioner", "admin", "service"):
        sandbox.act_as(who)
        with sandbox.forbidden():
            sandbox.run(OPEN, [ROW], None)


# A repeat under one key


def test_a_repeated_request_is_recognised_by_its_fingerprint(sandbox: Sandbox) -> None:
    """Two seals of one number are one request; another number is another; no seal is remembered."""
    sandbox.act_as("service")
    ask = """select public.call_once('save_practitioner_banking', 'a-key', jsonb_build_object(
               'user_id', %s::text, 'practitioner_id', %s::text, 'bank_name', 'Bank', 'account_holder_name', 'Me',
               'account_type', 'checking', 'country', 'CA', 'account_last4', '4567', 'routing_last4', '2345',
               'fingerprint', %s::text, 'sealed', jsonb_build_object('account_number', %s::text,
                                                                     'routing_number', 'v1.k1.r')))"""

    first, again = (sandbox.one(ask, PRACTITIONER, ROW, "k1.new", f"v1.k1.{each}") for each in ("one", "two"))

    assert first == again
    with sandbox.refused("idempotency_key_reused"):
        sandbox.one(ask, PRACTITIONER, ROW, "k1.newer", "v1.k1.three")
    sandbox.act_as("owner")
    assert "v1.k1" not in sandbox.one("select string_agg(arguments::text, '') from private.idempotency_keys")
