"""Mail about what somebody else changed, or asks to change: told with what it was, and answered."""

from datetime import UTC, timedelta

from tests.mail_scene import MailScene, event_in


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
