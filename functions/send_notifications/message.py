"""A claimed mail as text in the language spoken: subject, HTML and plain text from one template, and its invitation.

Each kind of mail is one file in `templates/`, rendered twice: with the HTML layout, where everything put in is escaped,
and with the plain one. So the two cannot say different things.
"""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared import timezones, words
from shared.languages.catalogue import gettext, pgettext, teach
from shared.names import as_elements, isolated, one_line, shortened
from shared.session_event import Entry, Method, Party, SessionSummary, calendar_file, calendar_of
from shared.settings import PagesSettings, SiteSettings

from .contract import ClaimedMail
from .settings import MailSettings

CALENDAR: dict[str, Method] = {
    "session_booked": "REQUEST",
    "class_scheduled": "REQUEST",
    "session_rescheduled": "REQUEST",
    "session_changed": "REQUEST",
    "session_given_away": "CANCEL",
    "session_cancelled": "CANCEL",
}

# Where a line may be broken; not at the spaces by which French ties a sign or a unit to its word.
BREAKS = re.compile(r"[^\S\u00a0\u202f]+")

# Mails whose kind begins so are for practitioners.
PRACTITIONER_KINDS = ("contract_", "banking_", "payout_", "recording_failed", "calendar_")


@dataclass(frozen=True)
class Invitation:
    """A calendar event, which a program shows in place of the mail or beside it, and as a file."""

    method: Method
    content: str
    file_name = "session.ics"

    @property
    def base64(self) -> str:
        return base64.b64encode(self.content.encode()).decode()


@dataclass(frozen=True)
class Message:
    """A rendered mail, ready to be sent."""

    to: str
    subject: str
    text: str
    html: str
    model: dict[str, Any]  # what a template of Postmark's own is filled with
    invitation: Invitation | None = None
    headers: dict[str, str] = field(default_factory=dict)


def write(mail: ClaimedMail) -> Message:
    """The mail in its reader's time. Raises jinja2's errors and ValueError if it cannot be rendered."""
    variables = _variables(mail)
    html, text = (_template(str(mail.kind), layout).render(variables) for layout in ("html", "txt"))
    return Message(
        to=MailSettings.read().support_email if mail.audience == "support" else str(mail.recipient_email),
        subject=_subject(mail, variables),
        html=as_elements(html),
        text=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        model=_model(mail, variables),
        invitation=_invitation(mail, variables),
        headers=_headers(variables),
    )


def _variables(mail: ClaimedMail) -> dict[str, Any]:
    """The variables that a template may use."""
    session, site = mail.session, SiteSettings.read().site
    zone = timezones.zone(mail.time_zone, session.time_zone if session else None)
    token = mail.unsubscribe_token
    pages = PagesSettings.read()
    name = isolated(one_line(mail.recipient_name))
    return {
        "kind": mail.kind,
        "is_for_practitioner": _is_for_practitioner(mail),
        "name": name,
        # A clause of its own, after which a sentence goes on.
        "hello": gettext("Hello %(name)s,") % {"name": name} if name else gettext("Hello,"),
        "payload": mail.payload or {},
        "asked": _asked_of_admins(mail),
        "session": session,
        "practitioner": isolated(one_line(session.practitioner_name)) if session else "",
        "client": (isolated(one_line(session.client_name)) if session else "") or gettext("A client"),
        "what": _title(mail, session) if session else "",
        "payment": mail.payment,
        "credits": mail.credits,
        "document": mail.document,
        "site": site,
        "link": _link(mail, site),
        "support": MailSettings.read().support_email,
        # Pages of our own, by name
        "pages": {page: pages.address(page, token=token) for page, token in (mail.links or {}).items()},
        "unsubscribe": pages.address("unsubscribe", token=token) if token else None,
        "expected": _moment(mail, "expected_at"),
        "sessions": [
            {
                "session": each.session,
                "is_led": each.is_led,
                "title": _title_of(each.session, each.is_led),
                "link": pages.address(each.page, token=each.token),
                "answer": each.answer_token and pages.address("answer_change", token=each.answer_token),
                "before": each.previous_scheduled_at,
                "credit_returned": each.credit_returned,
                "fee": words.money(each.fee_charged * 100, each.currency or "") if each.fee_charged else None,
            }
            for each in mail.sessions
        ],
        "series": [
            {
                "title": _title_of(each.session, each.is_led),
                "next": each.session,
                "to_come": each.to_come,
                "link": pages.address("manage_series", token=each.token),
            }
            for each in mail.series
        ],
        "fees": [
            words.money(each["amount_minor"], each["currency"])
            for each in (mail.payload or {}).get("fees", [])
        ],
        "was": {name: one_line(str(value), 200) for name, value in _was(mail).items()},
        "before": words.as_it_was(_was(mail), zone),
        "proposed": _moment(mail, "proposed_scheduled_at"),
        "answer_until": _moment(mail, "answer_until"),
        "amount": _amount(mail),
        "ends_at": _moment(mail, "expires_at"),
        "now": datetime.now(UTC),
        "money": words.money,
        **_words_for_moments(zone),
    }


def _words_for_moments(zone: ZoneInfo) -> dict[str, Any]:
    """What templates say of a moment or of a session's time, in the reader's zone."""

    def says(pattern: Callable[[], str]) -> Callable[[datetime], str]:
        return lambda moment: (
            pattern()
            % {
                "day": words.day(moment, zone),
                "short_day": words.short_day(moment, zone),
                "clock": words.clock(moment, zone),
                "zone": words.zone_name(moment, zone),
            }
        )

    def hours(session: SessionSummary) -> str:
        return gettext("%(hours)s (%(zone)s)") % {
            "hours": words.hours(session.scheduled_at, session.ends_at, zone),
            "zone": words.zone_name(session.scheduled_at, zone),
        }

    return {
        "day": lambda moment: words.day(moment, zone),
        "short_day": lambda moment: words.short_day(moment, zone),
        "month": lambda moment: words.short_month(moment, zone),
        "clock": lambda moment: words.clock(moment, zone),
        "local": lambda moment: moment.astimezone(zone),
        "clock_there": says(lambda: gettext("%(clock)s (%(zone)s)")),
        "day_at": says(lambda: gettext("%(day)s at %(clock)s")),
        "day_clock": says(lambda: gettext("%(day)s, %(clock)s")),
        "short_at": says(lambda: gettext("%(short_day)s at %(clock)s")),
        "short_until": says(lambda: gettext("%(short_day)s, %(clock)s")),
        "at_there": says(lambda: gettext("%(day)s at %(clock)s (%(zone)s)")),
        "hours_there": hours,
        "span": lambda session: (
            gettext("%(day)s, %(hours)s")
            % {"day": words.day(session.scheduled_at, zone), "hours": hours(session)}
        ),
    }


def _is_for_practitioner(mail: ClaimedMail) -> bool:
    return mail.audience == "practitioner" or str(mail.kind).startswith(PRACTITIONER_KINDS)


def _title(mail: ClaimedMail, session: SessionSummary) -> str:
    """Standing session with … ; what an event in the reader's calendar is called."""
    if str(mail.kind).startswith("session_offer"):
        return session.named(None)  # a client's name is for who leads their session
    return _title_of(session, _is_for_practitioner(mail))


def _title_of(session: SessionSummary, is_led: bool) -> str:
    other = session.practitioner_name
    if is_led:
        other = None if session.is_group else session.client_name
    return session.named(other)


def _link(mail: ClaimedMail, site: str) -> str:
    """Where the reader sees what the mail is about."""
    if _is_for_practitioner(mail):
        return f"{site}/practitioner"
    return f"{site}/sessions/{mail.session.id}" if mail.session and mail.session.id else f"{site}/dashboard"


def _was(mail: ClaimedMail) -> dict[str, Any]:
    """What about the session is different from what the reader was told last, as it was."""
    return (mail.payload or {}).get("was") or {}


def _asked_of_admins(mail: ClaimedMail) -> str:
    """What a second admin is to decide about, which the database says in English (second_admin.sql)."""
    said = str((mail.payload or {}).get("what") or "")
    known = {
        "an adjustment of earnings": gettext("an adjustment of earnings"),
        "an adjustment of credits": gettext("an adjustment of credits"),
        "a payout run": gettext("a payout run"),
    }
    return known.get(said, said)


def _moment(mail: ClaimedMail, name: str) -> datetime | None:
    written = (mail.payload or {}).get(name)
    return datetime.fromisoformat(written) if written else None


def _amount(mail: ClaimedMail) -> str:
    """The amount that the mail is about, if there is one."""
    match mail.payload:
        case {"amount_minor": int(amount), "currency": str(currency)}:
            return words.money(amount, currency)
    return ""


def _subject(mail: ClaimedMail, variables: dict[str, Any]) -> str:
    template = _template(str(mail.kind), "txt")
    written = "".join(template.blocks["subject"](template.new_context(variables)))
    return shortened(_on_one_line(written), 150)


def _on_one_line(text: str) -> str:
    return BREAKS.sub(" ", text).strip()


@cache
def _environment(layout: str) -> Environment:
    """HTML is escaped; plain text has nothing to escape."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=layout == "html",  # noqa: S701 - the other one is plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    teach(environment)
    environment.filters["paragraph"] = lambda text: fill(
        _on_one_line(text), 72, break_long_words=False, break_on_hyphens=False
    )
    environment.globals["layout"] = f"layout.{layout}"
    environment.globals["parts"] = f"parts.{layout}"
    return environment


def _template(kind: str, layout: str) -> Any:
    return _environment(layout).get_template(f"{kind}.mail")


def _invitation(mail: ClaimedMail, variables: dict[str, Any]) -> Invitation | None:
    if str(mail.kind).startswith("series_"):
        entries = [Entry(each["session"], each["title"], each["link"]) for each in variables["sessions"]]
        organizer = Party(MailSettings.read().support_email, variables["practitioner"] or None)
        written = calendar_of(entries, organizer=organizer)
        return Invitation("PUBLISH", written.decode()) if entries else None
    method, session = CALENDAR.get(str(mail.kind)), mail.session
    if method is None or session is None or session.id is None:
        return None
    settings = MailSettings.read()
    sender = parseaddr(settings.postmark_from_email)[1]
    content = calendar_file(
        session,
        title=variables["what"],
        url=variables["pages"].get("manage_session") or variables["link"],
        method=method,
        # Calendars answer the organizer: an address that nobody reads would swallow what people write there.
        organizer=Party(settings.support_email, one_line(session.practitioner_name), sent_by=sender),
        attendee=Party(str(mail.recipient_email), one_line(mail.recipient_name)),
    )
    return Invitation(method, content.decode())


def _headers(variables: dict[str, Any]) -> dict[str, str]:
    headers = {"Auto-Submitted": "auto-generated"}
    if variables["unsubscribe"]:
        headers["List-Unsubscribe"] = f"<{variables['unsubscribe']}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _model(mail: ClaimedMail, variables: dict[str, Any]) -> dict[str, Any]:
    """The variables that the platform's templates in Postmark know, by their names there."""
    session, payment, payload = mail.session, mail.payment, variables["payload"]
    name = variables["name"] or pgettext("in place of a name", "there")
    model: dict[str, Any] = {
        "name": name,
        "client_name": name,
        "email": mail.recipient_email,
        "login_url": variables["site"],
        "support_email": variables["support"],
    }
    if session:
        starts_at, moved = session.scheduled_at, mail.kind == "session_rescheduled"
        returned = payload.get("credit_returned")
        model |= {
            "practitioner_name": variables["practitioner"],
            "session_date": variables["day"](starts_at),
            "session_time": variables["clock_there"](starts_at),
            "duration_minutes": session.duration_minutes,
            "is_group": session.is_group,
            "class_name": session.class_name,
            "location": gettext("Online") if session.is_online else gettext("In-Person"),
            "location_details": session.place,
            "session_url": variables["link"],
            "manage_url": variables["pages"].get("manage_session"),
            "action_text": (
                pgettext("of a session", "rescheduled") if moved else pgettext("of a session", "cancelled")
            ),
            "is_reschedule": moved,
            "cancellation_type": payload.get("cancellation_type"),
            "credit_message": gettext("Your credit is back in your account.") if returned else "",
        }
    if payment:
        model |= {
            "amount": payment.amount_minor / 100,
            "amount_formatted": words.money(payment.amount_minor, payment.currency),
            "currency": payment.currency.upper(),
            "description": payment.description,
            "payment_date": variables["day"](payment.paid_at) if payment.paid_at else None,
            "payment_intent_id": payment.payment_intent_id,
            "receipt_url": payment.receipt_url,
        }
    return model
