"""A scene in which a story is told: people do what their pages send and what their mails lead to, and hear of it."""

import re
import uuid
from html import unescape
from typing import Any

import httpx

from .cast import Person, Stage
from .mail_scene import event_in
from .page_scene import PageScene
from .payment_scene import PaymentScene, pay_on
from .recording_scene import until

AN_HOUR = 60.0
ONLY_MAILED = {"welcome", "my_sessions", "class_links"}


class StoryScene(PageScene):
    """A client, a practitioner and an admin, of whom nobody has been told anything yet."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.admin = stage.admin()
        self._heard: dict[uuid.UUID, tuple[int, int]] = {}
        for person in (self.client, self.practitioner, self.admin):
            self.hear(person)

    def join_in(self) -> Person:
        """Somebody else who books, and has read what they were told so far."""
        person = self.booker()
        self.hear(person)
        return person

    # What they are told

    def hear(self, person: Person) -> list[str]:
        """What somebody was told since they were asked last: the kinds of mails that came, each with a notification."""
        self.send()
        is_new = person.id not in self._heard
        last, notes = self._heard.get(person.id, (0, 0))
        mails = self.stage.owner.execute(
            "select kind, status, status_reason, position from private.mails where user_id = %s"
            " order by ended_at, position",
            (person.id,),
        ).fetchall()
        path = "user_notifications?select=kind&order=created_at"
        noted = [row["kind"] for row in self.stage.rest("GET", path, as_=person).raise_for_status().json()]
        self._heard[person.id] = (max((mail["position"] for mail in mails), default=0), len(noted))
        told = [mail for mail in mails if mail["position"] > last]
        assert len(self.mails_to(person)) == [mail["status"] for mail in mails].count("sent")
        # Beside a mail that is not true any more, too: the pages show both.
        noting = sorted(
            mail["kind"]
            for mail in told
            if mail["kind"] not in ONLY_MAILED and mail["status_reason"] != "no_show"  # which has none
        )
        assert is_new or sorted(noted[notes:]) == noting
        return [mail["kind"] for mail in told if mail["status"] == "sent"]

    def newest_text(self, person: Person) -> str:
        """The newest mail to somebody, as one line."""
        return " ".join(self.mails_to(person)[-1]["TextBody"].split())

    def newest_event(self, person: Person) -> Any:
        """The calendar event of the newest mail to somebody, in the one calendar that it is in."""
        return event_in(self.mails_to(person)[-1]).vevent

    # What they do, and the clock

    def wait_until(self, minutes_before: float, session: object) -> None:
        """It is now so near the session. Nobody has moved it, nobody is told, and what was agreed is as agreed."""
        execute = self.stage.execute
        with self.stage.owner.transaction():
            execute(
                "create temp table changed on commit drop as select session_id from private.session_agreements"
            )
            execute(
                "create temp table nearer on commit drop as"
                " select id, scheduled_at - now() - make_interval(secs => 60 * %s) as by"
                " from public.session_schedules where id = %s",
                minutes_before,
                session,
            )
            execute(
                "update public.session_schedules s set scheduled_at = scheduled_at - by from nearer n where s.id = n.id"
            )
            execute(
                "update private.session_agreements a set scheduled_at = a.scheduled_at - by from changed, nearer,"
                " public.session_schedules s where a.session_id = changed.session_id and s.id = a.session_id"
                " and nearer.id in (s.id, s.group_class_id)"
            )
            execute(
                "delete from private.session_agreements where changed_at = now()"
                " and session_id not in (select session_id from changed)"
            )
            # Whoever waits has waited as long, and was told of nothing else.
            execute(
                "update public.waiting_list_entries e set told = private.describe_told_class(s),"
                " kept_until = kept_until - n.by"
                " from nearer n join public.session_schedules s on s.id = n.id where e.class_id = n.id"
            )
            for told in ("private.outbox", "public.user_notifications"):
                execute(f"delete from {told} where created_at = now()")

    def patch(self, session: str, who: Person, **columns: Any) -> httpx.Response:
        """A page's update of a session."""
        return self.stage.rest("PATCH", f"session_schedules?id=eq.{session}", as_=who, json=columns)

    def rpc(self, name: str, who: Person, **body: Any) -> Any:
        reply = self.stage.rest("POST", f"rpc/{name}", as_=who, json=body)
        assert reply.is_success, reply.text
        return reply.json()

    def read(self, path: str, who: Person) -> list[dict[str, Any]]:
        reply = self.stage.rest("GET", path, as_=who)
        assert reply.status_code == 200, reply.text
        return list(reply.json())

    def submit(self, link: str, button: str, **fields: Any) -> str:
        """A page's form, by the words on its button, with what it holds besides. Says what the next page says."""
        forms = re.findall(r"<form\b([^>]*)>(.*?)</form>", self.look(link).raise_for_status().text, re.DOTALL)
        for attributes, form in forms:
            pressed = re.search(rf"<button([^>]*)>\s*{re.escape(button)}", form)
            if pressed:
                action = re.search(r'action="([^"]+)"', attributes)
                to = str(httpx.URL(link).join(unescape(action[1]))) if action else link
                hidden = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
                own = re.findall(r'name="(\w+)" value="([^"]*)"', pressed[1])
                return words(self.press(to, **dict(hidden + own) | fields).raise_for_status().text)
        raise AssertionError(f"no button says: {button}")

    def cancel_by_link(self, person: Person) -> str:
        """By the newest mail that leads there. Says what the page says then."""
        return self.submit(self.link_to("manage_session", person), "Cancel this session")

    def make_class_on_page(self, **more: Any) -> dict[str, Any]:
        """The admin's page makes a class, and reads it back."""
        row = self.from_classes_page(self.admin, class_name="Evening class", **more)
        made = self.stage.rest("POST", "session_schedules", as_=self.admin, json=row)
        assert made.status_code == 201, made.text
        return self.row(made.json()[0]["id"])

    def take_seat(self, group_class: dict[str, Any], person: Person) -> str:
        """The booking page joins a class. Gives the seat's id."""
        seat = self.stage.rest("POST", "session_schedules", as_=person, json=self.seat(group_class, person))
        assert seat.status_code == 201, seat.text
        return str(seat.json()[0]["id"])

    def pay_singly(self, person: Person) -> str:
        """The checkout page asks, and Stripe's page is filled in. Gives the session's id."""
        paying = PaymentScene(self.stage)
        paying.client, paying.practitioner, paying.starts_at = person, self.practitioner, self.starts_at
        opened = paying.pay(paying.from_checkout_page()).raise_for_status().json()
        pay_on(opened["url"])
        until(lambda: paying.sessions(person), "the paid session")
        return str(paying.sessions(person)[-1]["id"])

    # What is so

    def row(self, session: object) -> dict[str, Any]:
        return self.stage.row("select * from public.session_schedules where id = %s", session)

    def payments(self, practitioner: Person) -> list[dict[str, Any]]:
        """As the practitioner's earnings page reads them."""
        path = f"session_payments?select=*&practitioner_id=eq.{practitioner.practitioner_id}"
        return self.read(path, practitioner)

    def is_earned(self, session: object) -> bool:
        query = "select exists (select from private.earned_seats where session_id = %s)"
        return bool(self.stage.value(query, session))


def words(page: str) -> str:
    """What a page says, as one line."""
    said = re.sub(r"<(style|title)\b.*?</\1>", "", page, flags=re.DOTALL)
    said = re.sub("</?(?:bdi|strong|span)>", "", said)  # which part no words
    return " ".join(unescape(re.sub("<[^>]+>", " ", said)).split())


def hold(stage: Stage, session: object, hours_ago: float = 2) -> None:
    """It was held, so long ago: nobody looked on, as where no event came."""
    stage.execute(
        "update public.session_schedules set status = 'completed',"
        " scheduled_at = now() - make_interval(secs => 3600 * %s) where id = %s",
        hours_ago,
        session,
    )
