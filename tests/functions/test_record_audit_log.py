"""Recording in the audit log: for oneself, of what one may, with what the server saw."""

import uuid
from typing import Any

import httpx
import pytest

from deploy import audit
from tests.cast import Person, Stage

VIEWED = {"action": "VIEW", "table_name": "session_recordings"}


@pytest.fixture(scope="module")
def person(stage: Stage) -> Person:
    """Somebody with nothing special about them."""
    return stage.client()


def record(stage: Stage, person: Person, **body: Any) -> httpx.Response:
    return stage.invoke("record-audit-log", VIEWED | body, as_=person)


def lines(stage: Stage, record_id: str) -> list[dict[str, Any]]:
    """What the log says about a row."""
    found = stage.owner.execute(
        "select * from public.audit_logs where record_id = %s", [record_id]
    ).fetchall()
    return [dict(row) for row in found]


def test_a_person_records_what_they_did(stage: Stage, person: Person) -> None:
    """As the platform's callers read it; who, from where and with what are the server's."""
    row = str(uuid.uuid4())
    claimed = {"ip_address": "203.0.113.9", "user_agent": "claimed"}

    reply = record(
        stage, person, record_id=row, user_id=str(person.id), metadata={"page": "history"}, **claimed
    )

    assert (200, {"success": True, "message": "Audit log recorded"}) == (reply.status_code, reply.json())
    (line,) = lines(stage, row)
    assert (person.id, "VIEW", {"page": "history"}) == (line["user_id"], line["action"], line["metadata"])
    assert "127.0.0.1" == line["ip_address"]
    assert line["user_agent"].startswith("python-httpx/")


def test_an_unknown_action_is_a_422(stage: Stage, person: Person) -> None:
    """It used to be swallowed, and reported as recorded."""
    reply = record(stage, person, action="PEEK")

    assert (422, "action") == (reply.status_code, reply.json()["details"][0]["field"])


@pytest.mark.parametrize("action", ["SELECT", "INSERT", "UPDATE", "DELETE", "ACCESS_DENIED"])
def test_a_person_cannot_forge_an_action_that_triggers_record(
    stage: Stage, person: Person, action: str
) -> None:
    reply = record(stage, person, action=action)

    assert (403, "audit_action_reserved") == (reply.status_code, reply.json()["code"])


def test_a_person_cannot_record_for_somebody_else(stage: Stage, person: Person) -> None:
    """Not a line is written."""
    row = str(uuid.uuid4())
    reply = record(stage, person, user_id=str(uuid.uuid4()), record_id=row)

    assert (403, "audit_of_another_person") == (reply.status_code, reply.json()["code"])
    assert [] == lines(stage, row)


def test_an_anonymous_caller_records_nothing(stage: Stage) -> None:
    assert 401 == stage.invoke("record-audit-log", VIEWED).status_code


def test_the_service_names_the_person_it_records_for(stage: Stage, person: Person) -> None:
    """With the address that it saw."""
    row = str(uuid.uuid4())
    told = {
        "user_id": str(person.id),
        "record_id": row,
        "ip_address": "198.51.100.7",
        "action": "ACCESS_DENIED",
    }

    stage.invoke_as_service("record-audit-log", VIEWED | told).raise_for_status()

    (line,) = lines(stage, row)
    assert (person.id, "198.51.100.7", "ACCESS_DENIED") == (
        line["user_id"],
        line["ip_address"],
        line["action"],
    )


def test_a_repeat_under_the_same_key_is_one_line(stage: Stage, person: Person) -> None:
    row, key = str(uuid.uuid4()), {"idempotency-key": str(uuid.uuid4())}
    for _ in range(2):
        stage.invoke(
            "record-audit-log", {**VIEWED, "record_id": row}, as_=person, headers=key
        ).raise_for_status()

    assert 1 == len(lines(stage, row))


def test_the_command_verifies_the_log_and_finds_a_known_head(
    stage: Stage, person: Person, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An earlier head is still in the chain; one that never was is missed."""
    url = stage.env["DATABASE_URL"]
    before = audit.head(url)
    record(stage, person).raise_for_status()
    monkeypatch.setenv("DATABASE_URL", url)

    forged = f"1:{64 * 'f'}"
    for heads, code in (([before], 0), ([forged], 1)):
        with pytest.raises(SystemExit) as end:
            audit.verify(heads)
        assert code == end.value.code
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("✓ audit log, head ")
    assert printed[1].startswith(f"✗ the head {forged} is not in the chain any more")
