"""Caught mail in a browser: as a mail program shows it, its text, its headers, its files, its calendar entry."""

import json
from base64 import b64decode
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from aiohttp import web
from icalendar import Calendar

from .config import Config
from .front.look import show

SAYS = {"REQUEST": "put this in, or change it", "CANCEL": "take this out", "PUBLISH": "put this in"}
# The mail's own page runs no script and reaches nothing; its links open beside it.
BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox;"
    " default-src 'none'; img-src data:; style-src 'unsafe-inline'"
)


@dataclass(frozen=True)
class File:
    """Something that comes with a mail."""

    name: str
    type: str
    content: bytes

    @property
    def is_calendar(self) -> bool:
        return self.type.startswith("text/calendar")

    @property
    def size(self) -> int:
        return len(self.content)


def list_page(config: Config, mails: list[dict[str, Any]]) -> web.Response:
    """All of them."""
    return show("mails.html", home=config.url(), mails=mails)


def mail_page(config: Config, mail: dict[str, Any]) -> web.Response:
    """One."""
    files = files_of(mail)
    text = mail.get("TextBody") or (
        "" if mail.get("HtmlBody") else json.dumps(mail.get("TemplateModel"), indent=2)
    )
    return show(
        "mail.html",
        allowing={"frame-src": "'self'"},
        home=config.url(),
        mail={"From": "", "Headers": [], "MessageStream": "", "Metadata": {}, "HtmlBody": "", **mail},
        text=text,
        files=files,
        events=[event for file in files if file.is_calendar for event in _events(file.content)],
    )


def body_page(mail: dict[str, Any]) -> web.Response:
    """Its HTML alone."""
    headers = {"Content-Security-Policy": BODY_POLICY, "Referrer-Policy": "no-referrer"}
    html = '<base target="_blank">' + mail.get("HtmlBody", "")
    return web.Response(text=html, content_type="text/html", headers=headers)


def file_page(file: File) -> web.Response:
    """What it brings, to be opened by whatever of this machine opens such files."""
    response = web.Response(body=file.content, headers={"Content-Type": file.type})
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    response.headers["Content-Security-Policy"] = "sandbox"
    return response


def files_of(mail: dict[str, Any]) -> list[File]:
    """In the order in which they come."""
    return [
        File(
            _name(each),
            str(each.get("ContentType") or "application/octet-stream"),
            b64decode(each["Content"]),
        )
        for each in mail.get("Attachments") or []
    ]


def _name(attachment: dict[str, Any]) -> str:
    name = str(attachment.get("Name") or "invitation.ics")
    return "".join(sign for sign in name if sign.isprintable() and sign not in '"\\/')


def _events(content: bytes) -> list[dict[str, str]]:
    try:
        calendar = Calendar.from_ical(content)
    except ValueError as error:
        return [{"summary": "not readable", "says": str(error), "starts": "", "ends": "", "place": ""}]
    method = str(calendar.get("method", "PUBLISH"))
    return [
        {
            "summary": str(event.get("summary", "")),
            "says": SAYS.get(method, method),
            "starts": _moment(event.decoded("dtstart")),
            "ends": _moment(event.decoded("dtend", None)),
            "place": str(event.get("location", "")),
        }
        for event in calendar.walk("VEVENT")
    ]


def _moment(value: date | datetime | None) -> str:
    return f"{value:%A %-d %B %Y, %H:%M %Z}" if isinstance(value, datetime) else str(value or "")
