"""A token is good for an hour, also when its account is erased in that hour: with it nothing is written any more."""

import json
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from deploy.functions import functions
from local.stack import Stack
from tests.cast import Person, Stage
from tests.privacy_scene import MarkedClient
from tests.sql.conftest import CLIENT, PRACTITIONER, ROW
from tests.sql.matrix import MATRIX
from tests.sql.test_people_columns import FOLLOWS, KEY, TRIGGER

NOBODY = str(uuid.UUID(int=0))
LATER = (datetime.now(UTC) + timedelta(days=9)).isoformat()
CONFIRMATION = {"confirmation": "ERASE MY ACCOUNT"}
# What each function needs so that only who asks is wrong with it. $… are rows of the client who is erased.
BODIES: dict[str, dict[str, Any]] = {
    "get-available-slots": {
        "session_type_id": "$type",
        "from_date": LATER[:10],
        "until_date": LATER[:10],
        "time_zone": "America/Toronto",
    },
    "create-liability-waiver": {"waiver_text": "$waiver"},
    "get-waiver-pdf": {"waiver_id": "$waiver_id"},
    "record-consent": {"consent_type": "marketing", "consented": True},
    "book-session-with-credit": {"practitioner_id": "$host", "scheduled_at": LATER, "duration_minutes": 45},
    "create-session-payment": {
        "payment_type": "package_5",
        "session_type_id": "$type",
        "duration_minutes": 45,
    },
    "quote-cancellation": {"session_id": "$session"},
    "cancel-session": {"session_id": "$session"},
    "reschedule-session": {"session_id": "$session", "scheduled_at": LATER},
    "link-group-sessions": {"session_id": "$session", "correlated_session_id": "$session"},
    "unlink-group-sessions": {"session_id": "$session"},
    "record-audit-log": {"action": "LOGIN", "table_name": "auth"},
    "create-agora-room": {"channelName": "$room", "sessionId": "$session"},
    "create-agora-token": {"channelName": "$room", "sessionId": "$session"},
    "start-agora-recording": {"session_id": "$session"},
    "stop-agora-recording": {"session_id": "$session"},
    "get-recording-status": {"session_id": "$session"},
    "create-recording-share-link": {"recording_id": "$recording"},
    "revoke-recording-share-link": {"share_link_id": NOBODY},
    "create-action-recommendation": {"client_id": "$me", "title": "x", "action_type": "other"},
    "update-action-status": {"action_id": NOBODY, "completed": True},
    "refund-payment": {"session_id": "$session", "reason": "x"},
    "encrypt-banking-data": {
        "practitioner_id": "$host",
        "bank_name": "Bank",
        "account_holder_name": "Me",
        "account_type": "checking",
        "country": "CA",
        "account_number": "1234567",
        "routing_number": "00012345",
    },
    "verify-practitioner-banking": {"practitioner_id": "$host", "changed_at": LATER},
    "issue-practitioner-contract": {"practitioner_id": "$host"},
    "sign-practitioner-contract": {"signature_name": "Me"},
    "get-contract-pdf": {"contract_id": NOBODY},
    "get-session-calendar": {"session_id": "$session"},
    "send-booking-confirmation": {"session_id": "$session"},
    "send-cancellation-notice": {"session_id": "$session"},
    "send-class-reminder": {"session_id": "$session"},
    "send-payment-receipt": {"payment_intent_id": "pi_x"},
    "get-earnings-statement": {"year": 2026, "currency": "cad"},
}
WITHOUT_BODY = {
    *("get-liability-waiver-status", "get-consent-status", "check-session-credits", "export-my-data"),
    *("get-banking-key", "export-earnings-csv", "list-users", "list-payments", "export-payout-file"),
    "export-bank-file",
}
# These only read, and a token that is good reads what its holder may: of other people nothing.
READS = {
    *("get-available-slots", "get-liability-waiver-status", "get-consent-status", "check-session-credits"),
    *("get-waiver-pdf", "quote-cancellation", "get-recording-status", "get-session-calendar"),
    *("get-banking-key", "get-contract-pdf"),
}
COLUMNS = f"""
  select c.oid::regclass::text as table, a.attname::text as column,
         format('%s.%s.%s', c.relnamespace::regnamespace, c.relname, a.attname) as name,
         {KEY} as key, {TRIGGER} as trigger
    from pg_class c join pg_attribute a on a.attrelid = c.oid
   where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
     and a.attnum > 0 and not a.attisdropped
     and a.atttypid in ('uuid'::regtype, 'uuid[]'::regtype, 'text'::regtype, 'text[]'::regtype, 'jsonb'::regtype)
   order by 1, 2
"""
# Where an id of a person stands inside of what is written about them, and not in a column for it.
MENTIONS = {
    "private.idempotency_keys.caller": "written by whoever calls, which refuse_gone_caller asks; erased by name",
    "private.idempotency_keys.arguments": "erased by the id that is searched in it",
    "private.idempotency_keys.answer": "erased by the id that is searched in it",
    "private.outbox.payload": "of a cancelled session, until the event is addressed; blanked by user_id",
    "private.mails.payload": "of an event about their session, to the practitioner; user_id has the key",
    "private.rate_uses.subject": "a count by the id for a day at most, and of attempts after that",
    "public.access_grants.resource_id": "of their own profile; grantor_id has the key",
    "public.audit_logs.metadata": "columns that name people, as they were written in an audited table",
    "public.audit_logs.record_id": "of their own profile or export",
}


@dataclass
class Gone:
    """A client who was everywhere and is erased, with the token that is still good."""

    scene: MarkedClient
    receipt: dict[str, Any]
    names: dict[str, str]
    named_before: dict[str, int]

    @property
    def person(self) -> Person:
        return self.scene.client

    def body(self, function: str) -> Any:
        body = {k: self.names.get(str(v), v) for k, v in BODIES.get(function, {}).items()}
        return body or None


def named(stage: Stage, person: Person) -> dict[str, int]:
    """Every column that has somebody's id in it, with the number of rows."""
    found = {}
    for column in stage.owner.execute(COLUMNS).fetchall():
        query = f'select count(*) from {column["table"]} where strpos("{column["column"]}"::text, %s) > 0'
        if count := stage.value(query, str(person.id)):
            found[column["name"]] = count
    return found


def erase(stage: Stage, person: Person) -> dict[str, Any]:
    reply = stage.invoke("erase-my-account", CONFIRMATION, as_=person).raise_for_status()
    answer: dict[str, Any] = reply.json()
    return answer


def refused(reply: httpx.Response) -> bool:
    """By a status; or, where the pages read nothing else, by `success`."""
    if reply.status_code == 200 and reply.headers["content-type"].startswith("application/json"):
        return reply.json().get("success") is False
    return reply.status_code in (401, 403, 404, 409)


@pytest.fixture(scope="module")
def gone(stage: Stage) -> Gone:
    scene = MarkedClient(stage)
    scene.leave_traces()
    kept = "select id from public.liability_waivers where user_id = %s limit 1"
    names = {
        "$me": str(scene.client.id),
        "$host": str(scene.practitioner.practitioner_id),
        "$type": str(stage.value("select id from public.session_types where duration_minutes = 45 limit 1")),
        "$waiver": stage.value("select policy_text from public.waiver_policy where is_active"),
        "$waiver_id": str(stage.value(kept, scene.client.id)),
        "$session": str(scene.past["id"]),
        "$room": scene.past["room_name"],
        "$recording": str(scene.recording),
    }
    named_before = named(stage, scene.client)
    return Gone(scene, erase(stage, scene.client), names, named_before)


@pytest.fixture(scope="module")
def gone_host(stage: Stage) -> Person:
    """A practitioner with a client, who is erased too."""
    host, client = stage.practitioner(), stage.client()
    past = stage.session(client=client, practitioner=host, starts_in_minutes=-3000, status="completed")
    note = {
        "session_id": str(past["id"]),
        "author_id": str(client.id),
        "content": "x",
        "visibility": "shared",
    }
    stage.rest("POST", "session_notes", as_=client, json=note).raise_for_status()
    erase(stage, host)
    return host


def test_each_column_with_an_id_of_theirs_is_guarded(stage: Stage, gone: Gone) -> None:
    """By content, whatever it is called: after they did all that a client can do."""
    guarded = {c["name"] for c in stage.owner.execute(COLUMNS).fetchall() if c["key"] or c["trigger"]}

    assert len(gone.named_before) > 30, gone.named_before
    assert set() == gone.named_before.keys() - guarded - FOLLOWS.keys() - MENTIONS.keys()


def test_every_function_that_people_call_is_tried() -> None:
    """A new one is found here."""
    called = {name for name, f in functions().items() if "user" in f.callers} - {"erase-my-account"}

    assert called == BODIES.keys() | WITHOUT_BODY
    assert called >= READS


@pytest.mark.parametrize("name", sorted(BODIES.keys() | WITHOUT_BODY))
def test_no_function_acts_for_a_gone_account(stage: Stage, gone: Gone, gone_host: Person, name: str) -> None:
    """Neither a client's nor a practitioner's; and nothing names them that did not before."""
    for person in (gone.person, gone_host):
        before = named(stage, person)

        reply = stage.invoke(
            name, gone.body(name), as_=person, headers={"idempotency-key": str(uuid.uuid4())}
        )

        assert refused(reply) or (name in READS and reply.status_code in (200, 422)), reply.text
        assert before == named(stage, person)


def rows_of(gone: Gone, person: Person) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for every table that people insert into, as the matrix has it, under somebody's name."""
    ids = {CLIENT: str(person.id), PRACTITIONER: str(person.id)}
    things = {"practitioner_id": gone.names["$host"], "session_id": gone.names["$session"]}
    for table, rules in MATRIX.items():
        if rules.insert.replace("service", "").strip():
            row = {k: ids.get(str(v), v) for k, v in rules.new.items()}
            row |= {k: v for k, v in things.items() if row.get(k) == ROW}
            yield table, json.loads(json.dumps(row, default=str))


def test_no_table_takes_a_row_of_a_gone_account(stage: Stage, gone: Gone, gone_host: Person) -> None:
    """Through the Data API, under their own name."""
    for person in (gone.person, gone_host):
        before = named(stage, person)
        tried = list(rows_of(gone, person))

        replies = {table: stage.rest("POST", table, as_=person, json=row) for table, row in tried}

        assert len(tried) > 25
        assert {} == {table: reply.text for table, reply in replies.items() if not refused(reply)}
        assert before == named(stage, person)


def test_what_stays_of_them_is_changed_by_nobody_with_their_token(stage: Stage, gone: Gone) -> None:
    """The session is kept as evidence, with their id; its note would be a place to write."""
    for method, path, change in (
        ("PATCH", f"session_schedules?id=eq.{gone.names['$session']}", {"notes": "still here"}),
        ("PATCH", f"profiles?id=eq.{gone.person.id}&select=id", {"full_name": "Still Here"}),
        ("DELETE", f"session_notes?author_id=eq.{gone.person.id}", None),
    ):
        reply = stage.rest(method, path, as_=gone.person, json=change)
        assert (401, "account_gone") == (reply.status_code, reply.json()["details"]), reply.text


def test_a_gone_practitioner_reads_nothing_of_clients(stage: Stage, gone_host: Person) -> None:
    for table in ("session_notes", "session_attendance", "action_recommendations"):
        assert [] == stage.rest("GET", f"{table}?select=*", as_=gone_host).json(), table
    # Their own stays without a name, for the lists of others.
    own = [{"id": str(gone_host.id), "full_name": "Former practitioner", "email": None}]
    assert own == stage.rest("GET", "profiles?select=id,full_name,email", as_=gone_host).json()
    open_classes = "session_schedules?select=id&max_participants=eq.1"
    assert [] == stage.rest("GET", open_classes, as_=gone_host).json()


# Again


def plant(stage: Stage, stack: Stack, gone: Gone) -> set[str]:
    """Rows of theirs that no trigger and no key looked at, as a restored backup brings them. Gives where they are."""
    me, past, m = str(gone.person.id), gone.names["$session"], gone.scene.marker
    rows: dict[str, tuple[str, tuple[Any, ...]]] = {
        "public.liability_waivers": (
            "(user_id, waiver_text, waiver_policy_id, waiver_policy_version, signer_name, evidence_sha256)"
            " select %s, policy_text, id, version + (1e6 * random())::integer, %s,"
            "        md5(random()::text) || md5(random()::text) from public.waiver_policy limit 1",
            (me, m),
        ),
        "public.session_notes": (
            "(session_id, author_id, content, visibility) values (%s, %s, %s, 'shared')",
            (past, me, m),
        ),
        "public.journal_entries": ("(user_id, content) values (%s, %s)", (me, m)),
        "public.user_preferences": ("(user_id, country) values (%s, %s)", (me, m)),
        "public.meditation_memories": ("(user_id, content) values (%s, %s)", (me, m)),
        "private.outbox": (
            "(kind, user_id, payload) values ('x', %s, jsonb_build_object('said', %s::text))",
            (me, m),
        ),
    }
    # Only a superuser puts the triggers of foreign keys to sleep.
    password = json.loads((stack.state / "secrets.json").read_text())["supabase_admin_password"]
    superuser = {"user": "supabase_admin", "password": password}
    with psycopg.connect(stage.env["DATABASE_URL"], **superuser) as connection:
        connection.execute("set session_replication_role = replica")
        for table, (insert, values) in rows.items():
            connection.execute(f"insert into {table} {insert}".encode(), values)
        connection.execute("update public.profiles set full_name = %s where id = %s", [m, me])
        connection.execute("update public.checkout_sessions set notes = %s where user_id = %s", [m, me])
    return {*rows, "public.profiles", "public.checkout_sessions"}


@pytest.mark.parametrize("asks", ["self", "service"])
def test_erasing_again_does_all_of_it_again(stage: Stage, stack: Stack, gone: Gone, asks: str) -> None:
    """By the token that is still good, and by the platform for an id; the receipt says what was found this time."""
    gone.scene.purge()
    assert [] == gone.scene.traces()
    before = gone.scene.stage.row(
        "select * from public.erasure_receipts where pseudonym = %s", gone.person.id
    )
    assert plant(stage, stack, gone) == set(gone.scene.traces())

    if asks == "self":
        again = erase(stage, gone.person)
    else:
        again = stage.invoke_as_service("erase-my-account", {"user_id": str(gone.person.id)}).json()

    assert [] == gone.scene.traces()
    after = stage.row("select * from public.erasure_receipts where pseudonym = %s", gone.person.id)
    assert (gone.receipt["receipt_id"], after["counts"]) == (again["receipt_id"], again["erased"])
    assert (
        2
        == after["last_counts"]["rows_deleted"]
        == again["erased"]["rows_deleted"] - before["counts"]["rows_deleted"]
    )
    assert 6 == after["last_counts"]["rows_redacted"]
    assert after["last_erased_at"] > before["last_erased_at"]
    assert "Former client" == stage.value(
        "select full_name from public.profiles where id = %s", gone.person.id
    )
    lines = "select count(*) from public.audit_logs where user_id = %s and created_at > %s"
    assert 0 == stage.value(lines, gone.person.id, before["last_erased_at"] + timedelta(seconds=1))

    erase(stage, gone.person)
    assert {0} == set(
        stage.value(
            "select last_counts from public.erasure_receipts where pseudonym = %s", gone.person.id
        ).values()
    )


def test_what_is_being_written_while_the_account_goes_is_erased_too(stage: Stage) -> None:
    """The account waits for whoever has written about it and not yet committed, as for a foreign key."""
    person = stage.client()
    replies: list[dict[str, Any]] = []
    with psycopg.connect(stage.env["DATABASE_URL"]) as writer:
        writer.execute(
            "insert into public.liability_waivers"
            " (user_id, waiver_text, waiver_policy_id, waiver_policy_version, signature_name)"
            " select %s, policy_text, id, version, 'A Name' from public.waiver_policy where is_active",
            [person.id],
        )
        erasing = threading.Thread(target=lambda: replies.append(erase(stage, person)))
        erasing.start()
        waiting = "select count(*) from pg_stat_activity where %s = any (pg_blocking_pids(pid))"
        deadline = time.monotonic() + 20
        while not stage.value(waiting, writer.info.backend_pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert erasing.is_alive()
    erasing.join()

    assert replies
    kept = stage.row("select * from public.liability_waivers where user_id = %s", person.id)
    assert kept["evidence_sha256"]
    assert (None, None) == (kept["signature_name"], kept["signer_email"])
