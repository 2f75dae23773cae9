"""Reminding by request: of one session by its people, of all that are due by staff; nobody twice."""

from tests.mail_scene import MailScene

NAME = "send-class-reminder"


def test_a_session_is_reminded_of_once(mail: MailScene) -> None:
    """The practitioner asks twice, and the scheduler's run asks too."""
    body = {"session_id": str(mail.tomorrow()["id"])}

    replies = [mail.stage.invoke(NAME, body, as_=mail.practitioner).json() for _ in range(2)]
    mail.send()

    assert replies == [{"success": True, "reminders_sent": number} for number in (1, 0)]
    assert mail.only_mail_to(mail.client)["Subject"].startswith("Reminder: ")


def test_the_hourly_job_reminds_everybody_once(mail: MailScene) -> None:
    """With an empty body, as it always called; an admin may as well."""
    mail.tomorrow()

    replies = [mail.stage.invoke_as_service(NAME), mail.stage.invoke(NAME, as_=mail.stage.admin())]

    assert [reply.json()["reminders_sent"] for reply in replies] == [1, 0]


def test_a_session_far_ahead_is_not_reminded_of_yet(mail: MailScene) -> None:
    session_id = mail.book()

    assert mail.stage.invoke(NAME, {"session_id": session_id}, as_=mail.client).json()["reminders_sent"] == 0


def test_people_may_not_remind_everybody(mail: MailScene) -> None:
    """Nor of other people's sessions."""
    session_id = str(mail.tomorrow()["id"])

    everybody = mail.stage.invoke(NAME, {}, as_=mail.client)
    strangers = mail.stage.invoke(NAME, {"session_id": session_id}, as_=mail.stage.client())

    assert [(403, "admins_only"), (404, "session_not_found")] == [
        (reply.status_code, reply.json()["code"]) for reply in (everybody, strangers)
    ]
