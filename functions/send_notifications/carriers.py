"""What sends a mail: Postmark, or an SMTP server. Both report the outcome, and never try again by themselves.

Neither has an idempotency key. So what counts is the difference between "it was not accepted", which may be tried
again, and "nobody knows", which may not.
"""

import asyncio
import smtplib
import socket
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, parseaddr
from functools import cache
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote, urlsplit
from uuid import UUID

import httpx

from shared.outside import outside

from .contract import Outcome
from .message import Invitation, Message
from .settings import MailSettings

TIMEOUT = httpx.Timeout(15, connect=3)
SMTP_TIME_S = 20  # for a whole mail; smtplib's own timeout is for each read
# Postmark's error codes for what is wrong with our account and not with a mail: token, sender, plan.
ACCOUNT_ERRORS = {10, 400, 401, 405, 412, 413}
INACTIVE = 406  # the address bounced for good, or complained
NOT_ACCEPTED = {429, 500, 503}  # any other status may come from a proxy between us


class Carried(NamedTuple):
    """The outcome for one mail. `is_our_fault`: every other mail fails as well until somebody acts."""

    outcome: Outcome
    message_id: str | None = None
    reason: str | None = None
    is_our_fault: bool = False


class Carrier(Protocol):
    """Takes a mail, or looks for one whose fate is unknown."""

    async def send(self, mail_id: UUID, message: Message, template: dict[str, Any], kind: str) -> Carried: ...
    async def find(self, mail_id: UUID) -> Carried: ...


@cache
def carrier() -> Carrier:
    """Whichever is set up; Postmark if both are."""
    settings = MailSettings.read()
    return Postmark(settings) if settings.token else Smtp(settings)


class Postmark:
    """Postmark's HTTP API."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._url = settings.postmark_api_url.rstrip("/")
        self._headers = {"x-postmark-server-token": settings.token, "accept": "application/json"}

    async def send(self, mail_id: UUID, message: Message, template: dict[str, Any], kind: str) -> Carried:
        body: dict[str, Any] = {
            "From": self._settings.postmark_from_email,
            "To": message.to,
            "ReplyTo": self._settings.support_email,
            "Tag": kind,
            "TrackOpens": False,
            "TrackLinks": "None",
            "Headers": [{"Name": name, "Value": value} for name, value in message.headers.items()],
            "Metadata": {"mail_id": str(mail_id)},  # by which it is found again
            "Attachments": _postmark_files(message.invitation),
        }
        if template:
            body |= {**template, "TemplateModel": message.model}
        else:
            body |= {"Subject": message.subject, "HtmlBody": message.html, "TextBody": message.text}
        path = "/email/withTemplate" if template else "/email"
        try:
            reply = await outside().post(self._url + path, json=body, headers=self._headers, timeout=TIMEOUT)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Carried("later", reason="not_reached")
        except httpx.TransportError:
            return Carried("unknown", reason="no_answer")
        return _judge(reply)

    async def find(self, mail_id: UUID) -> Carried:
        """By its metadata, in Postmark's list of what it took; the list is minutes behind."""
        query = {"count": "1", "offset": "0", "metadata_mail_id": str(mail_id)}
        try:
            reply = await outside().get(
                f"{self._url}/messages/outbound", params=query, headers=self._headers, timeout=TIMEOUT
            )
            found = reply.json()["Messages"] if reply.status_code == 200 else []
        except (httpx.TransportError, ValueError, KeyError):
            found = []
        if not found:
            return Carried("not_found", reason="not_found")
        return Carried("sent", message_id=found[0]["MessageID"], reason="found")


def _postmark_files(invitation: Invitation | None) -> list[dict[str, str]]:
    """Postmark has no alternatives: an invitation is an inline attachment of this type, and a file once more."""
    if invitation is None:
        return []
    file = {"Name": invitation.file_name, "Content": invitation.base64}
    media_type = f"text/calendar; charset=utf-8; method={invitation.method}"
    return [
        {**file, "ContentType": media_type, "Disposition": "inline"},
        {**file, "ContentType": "application/ics"},
    ]


def _judge(reply: httpx.Response) -> Carried:
    """What an answer of Postmark's means. Its message is not kept: it names addresses."""
    try:
        body = reply.json()
        code = int(body["ErrorCode"])
    except (ValueError, KeyError, TypeError):
        body, code = {}, -1
    if reply.status_code == 200:
        # Accepted; perhaps not by Postmark, if the body is unknown, but nothing says that it was not.
        return Carried("sent", message_id=body.get("MessageID"))
    if code == INACTIVE:
        return Carried("failed", reason="inactive_recipient")
    reason = f"postmark_{reply.status_code}" + (f"_{code}" if code > 0 else "")
    if reply.status_code in (401, 403) or code in ACCOUNT_ERRORS:
        return Carried("later", reason=reason, is_our_fault=True)
    if reply.status_code in NOT_ACCEPTED:
        return Carried("later", reason=reason)
    return Carried("failed" if reply.status_code < 500 else "unknown", reason=reason)


class Smtp:
    """An SMTP server: smtp://user:password@host:587, or smtps:// for TLS from the first byte."""

    def __init__(self, settings: MailSettings, seconds: float = SMTP_TIME_S) -> None:
        self._settings = settings
        self._url = urlsplit(settings.smtp_url)
        self._seconds = seconds

    async def send(self, mail_id: UUID, message: Message, template: dict[str, Any], kind: str) -> Carried:
        return await asyncio.to_thread(self._send, self._mime(mail_id, message))

    async def find(self, mail_id: UUID) -> Carried:
        return Carried("not_found", reason="not_found")  # there is nobody to ask

    def _mime(self, mail_id: UUID, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"], mail["To"] = self._settings.postmark_from_email, message.to
        mail["Subject"], mail["Reply-To"] = message.subject, self._settings.support_email
        mail["Date"] = formatdate()
        mail["Message-ID"] = (
            f"<{mail_id}@{self._settings.postmark_from_email.rpartition('@')[2].rstrip('>')}>"
        )
        for name, value in message.headers.items():
            mail[name] = value
        mail.set_content(message.text)
        mail.add_alternative(message.html, subtype="html")
        if invitation := message.invitation:
            # Programs take an invitation only from among the alternatives, and whoever has none of them, the file.
            mail.add_alternative(
                invitation.content,
                subtype="calendar",
                cte="7bit" if invitation.content.isascii() else "base64",
                params={"method": invitation.method},
            )
            mail.add_attachment(
                invitation.content.encode(),
                maintype="application",
                subtype="ics",
                filename=invitation.file_name,
            )
        return mail

    def _send(self, mail: EmailMessage) -> Carried:
        with _Connection(self._url.scheme == "smtps", self._seconds) as server:
            return self._hand_over(mail, server)

    def _hand_over(self, mail: EmailMessage, server: "_Connection") -> Carried:
        sender, recipient = _address(mail["From"]), _address(mail["To"])
        try:
            self._log_in(server)
            _accepted(server.mail(sender))
            _accepted(server.rcpt(recipient))
        except smtplib.SMTPResponseException as error:
            return _refused(error)
        except (OSError, smtplib.SMTPException):
            return Carried("later", reason="not_reached")
        try:
            _accepted(server.data(mail.as_bytes(policy=SMTP)))
        except smtplib.SMTPResponseException as error:
            return _refused(error)
        except (OSError, smtplib.SMTPException):
            return Carried("unknown", reason="no_answer")
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            pass  # it has the mail
        return Carried("sent", message_id=str(mail["Message-ID"]))

    def _log_in(self, server: "_Connection") -> None:
        host, user = self._url.hostname or "", self._url.username
        _accepted(server.connect(host, self._url.port or (465 if server.is_tls else 587)))
        server.ehlo()
        # A password never goes in the open.
        if not server.is_tls and (user or server.has_extn("starttls")):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        if user:
            server.login(unquote(user), unquote(self._url.password or ""))


class _Connection(smtplib.SMTP):
    """A connection that ends when its time is over, whatever it is waiting for just then."""

    def __init__(self, is_tls: bool, seconds: float) -> None:
        self.is_tls = is_tls  # from the first byte
        self._seconds = seconds
        self._socket: socket.socket | None = None
        super().__init__(timeout=10)

    def __enter__(self) -> "_Connection":
        self._timer = threading.Timer(self._seconds, self._cut_off)
        self._timer.daemon = True
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.close()
        if self._socket:
            self._socket.close()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        opened = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._host = host  # whose certificate STARTTLS asks for
        self._socket = opened.dup()  # stays the same connection, also when TLS takes the other one over
        if not self._timer.is_alive():
            self._cut_off()
        return (
            ssl.create_default_context().wrap_socket(opened, server_hostname=host) if self.is_tls else opened
        )

    def _cut_off(self) -> None:
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _accepted(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _refused(error: smtplib.SMTPResponseException) -> Carried:
    reason = f"smtp_{error.smtp_code}"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return Carried("later", reason=reason, is_our_fault=True)
    return Carried("failed" if error.smtp_code >= 500 else "later", reason=reason)


def _address(written: str) -> str:
    return parseaddr(written)[1]
