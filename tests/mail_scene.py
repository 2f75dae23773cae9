"""A scene in which mail is sent, read in the stack's catcher or by a Postmark whose answers a test sets."""

import base64
import json
import re
import threading
from datetime import timedelta
from typing import Any

import vobject
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from .booking_scene import BookingScene
from .cast import Person, Stage

ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}  # as mail programs send it


class MailScene(BookingScene):
    """Somebody who books; and of all mail only what this scene brings about."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        # What other tests brought about is none of this scene's, reminders of their sessions included, nor what waits
        # for a person; and neither are the welcomes of its people.
        while stage.value("select private.remind_sessions()"):
            pass
        stage.execute("update private.outbox set addressed_at = now() where addressed_at is null")
        stage.execute(
            "update private.mails set status = 'dropped', next_attempt_at = null"
            " where status not in ('sent', 'dropped')"
        )
        stage.execute("update private.matter_settings set note_every = '1 day', noted_at = now()")

    def send(self) -> dict[str, int]:
        """Everything that is due goes out. Gives how many came to what."""
        self.make_all_due()
        return dict(self.run()["mails"])

    def run(self) -> dict[str, Any]:
        """The scheduler calls."""
        reply = self.stage.invoke_as_service("send-notifications")
        return dict(reply.raise_for_status().json())

    def make_all_due(self) -> None:
        """Nobody waits for Stripe's receipts, nor for a next attempt."""
        self.stage.execute(
            "update private.mails set next_attempt_at = now() where status in ('queued', 'unknown')"
        )

    def mails_to(self, person: Person) -> list[dict[str, Any]]:
        """What the catcher has for somebody, oldest first."""
        caught = self.stage.http.get(f"{self.stage.env['MAIL_URL']}/messages").json()
        return [mail for mail in caught if mail["To"] == person.email]

    def only_mail_to(self, person: Person) -> dict[str, Any]:
        (mail,) = self.mails_to(person)
        return mail

    def unsubscribe_address(self, mail: dict[str, Any]) -> str | None:
        """The address at which this kind of mail is said no to, if one may."""
        headers = {each["Name"]: each["Value"] for each in mail["Headers"]}
        return headers.get("List-Unsubscribe", "").strip("<>") or None

    def states(self, person: Person | None = None) -> list[tuple[str, str, str | None]]:
        """Somebody's mails: kind, status, and why they have it."""
        rows = self.stage.owner.execute(
            "select kind, status, status_reason from private.mails where user_id = %s and kind <> 'welcome'"
            " and kind <> 'credits_granted' and kind <> 'waiver_signed' order by position",
            ((person or self.client).id,),
        ).fetchall()
        return [(row["kind"], row["status"], row["status_reason"]) for row in rows]

    def logged(self, person: Person | None = None) -> list[dict[str, Any]]:
        """The lines of `email_logs`, oldest first."""
        return self.stage.owner.execute(
            "select * from public.email_logs where user_id = %s order by created_at",
            ((person or self.client).id,),
        ).fetchall()

    def call(self, person: Person, name: str) -> None:
        """Somebody is called so from now on."""
        self.stage.execute("update public.profiles set full_name = %s where id = %s", name, person.id)

    def move(self, session_id: str, *, by: timedelta = timedelta(days=1)) -> None:
        """The client moves their session."""
        body = {"session_id": session_id, "scheduled_at": (self.starts_at + by).isoformat()}
        self.stage.invoke("reschedule-session", body, as_=self.client).raise_for_status()

    def cancel(self, session_id: str, *, as_: Person | None = None) -> None:
        self.stage.invoke(
            "cancel-session", {"session_id": session_id}, as_=as_ or self.client
        ).raise_for_status()

    def tomorrow(self, hours: float = 23) -> dict[str, Any]:
        """A session that was booked long ago and is near by now."""
        session = self.stage.session(
            client=self.client, practitioner=self.practitioner, starts_in_minutes=hours * 60
        )
        self.stage.execute(
            "update private.outbox set created_at = created_at - interval '9 days' where session_id = %s",
            session["id"],
        )
        self.stage.execute(
            "update private.outbox set addressed_at = now() where session_id = %s", session["id"]
        )
        return session


def event_in(mail: dict[str, Any]) -> Any:
    """The invitation of a mail, which is its file too, read by a library that is not the one that wrote it."""
    invitation, file = mail["Attachments"]
    assert invitation["Content"] == file["Content"] and file["ContentType"].startswith("application/ics")
    return vobject.readOne(base64.b64decode(invitation["Content"]).decode())


class FakePostmark:
    """Postmark's API, with answers to order; and what it was asked."""

    def __init__(self, server: HTTPServer) -> None:
        self.url = server.url_for("").rstrip("/")
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.answers: list[Response] = []
        self.found: dict[str, str] = {}  # what a search finds, by our own id of the mail
        self.holds = threading.Event()  # an answer is withheld until this is set
        self.holds.set()
        server.expect_request(re.compile("^/email(/withTemplate)?$"), method="POST").respond_with_handler(
            self._take
        )
        server.expect_request("/messages/outbound").respond_with_handler(self._search)

    def will_answer(self, status: int, code: int, message: str = "No.") -> None:
        body = {"ErrorCode": code, "Message": message}
        self.answers.append(Response(json.dumps(body), status, content_type="application/json"))

    def _take(self, request: Request) -> Response:
        self.asked.append((request.path, request.get_json()))
        self.holds.wait(20)
        if self.answers:
            return self.answers.pop(0)
        body = {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{len(self.asked)}"}
        return Response(json.dumps(body), content_type="application/json")

    def _search(self, request: Request) -> Response:
        message_id = self.found.get(request.args["metadata_mail_id"])
        messages = [{"MessageID": message_id}] if message_id else []
        return Response(json.dumps({"TotalCount": len(messages), "Messages": messages}))
