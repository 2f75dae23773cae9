"""Mail: what happened is mailed once, in the reader's time, and not when it is not true any more."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from psycopg.types.json import Jsonb

from tests.cast import Person, Stage
from tests.mail_scene import MailScene, event_in
from tests.payment_scene import PaymentScene, served


@pytest.fixture
def mail(stage: Stage) -> MailScene:
    """Somebody who books, and whose mail is read."""
    return MailScene(stage)


def test_a_booking_is_confirmed_to_client_and_practitioner(mail: MailScene) -> None:
    """Each gets one mail, with a calendar file."""
    mail.call(mail.client, "Client of the scene")
    session_id = mail.book()

    assert mail.send() == {"sent": 2}
    assert mail.send() == {}

    confirmation, notice = mail.only_mail_to(mail.client), mail.only_mail_to(mail.practitioner)
    at = mail.starts_at.astimezone(ZoneInfo("America/Toronto"))
    day, hour = f"{at:%A, %B} {at.day}, {at.year}", f"{at.hour % 12 or 12}:00"
    for form in ("TextBody", "HtmlBody"):
        assert day in confirmation[form]
        assert f"{hour} – {hour[:-2]}45 {at:%p} ({at:%Z}, Toronto time)" in confirmation[form]
        assert f"/sessions/{session_id}" in confirmation[form]
    assert confirmation["Subject"].startswith("Booked: Standing session with Practitioner, ")
    assert "Client of the scene has booked a session with you." in notice["TextBody"]
    for each in (confirmation, notice):
        event = event_in(each).vevent
        assert (str(session_id), mail.starts_at) == (event.uid.value, event.dtstart.value.astimezone(UTC))
    assert "List-Unsubscribe" not in str(confirmation["Headers"])


def test_a_sent_mail_is_in_the_log_and_on_the_pages(mail: MailScene) -> None:
    """With Postmark's id of it; the client marks what they have read, and changes nothing else."""
    session_id = mail.book()
    mail.send()

    (line,) = mail.logged()
    assert ("session_booked", "sent", mail.client.email, session_id, "session_booked") == (
        line["email_type"],
        line["status"],
        line["recipient_email"],
        str(line["session_id"]),
        line["template_id"],
    )
    assert line["message_id"] == mail.only_mail_to(mail.client)["id"]
    path = f"user_notifications?related_id=eq.{session_id}"
    (shown,) = mail.stage.rest("GET", path, as_=mail.client).json()
    assert shown["title"] == "Session booked"
    assert shown["message"].startswith("Your session with Practitioner is on ")
    (read,) = mail.stage.rest("PATCH", path, as_=mail.client, json={"read_at": "now"}).json()
    assert read["read_at"]
    assert mail.stage.rest("PATCH", path, as_=mail.client, json={"title": "Mine"}).status_code == 403


def test_names_are_inserted_as_plain_text(mail: MailScene) -> None:
    """Whatever somebody calls themself: no tag, no header, no second line."""
    mail.call(mail.client, 'Eve</td><img src=x onerror="alert(1)">\r\nBcc: all@stage.test')
    mail.book()
    mail.send()

    notice = mail.only_mail_to(mail.practitioner)
    assert "<img" not in notice["HtmlBody"]
    assert (
        "Eve&lt;/td&gt;&lt;img src=x onerror=&#34;alert(1)&#34;&gt; Bcc: all@stage.test has"
        in notice["HtmlBody"]
    )
    assert "\n" not in notice["Subject"]
    assert '<img src=x onerror="alert(1)">' in " ".join(notice["TextBody"].split())
    assert "Bcc" not in str(notice["Headers"])
    assert "Bcc" not in event_in(notice).vevent.contents


def test_times_are_in_the_time_zone_of_the_reader(mail: MailScene) -> None:
    """By the zone in their preferences; nonsense in there is no zone."""
    for zone, said in (("Europe/Paris", "Paris time)"), ("Mars/Olympus", "Toronto time)")):
        mail.stage.execute(
            "insert into public.user_preferences (user_id, timezone) values (%s, %s)"
            " on conflict (user_id) do update set timezone = excluded.timezone",
            mail.client.id,
            zone,
        )
        mail.starts_at += timedelta(hours=2)
        mail.book()
        mail.send()

        assert said in mail.mails_to(mail.client)[-1]["TextBody"]


def test_a_session_is_the_same_calendar_event_for_life(mail: MailScene) -> None:
    """Booked, moved, cancelled: one uid, and each version above the one before."""
    session_id = mail.book()
    mail.send()
    mail.move(session_id)
    mail.send()
    mail.cancel(session_id)
    mail.send()

    events = [event_in(each) for each in mail.mails_to(mail.client)]
    assert [each.method.value for each in events] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [each.vevent.sequence.value for each in events] == ["0", "1", "2"]
    assert {each.vevent.uid.value for each in events} == {session_id}
    assert events[2].vevent.status.value == "CANCELLED"
    moved = mail.mails_to(mail.client)[1]["TextBody"]
    assert "your session has moved, as you asked." in moved
    assert "Before, it was" in moved


def test_a_session_moved_before_its_mail_went_out_is_confirmed_at_its_new_time(mail: MailScene) -> None:
    """In one mail: no second one is sent about the move."""
    mail.move(mail.book())
    mail.send()

    event = event_in(mail.only_mail_to(mail.client)).vevent
    assert mail.starts_at + timedelta(days=1) == event.dtstart.value.astimezone(UTC)
    assert [
        ("session_booked", "sent", None),
        ("session_rescheduled", "dropped", "already_stated"),
    ] == mail.states()


def test_a_hall_that_is_moved_is_told_with_what_it_was_and_what_one_may_do(mail: MailScene) -> None:
    """To everybody with a seat, and to the practitioner; the entry in their calendar changes with it."""
    group_class = mail.make_class(session_location="in_person", physical_location="Hall 2 - Old Street")
    mail.stage.rest("POST", "session_schedules", as_=mail.client, json=mail.seat(group_class, mail.client))
    mail.send()
    mail.stage.rest(
        "PATCH",
        f"session_schedules?id=eq.{group_class['id']}",
        as_=mail.stage.admin(),
        json={"physical_location": "Hall 9 - New Street"},
    ).raise_for_status()
    mail.send()

    booked, changed = mail.mails_to(mail.client)
    assert changed["Subject"].startswith("Changed: Group class with Practitioner, ")
    for form in ("TextBody", "HtmlBody"):
        text = " ".join(changed[form].split())
        assert "Hall 9 - New Street" in text
        assert "Before, it was at Hall 2 - Old Street." in text
        assert "You did not ask for this." in text
    events = [event_in(each).vevent for each in (booked, changed)]
    assert ["0", "1"] == [event.sequence.value for event in events]
    assert "Hall 9 - New Street" == events[1].location.value
    told = [("class_scheduled", "sent", None), ("session_changed", "sent", None)]
    assert told == mail.states(mail.practitioner)
    assert "You did not ask" not in mail.mails_to(mail.practitioner)[-1]["TextBody"]


def test_a_proposed_time_is_asked_for_and_the_answer_told(mail: MailScene) -> None:
    """A no leaves the session, a yes moves it; each side has the words for it."""
    session_id = mail.book()
    mail.send()

    def propose(hours: int) -> None:
        to = (mail.starts_at + timedelta(hours=hours)).isoformat()
        body = {"session_id": session_id, "scheduled_at": to}
        mail.stage.rest(
            "POST", "rpc/propose_session_time", as_=mail.practitioner, json=body
        ).raise_for_status()
        mail.send()

    def answer(accepts: bool) -> None:
        body = {"session_id": session_id, "accepts": accepts}
        mail.stage.rest("POST", "rpc/answer_session_change", as_=mail.client, json=body).raise_for_status()
        mail.send()

    propose(1)
    asked = " ".join(mail.mails_to(mail.client)[-1]["TextBody"].split())
    assert "Practitioner asks whether you can come on" in asked
    assert "With a yes your session moves; it costs nothing. If you say no, or nothing until" in asked
    assert "/answer-change?token=" in asked and "/manage-session?token=" in asked
    answer(False)
    assert "cannot come" in " ".join(mail.mails_to(mail.practitioner)[-1]["TextBody"].split())
    propose(2)
    answer(True)
    assert "has said yes to the time that you proposed." in mail.mails_to(mail.practitioner)[-1]["TextBody"]
    agreed = mail.mails_to(mail.client)[-1]
    assert "your session has moved, as you agreed." in agreed["TextBody"]
    assert "You did not ask" not in agreed["TextBody"]
    assert mail.starts_at + timedelta(hours=2) == event_in(agreed).vevent.dtstart.value.astimezone(UTC)


def without_welcomes(mail: MailScene) -> None:
    """Nobody who has come into the scene late is welcomed in it."""
    mail.stage.execute(
        "update private.mails set status = 'dropped' where kind = 'welcome' and status = 'queued'"
    )


def test_a_substitute_is_found_and_everybody_told(mail: MailScene) -> None:
    """Client, old and new practitioner, and whoever was too late; one entry goes from one calendar to the other."""
    mail.call(mail.client, "Client of the scene")
    session_id = mail.book()
    mail.send()
    quick, slow, admin = mail.stage.practitioner(), mail.stage.practitioner(), mail.stage.admin()
    without_welcomes(mail)
    body = {"session_id": session_id, "practitioner_ids": [str(p.practitioner_id) for p in (quick, slow)]}
    mail.stage.rest("POST", "rpc/offer_session_to", as_=admin, json=body).raise_for_status()
    mail.send()
    yes = {"session_id": session_id, "accepts": True}
    mail.stage.rest("POST", "rpc/answer_session_offer", as_=quick, json=yes).raise_for_status()
    mail.send()

    subjects = {
        name: [each["Subject"].partition(":")[0].partition("?")[0] for each in mail.mails_to(person)]
        for name, person in (
            ("client", mail.client),
            ("old", mail.practitioner),
            ("quick", quick),
            ("slow", slow),
        )
    }
    assert {
        "client": ["Booked", "Changed"],
        "old": ["New booking", "Not yours any more"],
        "quick": ["Can you lead it", "Yours to lead"],
        "slow": ["Can you lead it", "No longer open"],
    } == subjects
    assert "instead of Practitioner" in " ".join(mail.mails_to(mail.client)[-1]["TextBody"].split())
    told = [each["Subject"] + each["TextBody"] for each in mail.mails_to(quick)]
    assert [False, True] == ["Client of the scene" in each for each in told]  # not before it is theirs
    methods = [
        (event_in(each).method.value, event_in(each).vevent.status.value)
        for each in (mail.mails_to(mail.practitioner)[-1], mail.mails_to(quick)[-1])
    ]
    assert [("CANCEL", "CANCELLED"), ("REQUEST", "CONFIRMED")] == methods


def test_nobody_who_takes_an_offer_is_told_to_who_asked(mail: MailScene) -> None:
    asked, admin = mail.stage.practitioner(), mail.stage.admin()
    without_welcomes(mail)
    session_id = mail.book()
    body = {"session_id": session_id, "practitioner_ids": [str(asked.practitioner_id)]}
    mail.stage.rest("POST", "rpc/offer_session_to", as_=admin, json=body).raise_for_status()
    no = {"session_id": session_id, "accepts": False}
    mail.stage.rest("POST", "rpc/answer_session_offer", as_=asked, json=no).raise_for_status()
    mail.send()

    assert mail.only_mail_to(admin)["Subject"].startswith("Nobody took it: ")


def test_a_session_cancelled_before_its_mail_went_out_is_not_confirmed(mail: MailScene) -> None:
    """The cancellation is sent, with what came back."""
    mail.cancel(mail.book())
    mail.send()

    assert [
        ("session_booked", "dropped", "session_cancelled"),
        ("session_cancelled", "sent", None),
    ] == mail.states()
    text = mail.only_mail_to(mail.client)["TextBody"]
    assert "this session is cancelled, as you asked." in text
    assert "Your credit is back in your account." in text


def test_a_cancellation_says_who_cancelled(mail: MailScene) -> None:
    """A practitioner who cancelled gets no mail about it."""
    mail.cancel(mail.book(), as_=mail.practitioner)
    mail.send()

    assert "Practitioner had to cancel this session." in mail.only_mail_to(mail.client)["TextBody"]
    assert mail.states(mail.practitioner) == [("session_booked", "dropped", "session_cancelled")]


def test_a_deleted_session_is_still_announced(mail: MailScene) -> None:
    """From what the message has kept of it."""
    session_id = mail.book()
    mail.send()
    mail.stage.execute("delete from public.session_schedules where id = %s", session_id)
    mail.send()

    event = event_in(mail.mails_to(mail.client)[1]).vevent
    assert (session_id, "1", "CANCELLED") == (event.uid.value, event.sequence.value, event.status.value)
    assert mail.starts_at == event.dtstart.value.astimezone(UTC)


def test_a_class_is_announced_to_each_seat_and_its_practitioner(mail: MailScene) -> None:
    """Not to the admin who made it, and not to the practitioner for each seat."""
    group_class = mail.make_class(
        class_name="Evening class", session_location="in_person", physical_location="Hall 2"
    )
    mail.stage.rest("POST", "session_schedules", as_=mail.client, json=mail.seat(group_class, mail.client))
    mail.stage.execute(
        "update public.session_schedules set status = 'cancelled' where id = %s", group_class["id"]
    )
    mail.send()

    assert [("session_booked", "dropped"), ("session_cancelled", "sent")] == [
        each[:2] for each in mail.states()
    ]
    assert "Evening class with Practitioner" in mail.only_mail_to(mail.client)["Subject"]
    assert "Hall 2" in mail.only_mail_to(mail.client)["TextBody"]
    told = [("class_scheduled", "dropped", "session_cancelled"), ("session_cancelled", "sent", None)]
    assert told == mail.states(mail.practitioner)


def test_a_person_is_reminded_once_a_day_before(mail: MailScene) -> None:
    """However many minutes pass. The mail has a way out in one click."""
    session = mail.tomorrow()

    assert mail.run()["reminders"] == 1
    assert mail.run()["reminders"] == 0

    reminder = mail.only_mail_to(mail.client)
    assert reminder["Subject"].startswith("Reminder: Session with Practitioner, ")
    assert str(session["id"]) in reminder["TextBody"]
    headers = {each["Name"]: each["Value"] for each in reminder["Headers"]}
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith(f"<{mail.stage.env['PAGES_URL']}/unsubscribe?token=")
    assert mail.stage.value("select reminder_sent from public.session_schedules where id = %s", session["id"])


def test_a_session_cancelled_a_minute_before_is_not_reminded_of(mail: MailScene) -> None:
    """The reminder is written already, and is not sent; nor is one of what was moved."""
    cancelled, moved = mail.tomorrow(), mail.tomorrow(hours=20)
    mail.stage.execute("select private.remind_sessions()")
    mail.cancel(str(cancelled["id"]))
    mail.stage.execute(
        "update public.session_schedules set scheduled_at = scheduled_at + interval '5 days' where id = %s",
        moved["id"],
    )
    mail.send()

    reminders = [state for state in mail.states() if state[0] == "session_reminder"]
    assert {reason for _, status, reason in reminders if status == "dropped"} == {
        "session_cancelled",
        "session_moved",
    }
    assert not [each for each in mail.mails_to(mail.client) if "Reminder" in each["Subject"]]


def test_a_session_booked_for_tomorrow_is_not_reminded_of(mail: MailScene) -> None:
    """The confirmation has just said so."""
    mail.stage.session(client=mail.client, practitioner=mail.practitioner, starts_in_minutes=23 * 60)

    assert mail.run()["reminders"] == 0


def test_ten_workers_at_once_send_each_mail_once(mail: MailScene) -> None:
    """In two processes; reminders among them."""
    hours = range(50, 74)
    for hour in hours:
        mail.stage.session(client=mail.client, practitioner=mail.practitioner, starts_in_minutes=hour * 60)
    mail.tomorrow()
    mail.make_all_due()
    key = {"apikey": mail.stage.env["SUPABASE_SECRET_KEY"]}

    with served("send-notifications", mail.stage) as other, ThreadPoolExecutor(10) as pool:
        runs = [pool.submit(mail.run) for _ in range(5)]
        runs += [
            pool.submit(lambda: other.post("/", json={}, headers=key).raise_for_status().json())
            for _ in range(5)
        ]
        replies = [run.result() for run in runs]

    assert sum(reply["reminders"] for reply in replies) == 1
    assert sum(reply["mails"].get("sent", 0) for reply in replies) == 2 * len(hours) + 1
    for person in (mail.client, mail.practitioner):
        uids = [event_in(each).vevent.uid.value for each in mail.mails_to(person) if each["Attachments"]]
        assert len(uids) == len(set(uids)) == len(hours)
    assert len(mail.mails_to(mail.client)) == len(hours) + 1


def test_a_payment_leads_to_one_mail_with_the_receipt_of_stripe(
    mail: MailScene, paying: PaymentScene
) -> None:
    """It lists the credits that were bought; a refund is announced too."""
    payment = paying.payment(paying.pay(paying.from_wallet(currency="cad")))
    paying.receive_event(payment.completed()).raise_for_status()
    paying.receive_event(payment.charged()).raise_for_status()
    mail.send()
    paying.receive_event(payment.refunded(payment.amount)).raise_for_status()
    mail.send()

    receipt, returned = (each for each in mail.mails_to(paying.client) if "Welcome" not in each["Subject"])
    amount = f"CA${payment.amount / 100:,.2f}"
    assert receipt["Subject"].startswith(f"Receipt: {amount} for ")
    assert "Credits: 5" in receipt["TextBody"]
    assert paying.checkouts()[0]["receipt_url"] in receipt["TextBody"]
    assert returned["Subject"] == f"We have returned {amount}"


def test_a_charge_back_is_told_to_both_sides_and_so_is_its_end(mail: MailScene, paying: PaymentScene) -> None:
    """Who paid reads what went back and what that cancelled, who leads it why; and who paid that it was won."""
    payment = paying.payment(paying.pay(paying.from_checkout_page()))
    paying.receive_event(payment.completed()).raise_for_status()
    mail.send()
    before = len(mail.mails_to(paying.client)), len(mail.mails_to(paying.practitioner))

    for kind, status in (("created", "needs_response"), ("closed", "lost"), ("funds_reinstated", "won")):
        paying.receive_event(payment.disputed(kind, status)).raise_for_status()
        mail.send()

    mine, theirs = mail.mails_to(paying.client)[before[0] :], mail.mails_to(paying.practitioner)[before[1] :]
    texts = {each["Subject"].partition(":")[0]: " ".join(each["TextBody"].split()) for each in mine}
    assert set(texts) == {"Cancelled", "CA$100.00 went back to you", "CA$100.00 is with us again"}
    assert "is cancelled, because the payment for it was returned to you." in texts["Cancelled"]
    assert "your bank has given you back CA$100.00" in texts["CA$100.00 went back to you"]
    assert "one credit is back in your account" in texts["CA$100.00 is with us again"]
    (notice,) = theirs
    assert "We have cancelled this session, because its payment was returned." in notice["TextBody"]
    assert paying.credits() == [1]


def test_a_signed_text_is_mailed_to_its_signer(mail: MailScene) -> None:
    """The text as it was shown, and its fingerprint."""
    somebody = mail.booker()
    mail.send()

    copy = next(each for each in mail.mails_to(somebody) if each["Subject"] == "Your signed waiver")
    waiver = mail.stage.row("select * from public.liability_waivers where user_id = %s", somebody.id)
    assert waiver["text_sha256"] in copy["TextBody"]
    assert waiver["waiver_text"].split("\n")[0] in copy["TextBody"]


# What the outbox may hold beside what the scenes above bring about, and a phrase that its mail must say.
OTHERS = {
    "session_completed": ({}, "your journal has a page ready"),
    "practitioner_late": ({"minutes": 10, "expected_at": "2031-01-01T17:00:00Z"}, "is running late"),
    "my_sessions": ({}, "each with a link to its page"),
    "recording_ready": ({}, "can be played now"),
    "recording_failed": ({}, "could not be recorded"),
    "recording_ending": ({"expires_at": "2031-01-01T17:00:00Z"}, "is deleted on Wednesday, January 1, 2031"),
    "session_not_booked": (
        {"practitioner_id": None, "scheduled_at": "2031-01-01T17:00:00Z"},
        "Nothing is lost",
    ),
    "session_to_pay": ({}, "pay for it by itself"),
    "payment_returned": (
        {
            "amount_minor": 2500,
            "currency": "cad",
            "credits_taken_back": 3,
            "credits_owed": 1,
            "because": "refund",
        },
        "Credits owed: 1",
    ),
    "payment_restored": (
        {"amount_minor": 2500, "currency": "cad", "credits_given_back": 2, "because": "refund"},
        "we tried to return CA$25.00, and your bank did not take it",
    ),
    "credits_granted": ({"credits": 2, "kind": "adjustment"}, "added 2 credits"),
    "payment_failed": (
        {"amount_minor": 2500, "currency": "cad"},
        "your bank has now told us that it does not pay it",
    ),
    "credit_expiring": ({}, "can be used until"),
    "credits_extended": (
        {"expires_at": "2031-01-01T17:00:00Z", "credits_restored": 2},
        "until Wednesday, January 1, 2031. Those that had ended are there again",
    ),
    "contract_issued": ({"contract_version": "1"}, "ready. Please read it and sign it"),
    "contract_signed": ({}, "You practise, we pay."),
    "contract_expiring": ({"expires_at": "2031-01-01T17:00:00Z"}, "ends on Wednesday, January 1, 2031"),
    "contract_expired": ({"expires_at": None}, "Nobody can book you until"),
    "contract_revoked": ({"reason": "By mutual <agreement>"}, "By mutual <agreement>"),
    "banking_changed": ({"account_last4": "4242"}, "ending in 4242"),
    "payout_paid": ({"amount_minor": 45000, "currency": "usd"}, "US$450.00"),
    "second_admin_wanted": (
        {
            "what": "a payout run",
            "amount_minor": 45000,
            "currency": "usd",
            "expires_at": "2031-01-01T17:00:00Z",
        },
        "A payout run is above the amount",
    ),
}


def test_every_kind_of_message_has_a_template(mail: MailScene) -> None:
    """Those of other parts too; none is left that has no template."""
    session = mail.stage.session(
        client=mail.client, practitioner=mail.practitioner, starts_in_minutes=50 * 60
    )
    mail.stage.execute(
        "insert into public.session_recordings (session_id, status, storage_path, completed_at, recording_url,"
        " duration_seconds, file_size_bytes) values (%s, 'completed', 'x', now(), 'x', 1, 1)",
        session["id"],
    )
    lot = mail.stage.value(
        "select private.grant_credits(%s, 2, expires_at => now() + interval '9 days')", mail.client.id
    )
    ends = mail.stage.value(
        "select expires_at from public.user_session_credits where id = %s", lot
    ).isoformat()
    failed = mail.stage.value(
        "insert into public.checkout_sessions (user_id, payment_type, description, amount_minor, currency, credits,"
        " session_type_id, expires_at, failed_at)"
        " select %s, 'package_5', 'x', 2500, 'cad', 5, id, now(), now() from public.session_types limit 1 returning id",
        mail.client.id,
    )
    contract = mail.stage.value(
        "insert into public.practitioner_contracts (practitioner_id, contract_version, contract_text)"
        " values (%s, '1', 'You practise, we pay.') returning id",
        mail.practitioner.practitioner_id,
    )
    request = mail.stage.value(
        "insert into public.approval_requests (kind, details, amount, currency, expires_at)"
        " values ('payout_run', '{}', 45000, 'usd', now() + interval '7 days') returning id"
    )
    mail.stage.execute("delete from private.mails where status = 'queued'")
    about_session = {
        "session_completed",
        "practitioner_late",
        "recording_ready",
        "recording_failed",
        "recording_ending",
    }
    for kind, (payload, _) in OTHERS.items():
        facts = {"lot_id": str(lot), "contract_id": str(contract), "request_id": str(request), **payload}
        if kind == "credit_expiring":
            facts["expires_at"] = ends
        if kind == "payment_failed":
            facts["checkout_id"] = str(failed)
        if kind in about_session:
            facts["scheduled_at"] = session["scheduled_at"].isoformat()
        mail.stage.execute(
            "select private.publish_event(%s, %s, %s, %s)",
            kind,
            mail.client.id,
            session["id"] if kind in about_session else None,
            Jsonb(facts),
        )

    assert mail.send() == {"sent": len(OTHERS)}

    said = {line["message_id"]: line["email_type"] for line in mail.logged()}
    texts = {said[each["id"]]: " ".join(each["TextBody"].split()) for each in mail.mails_to(mail.client)}
    assert {kind: phrase in texts[kind] for kind, (_, phrase) in OTHERS.items()} == dict.fromkeys(
        OTHERS, True
    )
    elsewhere = {"welcome", "session_booked", "session_cancelled", "session_rescheduled", "session_reminder"}
    elsewhere |= {"session_changed", "session_given_away", "change_proposed", "change_declined"}
    elsewhere |= {"session_offered", "session_offer_closed", "session_not_taken", "substitute_wanted"}
    elsewhere |= {"class_scheduled", "matters_waiting"}
    elsewhere |= {
        "series_booked",
        "series_moved",
        "series_cancelled",
        "time_off_wanted",
    }  # test_manage_series
    kinds = mail.stage.owner.execute("select distinct kind from private.mail_kinds").fetchall()
    assert {row["kind"] for row in kinds} == elsewhere | {"payment_received", "waiver_signed"} | OTHERS.keys()


def test_what_waits_for_a_person_is_mailed_to_the_support_address(mail: MailScene) -> None:
    """Once; what it is, what to do, and nobody's name."""
    support = Person(uuid.uuid4(), mail.stage.env.get("SUPPORT_EMAIL", "support@sadhu.com"), "")
    checkout = mail.stage.value(
        "insert into public.checkout_sessions (user_id, payment_type, description, amount_minor, currency, credits,"
        " session_type_id, expires_at, failed_at, difference)"
        " select %s, 'package_5', 'x', 2500, 'cad', 5, id, now(), now(), 'tax: 1.00 instead of 0.00'"
        " from public.session_types limit 1 returning id",
        mail.client.id,
    )
    before = len(mail.mails_to(support))
    mail.stage.execute(
        "update private.matter_settings set note_every = '0', mail_every = '0', noted_at = '2000-01-01'"
    )

    mail.send()
    mail.send()

    told = mail.mails_to(support)[before:]
    assert len(told) == 1
    text = " ".join(told[0]["TextBody"].split())
    assert f"About: {checkout}" in text and "More: tax: 1.00 instead of 0.00" in text
    assert "What: A payment is not what we asked for" in text and "accept_payment" in text
    assert "waits" in told[0]["Subject"] or "wait for a person" in told[0]["Subject"]
    checked = mail.stage.invoke_as_service("check-invariants").json()
    (waits,) = [each for each in checked["waiting"] if each["rule"].endswith("not what we asked for")]
    assert str(checkout) in waits["examples"] and checked["holds"] is True

    admin = mail.stage.admin()
    listed = mail.stage.rest("POST", "rpc/list_matters", as_=admin, json={}).json()
    (matter,) = [each for each in listed if each["subject"] == str(checkout)]
    body = {"matter_id": matter["id"], "reason": "Refunded in Stripe"}
    refused = mail.stage.rest("POST", "rpc/settle_matter", as_=mail.client, json=body)
    assert (refused.status_code, refused.json()["details"]) == (403, "admins_only")
    settled = mail.stage.rest("POST", "rpc/settle_matter", as_=admin, json=body).json()
    assert settled[0]["settlement"] == "Refunded in Stripe"
    checked = mail.stage.invoke_as_service("check-invariants").json()
    assert not [each for each in checked["waiting"] if str(checkout) in each["examples"]]
    mail.stage.execute("update private.matters set settled_at = now() where settled_at is null")


def test_names_keep_their_joiners_and_their_direction(mail: MailScene) -> None:
    """In subject, text, HTML, notification and calendar: whole, and set apart where they run from right to left."""
    name, practitioner = "علی\u200cرضا\u202e (2)", "ශ්\u200dරී"
    mail.call(mail.client, name)
    mail.stage.execute(
        "update public.practitioners set name = %s where user_id = %s", practitioner, mail.practitioner.id
    )
    session_id = mail.book()
    mail.send()

    mine, theirs = mail.only_mail_to(mail.client), mail.only_mail_to(mail.practitioner)
    assert f"Booked: Standing session with {practitioner}, " in mine["Subject"]
    assert f"with {practitioner}" in mine["TextBody"] and f"with {practitioner}" in mine["HtmlBody"]
    assert f"Standing session with {practitioner}" == event_in(mine).vevent.summary.value
    whole = "علی\u200cرضا (2)"
    assert f"New booking: Standing session with \u2068{whole}\u2069, " in theirs["Subject"]
    assert f"\u2068{whole}\u2069 has booked a session with you." in " ".join(theirs["TextBody"].split())
    assert f"<bdi>{whole}</bdi> has booked a session with you." in theirs["HtmlBody"]
    assert f"Standing session with \u2068{whole}\u2069" == event_in(theirs).vevent.summary.value
    assert whole == event_in(mine).vevent.attendee.params["CN"][0]
    told = mail.stage.value(
        "select message from public.user_notifications where related_id = %s and user_id = %s",
        session_id,
        mail.practitioner.id,
    )
    assert f"Your session with \u2068{whole}\u2069 is on " in told
