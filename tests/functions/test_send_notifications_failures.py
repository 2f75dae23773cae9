"""When mail does not get through: tried again only if it was certainly not taken, and never sent twice."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pytest_httpserver import HTTPServer

from tests.cast import Stage
from tests.mail_scene import FakePostmark, MailScene, event_in
from tests.payment_scene import served


@pytest.fixture(scope="module")
def sender(stage: Stage, make_httpserver: HTTPServer) -> Iterator[httpx.Client]:
    """A sender whose Postmark answers as a test sets it, and has a template of its own for welcomes."""
    with served(
        "send-notifications",
        stage,
        POSTMARK_API_URL=make_httpserver.url_for("").rstrip("/"),
        POSTMARK_WELCOME_TEMPLATE_ALIAS="welcome-2026",
    ) as client:
        yield client


class FailingPostmark(MailScene):
    """Somebody who books, with a Postmark that fails."""

    def __init__(self, stage: Stage, sender: httpx.Client, postmark: FakePostmark) -> None:
        super().__init__(stage)
        self.sender = sender
        self.postmark = postmark
        # Only the client's mails: one for each thing that happens.
        self.stage.execute("delete from private.mails where status <> 'sent'")

    def call_sender(self) -> httpx.Response:
        self.stage.execute("update private.mails set status = 'dropped' where audience = 'practitioner'")
        self.make_all_due()
        return self.sender.post("/", json={}, headers={"apikey": self.stage.env["SUPABASE_SECRET_KEY"]})

    def run(self) -> dict[str, Any]:
        return dict(self.call_sender().raise_for_status().json())


@pytest.fixture
def mail(stage: Stage, sender: httpx.Client, httpserver: HTTPServer) -> FailingPostmark:
    """Mail that fails."""
    return FailingPostmark(stage, sender, FakePostmark(httpserver))


def test_postmark_receives_plain_text_html_and_our_own_id(mail: FailingPostmark) -> None:
    """Neither opens nor clicks are tracked."""
    mail.book()
    mail.send()

    ((path, body),) = mail.postmark.asked
    mail_id = mail.stage.value(
        "select id from private.mails where user_id = %s and status = 'sent'", mail.client.id
    )
    assert (path, mail.client.email, "session_booked", {"mail_id": str(mail_id)}) == (
        "/email",
        body["To"],
        body["Tag"],
        body["Metadata"],
    )
    assert (False, "None") == (body["TrackOpens"], body["TrackLinks"])
    invitation, file = body["Attachments"]
    assert ("text/calendar; charset=utf-8; method=REQUEST", "inline") == (
        invitation["ContentType"],
        invitation["Disposition"],
    )
    assert ("session.ics", "application/ics") == (file["Name"], file["ContentType"])
    assert event_in(body).vevent.organizer.value == f"mailto:{body['ReplyTo']}"
    assert mail.logged()[0]["message_id"] == "pm-1"


def test_a_template_in_postmark_is_filled_where_one_is_configured(mail: FailingPostmark) -> None:
    """With the variables that the platform's templates know."""
    newcomer = mail.stage.client()
    mail.call(newcomer, "Newcomer")
    mail.send()

    ((path, body),) = mail.postmark.asked
    assert (path, body["TemplateAlias"], body["To"]) == (
        "/email/withTemplate",
        "welcome-2026",
        newcomer.email,
    )
    assert body["TemplateModel"]["name"] == "Newcomer"
    assert "Subject" not in body
    assert mail.logged(newcomer)[0]["template_id"] == "welcome-2026"


@pytest.mark.parametrize(("status", "code"), [(500, 100), (503, 100), (429, 429)])
def test_a_mail_that_was_certainly_not_accepted_is_sent_later(
    mail: FailingPostmark, status: int, code: int
) -> None:
    """With growing delays; and then once."""
    mail.book()
    mail.postmark.will_answer(status, code)

    assert mail.run()["mails"] == {"later": 1}
    waits = mail.stage.value(
        "select next_attempt_at > now() + interval '20 seconds' from private.mails where user_id = %s",
        mail.client.id,
    )
    assert waits
    assert mail.send() == {"sent": 1}
    assert len(mail.postmark.asked) == 2
    assert [line["status"] for line in mail.logged()] == ["sent"]


def test_a_dead_address_is_not_written_to_again(mail: FailingPostmark) -> None:
    """Not by the next mail either; what Postmark said of it is kept nowhere, since it names the address."""
    session_id = mail.book()
    mail.postmark.will_answer(422, 406, f"Found inactive addresses: {mail.client.email}")
    assert mail.send() == {"failed": 1}
    mail.cancel(session_id)
    assert mail.send() == {}

    assert mail.states() == [
        ("session_booked", "failed", "inactive_recipient"),
        ("session_cancelled", "dropped", "address_inactive"),
    ]
    assert [(line["status"], line["error_message"]) for line in mail.logged()] == [
        ("failed", "inactive_recipient")
    ]


def test_who_meets_somebody_with_a_dead_address_knows(mail: FailingPostmark) -> None:
    """On the practitioner's dashboard, and for admins; the address is not shown."""
    mail.book()
    mail.postmark.will_answer(422, 406, f"Found inactive addresses: {mail.client.email}")
    mail.send()

    dashboard = mail.stage.rest("POST", "rpc/practitioner_dashboard", as_=mail.practitioner, json={})
    (unreached,) = dashboard.json()[0]["unreachable_clients"]
    assert unreached["client_id"] == str(mail.client.id)
    assert mail.client.email not in dashboard.text
    listed = mail.stage.rest("GET", f"unreachable_people?user_id=eq.{mail.client.id}", as_=mail.stage.admin())
    assert len(listed.json()) == 1


def test_a_mail_that_postmark_rejects_has_failed(mail: FailingPostmark) -> None:
    """The others go out."""
    mail.book()
    mail.postmark.will_answer(422, 300)

    assert mail.send() == {"failed": 1}
    assert mail.states() == [("session_booked", "failed", "postmark_422_300")]


def test_a_run_fails_if_postmark_rejects_our_token(mail: FailingPostmark) -> None:
    """Nothing is lost, and everything goes out once the token is right."""
    mail.book()
    mail.postmark.will_answer(401, 10)

    assert mail.call_sender().status_code == 500
    assert mail.states() == [("session_booked", "queued", "postmark_401_10")]
    assert mail.send() == {"sent": 1}


def test_a_mail_whose_worker_died_while_postmark_was_asked_is_unknown(
    mail: FailingPostmark, stage: Stage
) -> None:
    """It is looked for and not sent again: Postmark has it, or an operator decides."""
    mail.book()
    mail.stage.execute("update private.mails set status = 'dropped' where audience = 'practitioner'")
    mail.postmark.holds.clear()
    key = {"apikey": stage.env["SUPABASE_SECRET_KEY"]}
    with served("send-notifications", stage, is_killed=True, POSTMARK_API_URL=mail.postmark.url) as doomed:
        threading.Thread(target=_ask_and_lose, args=(doomed, key), daemon=True).start()
        while not mail.postmark.asked:
            time.sleep(0.01)
    mail.postmark.holds.set()
    assert mail.states() == [("session_booked", "sending", None)]

    stage.execute("update private.mails set lease_until = now() where user_id = %s", mail.client.id)
    assert mail.send() == {"not_found": 1}
    assert mail.states() == [("session_booked", "unknown", "not_found")]
    mail_id = stage.value("select id from private.mails where user_id = %s", mail.client.id)
    mail.postmark.found[str(mail_id)] = "pm-found"
    assert mail.send() == {"sent": 1}

    assert len(mail.postmark.asked) == 1
    assert [(line["status"], line["message_id"]) for line in mail.logged()] == [
        ("unknown", None),
        ("sent", "pm-found"),
    ]


def _ask_and_lose(client: httpx.Client, key: dict[str, str]) -> None:
    try:
        client.post("/", json={}, headers=key)
    except httpx.TransportError:
        pass  # it was killed


def test_a_mail_whose_worker_died_before_it_started_is_sent_by_another(mail: FailingPostmark) -> None:
    """Its lease ends, and somebody else sends."""
    mail.book()
    mail.stage.execute("update private.mails set status = 'dropped' where audience = 'practitioner'")
    lost = mail.stage.row("select mail_id, lease_id from private.claim_mail()")
    assert mail.run()["mails"] == {}
    mail.stage.execute("update private.mails set lease_until = now() where id = %s", lost["mail_id"])

    assert mail.send() == {"sent": 1}
    assert len(mail.postmark.asked) == 1


def test_a_missing_answer_is_not_taken_for_a_refusal(mail: FailingPostmark, stage: Stage) -> None:
    """The line went dead after the mail was handed over: nobody knows. Nobody listening is another matter."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        threading.Thread(target=_hear_and_hang_up, args=(listener,), daemon=True).start()
        with served("send-notifications", stage, POSTMARK_API_URL=url) as sender:
            mail.sender = sender
            mail.book()
            assert mail.send() == {"unknown": 1}
            listener.close()
            mail.starts_at = mail.starts_at.replace(hour=(mail.starts_at.hour + 3) % 24)
            mail.book()
            mail.stage.execute("update private.mails set status = 'sent' where status = 'unknown'")
            assert mail.send() == {"later": 1}

    assert [state[1:] for state in mail.states()] == [("sent", "no_answer"), ("queued", "not_reached")]


def _hear_and_hang_up(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.recv(100_000)
    connection.close()


def test_without_postmark_mail_goes_by_smtp(mail: FailingPostmark, stage: Stage) -> None:
    """The same mail, with its calendar file and headers."""
    mail.tomorrow()
    mail.book()
    with served(
        "send-notifications", stage, POSTMARK_SERVER_TOKEN="", SMTP_URL=stage.env["SMTP_URL"]
    ) as sender:
        mail.sender = sender
        assert mail.send() == {"sent": 2}

    by_subject = {each["Subject"].partition(":")[0]: each for each in mail.mails_to(mail.client)}
    assert event_in(by_subject["Booked"]).method.value == "REQUEST"
    assert "method=REQUEST" in by_subject["Booked"]["Attachments"][0]["ContentType"].replace('"', "")
    assert "<html" in by_subject["Reminder"]["HtmlBody"]
    assert {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"} in by_subject["Reminder"][
        "Headers"
    ]


def test_the_log_contains_no_personal_data(
    mail: FailingPostmark, stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    """No address and no name: counts, and what we call a mail."""
    mail.call(mail.client, "A rare name")
    mail.book()
    mail.postmark.will_answer(422, 406, f"Found inactive addresses: {mail.client.email}")
    with served("send-notifications", stage, prints=True, POSTMARK_API_URL=mail.postmark.url) as sender:
        mail.sender = sender
        mail.send()

    printed = capfd.readouterr().out
    assert '"mails":{"failed":1}' in printed
    assert mail.client.email not in printed
    assert "A rare name" not in printed
