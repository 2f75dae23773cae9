"""Mail: what happened is mailed once, in the reader's time, and not when it is not true any more."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from tests.mail_scene import MailScene, event_in
from tests.payment_scene import PaymentScene, served


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


def test_each_is_told_in_the_language_that_they_read(mail: MailScene) -> None:
    """The client in French, text, page and event; the practitioner in English."""
    mail.stage.rest(
        "POST", "rpc/set_language", as_=mail.client, json={"language": "fr-CA"}
    ).raise_for_status()
    mail.book()
    mail.send()

    french, english = mail.only_mail_to(mail.client), mail.only_mail_to(mail.practitioner)
    assert french["Subject"].startswith("Réservation\u00a0: Séance debout avec Practitioner, ")
    assert "votre place est réservée." in " ".join(french["TextBody"].split(" "))
    assert '<html lang="fr-CA">' in french["HtmlBody"] and "\u00a0h\u00a0" in french["TextBody"]
    assert "Séance debout avec Practitioner" == event_in(french).vevent.summary.value
    assert english["Subject"].startswith("New booking: Standing session, ")
    assert '<html lang="en">' in english["HtmlBody"]


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
