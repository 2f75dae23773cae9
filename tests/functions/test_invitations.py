"""A calendar event in a mail: where mail programs look for one, and as a file for the others."""

from email import message_from_bytes
from email.policy import SMTP
from uuid import UUID

import pytest
import vobject

from functions.send_notifications.carriers import Smtp
from functions.send_notifications.message import Invitation, Message
from functions.send_notifications.settings import MailSettings

EVENT = "\r\n".join(
    (
        "BEGIN:VCALENDAR",
        "METHOD:{method}",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:{title}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL"])
@pytest.mark.parametrize("title", ["Session", "Séance avec \u2068دانا\u2069"])
def test_by_smtp_an_invitation_is_one_of_the_alternatives(method: str, title: str) -> None:
    """The last and so the best of them, with its method; and the same event is a file, which any program can open."""
    content = EVENT.format(method=method, title=title)
    settings = MailSettings.from_environment(
        {"SMTP_URL": "smtp://mail.test", "POSTMARK_FROM_EMAIL": "Sadhu <noreply@mail.test>"}
    )
    message = Message(
        to="to@mail.test",
        subject="Subject",
        text="Text",
        html="<p>Text</p>",
        model={},
        invitation=Invitation("REQUEST" if method == "REQUEST" else "CANCEL", content),
    )

    sent = Smtp(settings)._mime(UUID(int=1), message).as_bytes(policy=SMTP)

    mail = message_from_bytes(sent, policy=SMTP)
    assert "multipart/mixed" == mail.get_content_type()
    alternatives, file = mail.iter_parts()
    assert "multipart/alternative" == alternatives.get_content_type()
    text, html, event = alternatives.iter_parts()
    assert ["text/plain", "text/html", "text/calendar"] == [
        part.get_content_type() for part in (text, html, event)
    ]
    assert (method, "utf-8", None) == (
        event.get_param("method"),
        event.get_param("charset"),
        event.get_content_disposition(),
    )
    assert event["content-transfer-encoding"] in ("7bit", "base64"), (
        "no calendar program expects anything else"
    )
    assert title == vobject.readOne(event.get_content()).vevent.summary.value
    assert ("application/ics", "session.ics", content.encode()) == (
        file.get_content_type(),
        file.get_filename(),
        file.get_payload(decode=True),
    )


def test_a_mail_without_an_event_brings_no_file() -> None:
    """Text and HTML, and no more."""
    settings = MailSettings.from_environment({"SMTP_URL": "smtp://mail.test"})
    message = Message(to="to@mail.test", subject="Subject", text="Text", html="<p>Text</p>", model={})

    assert "multipart/alternative" == Smtp(settings)._mime(UUID(int=1), message).get_content_type()


def test_whom_people_write_to_is_an_address_alone() -> None:
    """It goes into calendar files, too, where a name beside it would be part of it."""
    with pytest.raises(Exception, match="SUPPORT_EMAIL"):
        MailSettings.from_environment(
            {"SMTP_URL": "smtp://mail.test", "SUPPORT_EMAIL": "Support <support@sadhu.com>"}
        )
