"""Erasing an account: nothing of the person is left anywhere, the evidence stands, and any step can be killed."""

import hashlib
import threading
import time
import uuid
from typing import Any

import httpx
import pytest

from local.stack import Stack
from tests.cast import PASSWORD, Person, Stage
from tests.privacy_scene import MarkedClient, broken_keys, traces

CONFIRMATION = {"confirmation": "ERASE MY ACCOUNT"}


def erase(stage: Stage, person: Person, **body: Any) -> httpx.Response:
    return stage.invoke("erase-my-account", {**CONFIRMATION, **body}, as_=person)


def code(reply: httpx.Response) -> tuple[int, str]:
    return reply.status_code, reply.json()["code"]


@pytest.fixture(scope="module")
def erased(stage: Stage, stack: Stack) -> tuple[MarkedClient, dict[str, Any], list[str]]:
    """Somebody who was everywhere, and the receipt of their going; with the tables they were in before."""
    marked = MarkedClient(stage)
    marked.leave_traces()
    before = marked.traces()
    marked.evidence = stage.value(
        "select private.serialize_waiver_evidence(w) from public.liability_waivers w where user_id = %s",
        marked.client.id,
    )
    receipt = erase(stage, marked.client).raise_for_status().json()
    marked.purge()
    return marked, receipt, before


def test_no_personal_data_is_left_in_tables_buckets_or_logs(
    erased: tuple[MarkedClient, dict[str, Any], list[str]], stack: Stack
) -> None:
    """Not in a table of any schema, as text or as bytes; not in either bucket; not in a log."""
    marked, _, before = erased

    assert len(before) > 20, before
    assert [] == marked.traces()
    assert [] == marked.traces_in_files(stack.state)


def test_records_that_must_stay_stand_under_a_pseudonym(
    erased: tuple[MarkedClient, dict[str, Any], list[str]],
) -> None:
    """Text and hash of the waiver, session, payment, cancellation and ledger; every key leads somewhere."""
    marked, receipt, _ = erased
    stage, pseudonym = marked.stage, receipt["pseudonym"]

    waiver = stage.row(
        "select text_sha256 = private.sha256_hex(waiver_text) as verifies, signature_image_sha256, signed_at,"
        " evidence_sha256, signer_name, signer_email, ip_address, signature_image"
        " from public.liability_waivers where user_id = %s",
        pseudonym,
    )
    assert (
        waiver["verifies"]
        and waiver["signature_image_sha256"]
        and waiver["signed_at"]
        and waiver["evidence_sha256"]
    )
    assert {None} == {
        waiver[name] for name in ("signer_name", "signer_email", "ip_address", "signature_image")
    }
    # Whoever brings the facts, as in the signer's own copy, shows that these were signed; the platform knows the hash.
    assert hashlib.sha256(marked.evidence.encode()).hexdigest() == waiver["evidence_sha256"]
    assert "waiver" == stage.value("select kind from public.verify_signature(%s)", waiver["evidence_sha256"])
    for table, column in (
        ("public.session_schedules", "client_id"),
        ("public.session_payments", "client_id"),
        ("public.checkout_sessions", "user_id"),
        ("public.session_cancellations", "user_id"),
        ("public.credit_ledger", "user_id"),
        ("public.consent_history", "user_id"),
        ("public.audit_logs", "user_id"),
    ):
        assert stage.value(f"select count(*) from {table} where {column} = %s", pseudonym) > 0, table
    assert {} == broken_keys(stage)
    assert [] == stage.owner.execute("select * from private.check_audit_chain()").fetchall()


def test_upcoming_sessions_are_cancelled_first(
    erased: tuple[MarkedClient, dict[str, Any], list[str]],
) -> None:
    """By the client, so by the terms they booked under; the practitioner is notified, and has the time again."""
    marked, receipt, _ = erased
    kept = marked.stage.row(
        "select s.status, c.cancellation_type, c.reason,"
        " exists (select from private.practitioner_time t where t.session_id = s.id) as takes_time,"
        " exists (select from public.user_notifications n where n.related_id = s.id and n.kind = 'session_cancelled'"
        "          and n.user_id = %s) as is_told"
        " from public.session_schedules s join public.session_cancellations c on c.session_id = s.id where s.id = %s",
        marked.practitioner.id,
        marked.coming,
    )
    assert ("cancelled", "standard", None) == (
        kept["status"],
        kept["cancellation_type"],
        kept["reason"],
    )
    assert (False, True) == (kept["takes_time"], kept["is_told"])
    assert receipt["erased"]["sessions_cancelled"] >= 1


def test_the_receipt_contains_no_personal_data(
    erased: tuple[MarkedClient, dict[str, Any], list[str]],
) -> None:
    """Neither the reply nor the table; asking again with a token that is still valid gives the same one."""
    marked, receipt, _ = erased
    again = erase(marked.stage, marked.client).raise_for_status().json()

    assert marked.marker not in str(receipt)
    assert receipt == again
    row = marked.stage.row("select * from public.erasure_receipts where id = %s", receipt["receipt_id"])
    assert ("self", True) == (row["asked_by"], row["account_deleted_at"] is not None)


def test_an_erased_person_cannot_sign_in_again(
    erased: tuple[MarkedClient, dict[str, Any], list[str]],
) -> None:
    marked, _, _ = erased
    told = {"email": f"{marked.marker}@stage.test", "password": PASSWORD}

    reply = marked.stage.http.post("/auth/v1/token?grant_type=password", json=told)

    assert reply.status_code in (400, 401)


def test_a_process_killed_between_any_two_steps_comes_to_the_same_end(stage: Stage) -> None:
    """In the transaction: nothing has happened. Before the account goes: it is gone at the next asking."""
    person = stage.client()
    row = {"content": "words", "title": "a title"}
    stage.rest("POST", "journal_entries", as_=person, json=row).raise_for_status()
    entries = "select count(*) from public.journal_entries where user_id = %s"

    reply = killed(stage, person, "select from public.profiles where id = %s for update")
    assert reply.status_code >= 500
    assert 1 == stage.value(entries, person.id)

    reply = killed(stage, person, "select from auth.users where id = %s for no key update")
    assert (503, "account_not_deleted") == code(reply)
    assert 0 == stage.value(entries, person.id)
    stage.rest(
        "POST", "journal_entries", as_=person, json=row
    ).raise_for_status()  # a page that was still open

    receipt = erase(stage, person).raise_for_status().json()
    assert receipt == erase(stage, person).raise_for_status().json()
    assert 0 == stage.value(entries, person.id)
    assert 0 == stage.value("select count(*) from auth.users where id = %s", person.id)
    assert 1 == stage.value("select count(*) from public.erasure_receipts where pseudonym = %s", person.id)


def killed(stage: Stage, person: Person, lock: str) -> httpx.Response:
    """Ask while a row is locked, and kill the connection that waits for it."""
    replies: list[httpx.Response] = []
    with stage.owner.transaction():
        stage.owner.execute(lock, [person.id])
        asking = threading.Thread(target=lambda: replies.append(erase(stage, person)))
        asking.start()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            stage.execute("select pg_stat_clear_snapshot()")  # within a transaction it is read once
            ended = stage.owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where pg_backend_pid() = any (pg_blocking_pids(pid))"
            ).fetchall()
            if ended:
                break
            time.sleep(0.05)
        asking.join()
    return replies[0]


def test_erasure_requires_the_typed_confirmation(stage: Stage) -> None:
    person = stage.client()

    assert (422, "confirmation_missing") == code(stage.invoke("erase-my-account", {}, as_=person))
    reply = stage.invoke("erase-my-account", {"confirmation": "yes"}, as_=person)
    assert (422, "invalid_body") == code(reply)
    assert 401 == stage.invoke("erase-my-account", CONFIRMATION).status_code


def test_nobody_erases_another_person_but_an_admin_and_the_service(stage: Stage) -> None:
    for who, asked_by in (
        (stage.admin().headers, "admin"),
        ({"apikey": stage.env["SUPABASE_SECRET_KEY"]}, "service"),
    ):
        person = stage.client()
        body = {"user_id": str(person.id)}
        assert (403, "not_your_account") == code(
            stage.invoke("erase-my-account", body, as_=stage.practitioner())
        )

        receipt = stage.invoke("erase-my-account", body, headers=who).raise_for_status().json()

        assert asked_by == stage.value(
            "select asked_by from public.erasure_receipts where id = %s", receipt["receipt_id"]
        )
    assert (422, "user_id_missing") == code(stage.invoke_as_service("erase-my-account"))
    nobody = {"user_id": "5a1e0000-0000-4000-8000-00000000dead"}
    assert (404, "account_not_found") == code(stage.invoke_as_service("erase-my-account", nobody))


def test_a_running_session_is_ended_first(stage: Stage) -> None:
    """Of the client's and of the practitioner's."""
    client, practitioner = stage.client(), stage.practitioner()
    stage.session(client=client, practitioner=practitioner, starts_in_minutes=-5)

    for person in (client, practitioner):
        assert (409, "session_running") == code(erase(stage, person))


def test_a_practitioner_who_is_owed_money_is_paid_first(stage: Stage) -> None:
    """Then their name goes from everything but the contracts they signed; their clients' sessions stay."""
    client, practitioner = stage.client(), stage.practitioner()
    session = stage.session(
        client=client, practitioner=practitioner, starts_in_minutes=-3000, status="completed"
    )
    owe(stage, practitioner, session, 7500)
    assert (409, "payouts_open") == code(erase(stage, practitioner))
    owe(stage, practitioner, session, -7500)

    erase(stage, practitioner).raise_for_status()

    left = stage.row("select * from public.practitioners where id = %s", practitioner.practitioner_id)
    assert ("Former practitioner", None, False) == (left["name"], left["bio"], left["available"])
    assert 1 == stage.value("select count(*) from public.session_schedules where id = %s", session["id"])
    assert {} == broken_keys(stage)


def test_no_personal_data_of_a_practitioner_is_left(stage: Stage) -> None:
    """Their page, their bank account, their reasons, and their name in messages to clients."""
    practitioner, client, marker = stage.practitioner(), stage.client(), f"marker{uuid.uuid4().hex[:12]}"
    row = practitioner.practitioner_id
    stage.execute(
        "update public.practitioners set name = %s, bio = %s, specialization = %s where id = %s",
        *[marker] * 3,
        row,
    )
    stage.session(client=client, practitioner=practitioner, starts_in_minutes=5000)
    for statement in (
        "insert into public.practitioner_banking (practitioner_id, bank_name, account_holder_name, account_type)"
        " values (%s, %s, 'x', 'savings')",
        "insert into public.practitioner_time_off (practitioner_id, reason, starts_at, ends_at)"
        " values (%s, %s, '2031-01-01', '2031-01-02')",
        "insert into public.action_templates (practitioner_id, title, action_type) values (%s, %s, 'other')",
    ):
        stage.execute(statement, row, marker)
    told = "select count(*) from public.user_notifications where user_id = %s and strpos(message, %s) > 0"
    assert stage.value(told, client.id, marker) > 0

    erase(stage, practitioner).raise_for_status()

    assert [] == traces(stage, marker)
    assert "cancelled" == stage.value(
        "select status from public.session_schedules where practitioner_id = %s", row
    )


def owe(stage: Stage, practitioner: Person, session: dict[str, Any], amount: int) -> None:
    """A line of the ledger, as an admin's correction writes it."""
    with stage.owner.transaction():
        posted = stage.value(
            "insert into public.ledger_transactions (kind, currency, practitioner_id, session_id, cause, reason)"
            " values ('adjustment', 'cad', %s, %s, %s, 'a correction') returning id",
            practitioner.practitioner_id,
            session["id"],
            f"test {session['id']} {amount}",
        )
        for account, minor in (("practitioner_payable", amount), ("platform_revenue", -amount)):
            stage.execute(
                "insert into public.ledger_postings (transaction_id, account, amount_minor) values (%s, %s, %s)",
                posted,
                account,
                minor,
            )


def test_a_legal_hold_keeps_the_account(stage: Stage) -> None:
    person = stage.client()
    stage.execute("insert into public.legal_holds (user_id, reason) values (%s, 'a claim')", person.id)
    assert (409, "under_legal_hold") == code(erase(stage, person))

    stage.execute("update public.legal_holds set released_at = now() where user_id = %s", person.id)
    erase(stage, person).raise_for_status()


def test_an_account_that_is_deleted_elsewhere_is_erased_too(stage: Stage) -> None:
    """In the dashboard, say: the rows go in the same transaction, and there is a receipt."""
    person = stage.client()
    stage.rest("POST", "journal_entries", as_=person, json={"content": "words"}).raise_for_status()

    stage.execute("delete from auth.users where id = %s", person.id)

    row = stage.row("select * from public.erasure_receipts where pseudonym = %s", person.id)
    assert row["account_deleted_at"] and "service" == row["asked_by"]
    assert 0 == stage.value("select count(*) from public.journal_entries where user_id = %s", person.id)
