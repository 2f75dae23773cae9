"""The head of the audit log in the mailbox of whoever keeps it: daily, once, with what the doctor's command takes."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from deploy import audit
from functions.send_notifications.settings import MailSettings
from shared.settings import MissingSettings
from tests.cast import Stage
from tests.mail_scene import FakePostmark
from tests.payment_scene import served

KEEPER = "keeper@audit.test"


@pytest.fixture(autouse=True)
def no_heads(stage: Stage) -> None:
    stage.admin()  # a line at least
    stage.execute("delete from private.audit_heads")
    stage.execute(
        "update private.mails set status = 'dropped', next_attempt_at = null where status = 'queued'"
    )


@pytest.fixture
def sender(stage: Stage) -> Iterator[httpx.Client]:
    with served("send-notifications", stage, AUDIT_HEAD_EMAIL=KEEPER) as client:
        yield client


def run(stage: Stage, sender: httpx.Client) -> httpx.Response:
    return sender.post("/", json={}, headers={"apikey": stage.env["SUPABASE_SECRET_KEY"]})


def mails(stage: Stage) -> list[dict[str, Any]]:
    caught = stage.http.get(f"{stage.env['MAIL_URL']}/messages").json()
    return [mail for mail in caught if mail["To"] == KEEPER]


def test_a_head_is_mailed_daily_and_proven_by_the_next(
    stage: Stage, sender: httpx.Client, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the clock calls. What stands in the mail is what the command takes, printed there."""
    known = len(mails(stage))
    for _ in range(3):
        run(stage, sender).raise_for_status()
    (first,) = mails(stage)[known:]
    position, sha256 = re.search(r"verify-audit-log (\d+):([0-9a-f]{64})", first["TextBody"]).groups()  # type: ignore[union-attr]
    row = stage.row("select position, line_id, encode(sha256, 'hex') as sha256 from private.audit_heads")
    assert (row["position"], row["sha256"]) == (int(position), sha256)
    assert f"Audit log, line {position}: {sha256[:16]}" == first["Subject"]
    assert "the first head" in first["TextBody"] and str(row["line_id"]) in first["TextBody"]
    grouped = re.search(r"Hash: ([0-9a-f ]+)", first["TextBody"])[1]  # type: ignore[index]
    assert sha256 == grouped.replace(" ", "")

    stage.execute("update private.audit_heads set day = day - 1")
    stage.admin()  # another line
    run(stage, sender).raise_for_status()
    second = mails(stage)[-1]
    assert f"leads through the head mailed before, of {row_day(stage)}: line {position}" in " ".join(
        second["TextBody"].split()
    )

    monkeypatch.setenv("DATABASE_URL", stage.env["DATABASE_URL"])
    with pytest.raises(SystemExit) as end:
        audit.verify([f"{position}:", *grouped.split()])
    assert not end.value.code, capsys.readouterr().out


def row_day(stage: Stage) -> Any:
    return stage.value("select min(day) from private.audit_heads")


def test_a_log_that_was_written_anew_is_said_in_the_subject(stage: Stage, sender: httpx.Client) -> None:
    """Yesterday's head is another one than the chain has; check-invariants says it from then on."""
    run(stage, sender).raise_for_status()
    stage.execute("update private.audit_heads set day = day - 1, sha256 = sha256(sha256)")
    run(stage, sender).raise_for_status()

    last = mails(stage)[-1]
    assert last["Subject"].startswith("BROKEN: Audit log, line ")
    assert "Keep all these mails" in " ".join(last["TextBody"].split())
    checked = stage.invoke_as_service("check-invariants").json()
    assert "the audit log does not lead through a head that was mailed" in {
        r["rule"] for r in checked["details"]
    }
    stage.execute("delete from private.audit_heads")


def test_a_mail_that_was_not_taken_is_tried_again(
    stage: Stage, httpserver: HTTPServer, make_httpserver: HTTPServer
) -> None:
    postmark = FakePostmark(make_httpserver)
    url = make_httpserver.url_for("").rstrip("/")
    with served(
        "send-notifications", stage, AUDIT_HEAD_EMAIL=KEEPER, POSTMARK_SERVER_TOKEN="t", POSTMARK_API_URL=url
    ) as sender:
        postmark.will_answer(503, 0)
        run(stage, sender).raise_for_status()
        assert stage.value("select mailed_at from private.audit_heads") is None
        run(stage, sender).raise_for_status()
        assert 1 == len(postmark.asked)  # not within its minutes
        stage.execute("update private.audit_heads set claimed_until = now()")
        run(stage, sender).raise_for_status()

    assert stage.value("select mailed_at from private.audit_heads")
    assert [KEEPER, KEEPER] == [body["To"] for _, body in postmark.asked]
    assert postmark.asked[0][1]["Subject"] == postmark.asked[1][1]["Subject"]


def test_without_an_address_nothing_is_claimed(stage: Stage) -> None:
    claimed = "select count(*) from private.audit_heads"
    before = stage.value(claimed)
    stage.invoke_as_service("send-notifications").raise_for_status()
    assert before == stage.value(claimed)


def test_the_address_must_be_one() -> None:
    with pytest.raises(MissingSettings, match="AUDIT_HEAD_EMAIL"):
        MailSettings.from_environment({"SMTP_URL": "smtp://mail.test", "AUDIT_HEAD_EMAIL": "nobody"})
