"""The audit log: it says which columns changed, it is only added to, and its chain shows whether it was."""

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from .booking_load import run_at_once
from .conftest import CLIENT, ROW, Sandbox

SECRET = "words that nobody else may read"
LINE = "insert into public.audit_logs (user_id, action, table_name, ip_address) values (%s, 'VIEW', 'x', '203.0.113.9')"
CHANGES = "update public.audit_logs set table_name = 'y' where id = %s"
REMOVES = "delete from public.audit_logs where id = %s"
BLANKS = (
    "update public.audit_logs set ip_address = null, user_agent = null, metadata = null, personal_salt = null"
    " where id = %s"
)


def findings(sandbox: Sandbox) -> list[str]:
    """What is wrong, once what was written is sealed."""
    sandbox.act_as("owner")
    sandbox.run("set constraints all immediate")
    sandbox.run("set constraints all deferred")
    return [row["finding"] for row in sandbox.run("select finding from private.check_audit_chain()")]


def newest(sandbox: Sandbox) -> str:
    """The line that came last."""
    return str(sandbox.one("select line_id from private.audit_chain order by position desc limit 1"))


def write(sandbox: Sandbox, lines: int = 3) -> str:
    """Some lines of the service's; gives the one in the middle."""
    sandbox.act_as("service")
    for _ in range(lines):
        sandbox.run(LINE, CLIENT)
        findings(sandbox)
        sandbox.act_as("service")
    sandbox.act_as("owner")
    return str(
        sandbox.one(
            "select line_id from private.audit_chain order by position desc offset %s limit 1", lines // 2
        )
    )


def without_triggers(sandbox: Sandbox, attempt: str, *values: Any) -> None:
    """What the owner of a database can do, who can switch a trigger off."""
    sandbox.act_as("owner")
    sandbox.run("alter table public.audit_logs disable trigger user")
    sandbox.run("alter table private.audit_chain disable trigger user")
    sandbox.run(attempt, *values)
    sandbox.run("alter table public.audit_logs enable trigger user")
    sandbox.run("alter table private.audit_chain enable trigger user")


def test_a_line_names_the_columns_and_not_their_contents(sandbox: Sandbox) -> None:
    """A note's content is in the note, and nowhere else; that it was changed is in the log."""
    sandbox.act_as("client")
    note = sandbox.one(
        "insert into public.session_notes (session_id, author_id, content) values (%s, %s, %s) returning id",
        ROW,
        CLIENT,
        SECRET,
    )
    sandbox.run("update public.session_notes set content = %s where id = %s", SECRET + "!", note)
    sandbox.run("delete from public.session_notes where id = %s", note)

    sandbox.act_as("owner")
    lines = sandbox.run(
        "select action, metadata, user_id::text from public.audit_logs where record_id = %s"
        " order by array_position(array['INSERT', 'UPDATE', 'DELETE'], action)",
        note,
    )
    assert ["INSERT", "UPDATE", "DELETE"] == [line["action"] for line in lines]
    assert {CLIENT} == {line["user_id"] for line in lines}
    assert "content" in lines[0]["metadata"]["columns"]
    assert "content" in lines[1]["metadata"]["columns"]
    assert "visibility" not in lines[1]["metadata"]["columns"]
    assert {"session_id": ROW, "author_id": CLIENT}.items() <= lines[2]["metadata"]["deleted_data"].items()
    assert SECRET not in str(lines)


def test_a_change_of_status_keeps_both_values(sandbox: Sandbox) -> None:
    """A value that says nothing about a person is logged."""
    sandbox.act_as("admin")
    sandbox.run(
        "update public.session_schedules set status = 'in_progress', notes = %s where id = %s", SECRET, ROW
    )

    sandbox.act_as("owner")
    metadata = sandbox.one(
        "select metadata from public.audit_logs where record_id = %s and action = 'UPDATE' order by created_at desc"
        " limit 1",
        ROW,
    )
    assert ("scheduled", "in_progress") == (metadata["old_data"]["status"], metadata["new_data"]["status"])
    assert "notes" in metadata["columns"]
    assert SECRET not in str(metadata)


@pytest.mark.parametrize("who", ["service", "admin", "owner"])
def test_nobody_changes_or_removes_a_line(sandbox: Sandbox, who: str) -> None:
    """Neither by a grant, nor by hand."""
    line = write(sandbox)
    for attempt in (CHANGES, REMOVES):
        sandbox.act_as(who)
        with sandbox.refused("audit_log_is_kept") if who == "owner" else sandbox.forbidden():
            sandbox.run(attempt, line)
    if who == "owner":
        for table in ("public.audit_logs", "private.audit_chain"):
            with sandbox.refused("audit_log_is_kept"):
                sandbox.run(f"truncate {table}")


def test_an_untouched_log_verifies(sandbox: Sandbox) -> None:
    """However the lines came."""
    write(sandbox)

    assert [] == findings(sandbox)
    assert 0 == sandbox.one("select count(*) from private.audit_seal_queue")


def test_the_server_dates_a_line(sandbox: Sandbox) -> None:
    """A line cannot be dated back."""
    sandbox.act_as("owner")
    written = sandbox.one(
        "insert into public.audit_logs (action, table_name, created_at) values ('VIEW', 'x', '2020-01-01')"
        " returning created_at = now()"
    )

    assert written


@pytest.mark.parametrize(
    ("attempt", "finding"),
    [
        (CHANGES, "a line was changed"),
        ("update public.audit_logs set metadata = '{\"a\": 1}' where id = %s", "a line was changed"),
        ("update public.audit_logs set user_id = gen_random_uuid() where id = %s", "a line was changed"),
        (BLANKS, "a line was changed"),
        (REMOVES, "a line was removed"),
        (
            "delete from private.audit_chain where line_id = %s",
            "entries of the chain are missing before this one",
        ),
        (
            "insert into public.audit_logs (action, table_name, personal_salt, personal_sha256)"
            " select action, table_name, personal_salt, personal_sha256 from public.audit_logs where id = %s",
            "a line was added past the chain",
        ),
        (
            "update private.audit_chain set line_sha256 = sha256('forged') where line_id = %s",
            "this entry does not follow from the one before it",
        ),
    ],
)
def test_a_manipulation_is_found(sandbox: Sandbox, attempt: str, finding: str) -> None:
    """Even one by somebody who can switch triggers off."""
    line = write(sandbox)

    without_triggers(sandbox, attempt, line)

    assert finding in findings(sandbox)


def test_a_redaction_keeps_the_chain(sandbox: Sandbox) -> None:
    """The personal parts are gone with their salt; the line still stands where it stood."""
    line = write(sandbox)
    sandbox.run("select private.redact_audit_lines(array[%s]::uuid[], 'erasure')", line)

    assert [] == findings(sandbox)
    kept = sandbox.run("select * from public.audit_logs where id = %s", line)[0]
    assert [None] * 4 == [kept[name] for name in ("ip_address", "user_agent", "metadata", "personal_salt")]
    assert (CLIENT, "VIEW") == (str(kept["user_id"]), kept["action"])


def test_ten_writers_at_once_keep_the_chain_complete(database: str) -> None:
    """Each line is in the chain once, and nobody waits for anybody."""

    def some(connection: psycopg.Connection[dict[str, Any]]) -> None:
        for _ in range(10):
            connection.execute(LINE, [CLIENT])

    with psycopg.connect(database, row_factory=dict_row, autocommit=True) as owner:
        before = owner.execute("select count(*) as n from private.audit_chain").fetchone()
        ends = run_at_once(database, *[some] * 10)
        owner.execute("select private.seal_audit_lines()")  # what the last losers of the lock left
        after = owner.execute("select count(*) as n from private.audit_chain").fetchone()
        wrong = owner.execute("select * from private.check_audit_chain()").fetchall()

    assert ["done"] * 10 == ends
    assert before and after
    assert 100 == after["n"] - before["n"]
    assert [] == wrong


def test_a_writer_does_not_wait_while_the_chain_is_extended(database: str) -> None:
    """A writer that finds the lock taken leaves its line to the next."""
    with psycopg.connect(database) as sealing, psycopg.connect(database, autocommit=True) as writing:
        sealing.execute(LINE, [CLIENT])
        sealing.execute("set constraints all immediate")
        writing.execute("set statement_timeout = '2s'")
        writing.execute(LINE, [CLIENT])
        left = writing.execute("select count(*) from private.audit_seal_queue").fetchone()
        sealing.commit()
        writing.execute("select private.seal_audit_lines()")
        wrong = writing.execute("select * from private.check_audit_chain()").fetchall()

    assert (1,) == left
    assert [] == wrong
