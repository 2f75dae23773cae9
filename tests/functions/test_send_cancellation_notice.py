"""Asking for a notice of a cancellation or a move: what happened is told, not what the caller says."""

from tests.mail_scene import MailScene

NAME = "send-cancellation-notice"


def test_the_request_finds_the_mail_that_the_cancellation_wrote(mail: MailScene) -> None:
    """The database says what came back; the page's own words do not count."""
    session_id = mail.book()
    mail.cancel(session_id)
    body = {
        "session_id": session_id,
        "cancellation_type": "grace",
        "credit_returned": 0,
        "is_reschedule": False,
    }

    replies = [mail.stage.invoke(NAME, body, as_=mail.client).json() for _ in range(2)]
    mail.send()

    assert replies[0] == replies[1]
    assert "Your credit is back" in mail.only_mail_to(mail.client)["TextBody"]


def test_the_request_finds_the_mail_that_the_move_wrote(mail: MailScene) -> None:
    """As the page asks after moving."""
    session_id = mail.book()
    mail.send()
    mail.move(session_id)
    body = {
        "session_id": session_id,
        "cancellation_type": "standard",
        "credit_returned": 0,
        "is_reschedule": True,
    }

    asked = mail.stage.invoke(NAME, body, as_=mail.client).json()
    mail.send()

    assert asked["success"]
    assert mail.mails_to(mail.client)[-1]["Subject"].startswith("New time: ")
    assert mail.logged()[-1]["metadata"]["mail_id"] == asked["messageId"]


def test_a_session_that_was_not_cancelled_or_moved_has_no_notice(mail: MailScene) -> None:
    """Participants get a refusal, others get not found."""
    session_id = mail.book()

    for is_reschedule, code in ((False, "session_not_cancelled"), (True, "session_not_moved")):
        body = {"session_id": session_id, "is_reschedule": is_reschedule}
        assert mail.stage.invoke(NAME, body, as_=mail.client).json()["code"] == code
        assert mail.stage.invoke(NAME, body, as_=mail.stage.client()).json()["code"] == "session_not_found"


def test_a_cancellation_older_than_the_outbox_has_one_notice(mail: MailScene) -> None:
    """The mail is written now."""
    session_id = mail.book()
    mail.cancel(session_id)
    mail.stage.execute("delete from private.outbox where session_id = %s", session_id)

    replies = [
        mail.stage.invoke(NAME, {"session_id": session_id}, as_=mail.practitioner).json() for _ in range(2)
    ]
    mail.send()

    assert replies[0] == replies[1]
    assert mail.only_mail_to(mail.client)["Subject"].startswith("Cancelled: ")
