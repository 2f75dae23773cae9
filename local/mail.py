"""The mail catcher: takes mail by Postmark's API and by SMTP, sends none of it on, and shows it in a browser."""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from html import escape
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from .config import write_private

PAGE = """<!doctype html><meta charset="utf-8"><title>Mail</title><meta http-equiv="refresh" content="5">
<style>body {{ font: 16px/1.5 system-ui; max-width: 60rem; margin: 2rem auto }}
td, th {{ padding: .3rem 1rem; text-align: left }}</style>
<h1>Mail</h1><table><tr><th>When<th>To<th>Subject</tr>{rows}</table>"""
ROW = '<tr><td>{at}<td>{to}<td><a href="/messages/{id}">{subject}</a></tr>'
WORDS = ("text/plain", "text/html")


class Mailbox:
    """Every mail that was caught, one JSON file each, oldest first."""

    def __init__(self, folder: Path, token: str) -> None:
        self._folder = folder
        self._token = token
        folder.mkdir(parents=True, exist_ok=True)
        self.app = web.Application(client_max_size=50 * 1024 * 1024)
        self.app.add_routes(
            [
                web.get("/", self._list),
                web.get("/messages", self._messages),
                web.get("/messages/outbound", self._postmark_search),
                web.get("/messages/{id}", self._show),
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
        if request.headers.get("X-Postmark-Server-Token") == self._token:
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

    def _mails(self) -> Iterator[dict[str, Any]]:
        for path in sorted(self._folder.glob("*.json")):
            yield json.loads(path.read_text())

    async def _messages(self, request: web.Request) -> web.Response:
        return web.json_response(list(self._mails()))

    async def _empty(self, request: web.Request) -> web.Response:
        for path in self._folder.glob("*.json"):
            path.unlink()
        return web.Response(status=204)

    async def _list(self, request: web.Request) -> web.Response:
        rows = [
            ROW.format(
                at=mail["at"][:19],
                to=escape(mail.get("To", "")),
                subject=escape(_subject(mail)),
                id=mail["id"],
            )
            for mail in self._mails()
        ]
        return web.Response(text=PAGE.format(rows="".join(reversed(rows))), content_type="text/html")

    async def _show(self, request: web.Request) -> web.Response:
        mail = next((mail for mail in self._mails() if mail["id"] == request.match_info["id"]), None)
        if mail is None:
            raise web.HTTPNotFound
        # The mail's own page runs no script and reaches nothing.
        headers = {
            "Content-Security-Policy": "sandbox; default-src 'none'; img-src * data:; style-src 'unsafe-inline'"
        }
        if mail.get("HtmlBody"):
            return web.Response(text=mail["HtmlBody"], content_type="text/html", headers=headers)
        text = mail.get("TextBody") or json.dumps(mail.get("TemplateModel"), indent=2)
        return web.Response(text=text, headers=headers)


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


def _subject(mail: dict[str, Any]) -> str:
    return str(mail.get("Subject") or mail.get("TemplateAlias") or mail.get("TemplateId") or "(no subject)")


def _receipt(mail: dict[str, Any]) -> dict[str, Any]:
    return {
        "To": mail.get("To"),
        "SubmittedAt": mail["at"],
        "MessageID": mail["id"],
        "ErrorCode": 0,
        "Message": "OK",
    }
