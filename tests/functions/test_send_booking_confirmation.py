"""Asking for a confirmation: by who has a part in the session, and never a second one."""

from uuid import uuid4

from tests.mail_scene import MailScene

NAME = "send-booking-confirmation"


def test_the_request_finds_the_mail_that_the_booking_wrote(mail: MailScene) -> None:
    """Whoever asks, before and after it was sent."""
    session_id = mail.book()
    body = {"session_id": session_id}

    first = mail.stage.invoke(NAME, body, as_=mail.client).json()
    mail.send()
    others = [
        mail.stage.invoke(NAME, body, as_=mail.practitioner).json(),
        mail.stage.invoke(NAME, body, as_=mail.stage.admin()).json(),
        mail.stage.invoke_as_service(NAME, body).json(),
    ]
    mail.send()

    assert first["success"]
    assert [first] * 3 == others
    assert first["messageId"] == mail.logged()[0]["metadata"]["mail_id"]
    assert len(mail.mails_to(mail.client)) == 1


def test_a_booking_older_than_the_outbox_is_confirmed_once(mail: MailScene) -> None:
    """The mail is written now."""
    session_id = mail.book()
    mail.stage.execute("delete from private.outbox where session_id = %s", session_id)

    replies = [mail.stage.invoke(NAME, {"session_id": session_id}, as_=mail.client).json() for _ in range(2)]
    mail.send()

    assert replies[0] == replies[1]
    assert mail.only_mail_to(mail.client)["Subject"].startswith("Booked: ")


def test_a_stranger_gets_not_found(mail: MailScene) -> None:
    """As does an anonymous caller."""
    session_id = mail.book()

    for who, known in ((mail.stage.client(), session_id), (mail.client, uuid4())):
        refused = mail.stage.invoke(NAME, {"session_id": str(known)}, as_=who)
        assert (404, "session_not_found") == (refused.status_code, refused.json()["code"])


def test_a_cancelled_session_is_not_confirmed(mail: MailScene) -> None:
    """409."""
    session_id = mail.book()
    mail.cancel(session_id)

    refused = mail.stage.invoke(NAME, {"session_id": session_id}, as_=mail.client)

    assert (409, "session_not_scheduled") == (refused.status_code, refused.json()["code"])
