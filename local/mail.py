"""The mail catcher: takes mail by Postmark's API and by SMTP, sends none of it on, and shows it in a browser."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from .config import Config, write_private
from .mail_pages import body_page, file_page, files_of, list_page, mail_page

WORDS = ("text/plain", "text/html")


class Mailbox:
    """Every mail that was caught, one JSON file each, oldest first."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._folder = config.state / "mail"
        self._folder.mkdir(parents=True, exist_ok=True)
        self.app = web.Application(client_max_size=50 * 1024 * 1024)
        self.app.add_routes(
            [
                web.get("/", self._list),
                web.get("/messages", self._messages),
                web.get("/messages/outbound", self._postmark_search),
                web.get("/messages/{id}", self._show),
                web.get("/messages/{id}/html", self._show_html),
                web.get(r"/messages/{id}/files/{number:\d+}", self._show_file),
                web.delete("/messages", self._empty),
                web.get("/server", self._postmark_server),
                web.post("/email", self._postmark),
                web.post("/email/withTemplate", self._postmark),
                web.post("/email/batch", self._postmark_batch),
            ]
        )

    def smtp(self) -> SMTP:
        """What speaks on one SMTP connection."""
        return SMTP(self, enable_SMTPUTF8=True)

    async def handle_DATA(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=default)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        self._keep(
            {
                "From": str(mail["from"] or envelope.mail_from),
                "To": ", ".join(envelope.rcpt_tos),
                "Subject": str(mail["subject"] or ""),
                "TextBody": text.get_content() if text else "",
                "HtmlBody": html.get_content() if html else "",
                "Headers": [{"Name": name, "Value": str(value)} for name, value in mail.items()],
                "Attachments": [_attachment(part) for part in _files(mail)],
            }
        )
        return "250 caught"

    def _refused(self, request: web.Request) -> web.Response | None:
        if request.headers.get("X-Postmark-Server-Token") == self._config.secrets["POSTMARK_SERVER_TOKEN"]:
            return None
        return web.json_response({"ErrorCode": 10, "Message": "Bad or missing server token."}, status=401)

    async def _postmark_server(self, request: web.Request) -> web.Response:
        """Which server the token is of; mail goes out by it, or only seems to."""
        server = {"ID": 1, "Name": "Local", "DeliveryType": "Live", "SmtpApiActivated": True}
        return self._refused(request) or web.json_response(server)

    async def _postmark(self, request: web.Request) -> web.Response:
        return self._refused(request) or self._postmark_reply(self._keep(await request.json()))

    async def _postmark_batch(self, request: web.Request) -> web.Response:
        return self._refused(request) or web.json_response(
            [_receipt(self._keep(mail)) for mail in await request.json()]
        )

    async def _postmark_search(self, request: web.Request) -> web.Response:
        """What Postmark took, by the metadata it was given."""
        if refused := self._refused(request):
            return refused
        wanted = {
            name.removeprefix("metadata_"): value
            for name, value in request.query.items()
            if name.startswith("metadata_")
        }
        found = [mail for mail in self._mails() if wanted.items() <= mail.get("Metadata", {}).items()]
        return web.json_response(
            {"TotalCount": len(found), "Messages": [{"MessageID": mail["id"]} for mail in found]}
        )

    def _postmark_reply(self, mail: dict[str, Any]) -> web.Response:
        return web.json_response(_receipt(mail))

    def _keep(self, mail: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC)
        kept = {"id": uuid4().hex, "at": now.isoformat(), **mail}
        path = self._folder / f"{now:%Y%m%dT%H%M%S%f}-{kept['id']}.json"
        write_private(path, json.dumps(kept, indent=2))
        return kept

    def _mails(self, newest: int = 0) -> Iterator[dict[str, Any]]:
        """All, or so many of the newest."""
        for path in sorted(self._folder.glob("*.json"))[-newest:]:
            yield json.loads(path.read_text())

    async def _messages(self, request: web.Request) -> web.Response:
        newest = request.query.get("newest", "")
        return web.json_response(list(self._mails(int(newest) if newest.isdecimal() else 0)))

    async def _empty(self, request: web.Request) -> web.Response:
        for path in self._folder.glob("*.json"):
            path.unlink()
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        return list_page(self._config, list(self._mails()))

    async def _show(self, request: web.Request) -> web.Response:
        return mail_page(self._config, self._find(request))

    async def _show_html(self, request: web.Request) -> web.Response:
        return body_page(self._find(request))

    async def _show_file(self, request: web.Request) -> web.Response:
        files, number = files_of(self._find(request)), int(request.match_info["number"])
        if number >= len(files):
            raise web.HTTPNotFound
        return file_page(files[number])

    def _find(self, request: web.Request) -> dict[str, Any]:
        wanted = request.match_info["id"]
        found = next((mail for mail in self._mails() if mail["id"] == wanted), None)
        if found is None:
            raise web.HTTPNotFound
        return found


def _files(mail: EmailMessage) -> Iterator[Message]:
    """What a mail brings beside its words: an invitation, which is one of the alternatives, and what is attached."""
    for part in mail.walk():
        is_words = part.get_content_type() in WORDS and part.get_content_disposition() != "attachment"
        if part.get_content_maintype() != "multipart" and not is_words:
            yield part


def _attachment(part: Message) -> dict[str, Any]:
    """A file that came by SMTP, as Postmark's API writes one."""
    content = part.get_payload(decode=True)
    return {
        "Name": part.get_filename(),
        "ContentType": str(part["content-type"]),
        "Content": b64encode(content if isinstance(content, bytes) else b"").decode(),
    }


def _receipt(mail: dict[str, Any]) -> dict[str, Any]:
    return {
        "To": mail.get("To"),
        "SubmittedAt": mail["at"],
        "MessageID": mail["id"],
        "ErrorCode": 0,
        "Message": "OK",
    }
