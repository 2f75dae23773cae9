"""What a sender claims, what it reports of each mail, and what a run replies."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field

from shared.database import Rpc
from shared.session_event import MaybeSessionSummary, SessionSummary
from shared.wire import Output

Outcome = Literal["sent", "failed", "later", "unknown", "not_found"]


class Prepared(Output):
    """How many reminders were written, mails had a sender that died, questions nobody answered, lists moved on."""

    reminders: int
    lost: int
    unanswered: int
    waiting: int
    lacks_translations: bool = Field(description="Whether it has those of another version than was said.")


class KeptTranslations(Output):
    """How many messages the database can say in other languages now."""

    kept: int


class PaymentSummary(Output):
    """What a receipt states of a payment."""

    id: UUID
    description: str
    amount_minor: int
    currency: str
    paid_at: datetime | None
    receipt_url: str | None
    payment_intent_id: str | None
    outcome: str | None
    credits: int
    credits_expire_at: datetime | None


class CreditSummary(Output):
    """Credits, as they are now."""

    remaining: int
    expires_at: datetime | None
    session_type_name: str | None


class DocumentSummary(Output):
    """A waiver or a contract, signed or to sign."""

    version: str
    signed_at: datetime | None
    signature_name: str | None
    body: str
    sha256: str


def _none_unless(key: str) -> BeforeValidator:
    """PostgREST writes an absent row inside a row as an object of nulls."""
    return BeforeValidator(
        lambda value: None if isinstance(value, dict) and value.get(key) is None else value
    )


class SessionToCome(Output):
    """A session of the reader's, with the token of a link to its page."""

    session: SessionSummary
    is_led: bool
    token: str
    page: Literal["manage_session", "find_substitute"] = "manage_session"
    answer_token: str | None = Field(description="Of a link to what is asked about it, if anything is.")
    # Of a series that was moved or cancelled.
    previous_scheduled_at: datetime | None = None
    credit_returned: int | None = None
    fee_charged: float | None = None
    currency: str | None = None


class SeriesToCome(Output):
    """A series of which something is to come: its next session, how many there are, and the token of a link."""

    session: SessionSummary
    is_led: bool
    to_come: int
    token: str


class ClaimedMail(Output):
    """A mail to send, or one of unknown fate to look for, and all it may state; no task when nothing is due."""

    task: Literal["send", "find", "none"] | None
    mail_id: UUID | None
    lease_id: UUID | None
    kind: str | None
    audience: Literal["user", "practitioner", "support"] | None
    recipient_email: str | None  # null: to the support address
    recipient_name: str | None
    time_zone: str | None
    language: str | None  # null: they never chose one
    unsubscribe_category: str | None
    unsubscribe_token: str | None
    links: dict[str, str] | None = Field(description="Tokens, by the page of ours that each opens.")
    payload: dict[str, Any] | None
    session: MaybeSessionSummary
    payment: Annotated[PaymentSummary | None, _none_unless("id")]
    credits: Annotated[CreditSummary | None, _none_unless("remaining")]
    document: Annotated[DocumentSummary | None, _none_unless("sha256")]

    @property
    def sessions(self) -> list[SessionToCome]:
        """Of the mail that lists all of them."""
        return [SessionToCome.model_validate(each) for each in (self.payload or {}).get("sessions", [])]

    @property
    def series(self) -> list[SeriesToCome]:
        """Of the same."""
        return [SeriesToCome.model_validate(each) for each in (self.payload or {}).get("series", [])]


class StartedMail(Output):
    """Until when it is ours to report on."""

    lease_until: datetime


class FinishedMail(Output):
    """The mail's status now."""

    status: str


class AuditHead(Output):
    """The head of the audit chain that is to be mailed, and the one mailed before; nulls when none is due."""

    day: date | None
    mail_id: UUID | None
    position: int | None
    line_id: UUID | None
    sha256: str | None
    sealed_at: datetime | None
    before_day: date | None
    before_position: int | None
    before_sha256: str | None
    finding: str | None = Field(description="What is wrong on the way from there; null: nothing.")


class MailedHead(Output):
    """Since when it is out."""

    mailed_at: datetime | None


class SentNotifications(Output):
    """The reply: how many of each came to what."""

    success: bool = True
    reminders: int = Field(description="Sessions whose reminder was written in this run.")
    mails: dict[Outcome, int]


claim_audit_head_rpc = Rpc("claim_audit_head", gives=AuditHead)
mark_audit_head_mailed_rpc = Rpc("mark_audit_head_mailed", gives=MailedHead)
prepare_mails_rpc = Rpc("prepare_mails", gives=Prepared)
keep_translations_rpc = Rpc("keep_translations", gives=KeptTranslations, refuses=("text_too_long",))
claim_mail_rpc = Rpc("claim_mail", gives=ClaimedMail)
start_mail_rpc = Rpc("start_mail", gives=StartedMail, refuses=("lease_lost",))
finish_mail_rpc = Rpc("finish_mail", gives=FinishedMail, refuses=("lease_lost",))
