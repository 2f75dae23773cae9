"""Send the mails that are due: people are notified of what happened in the database, once of each event.

A mail is started in the database before it is handed over, and never handed over twice: a sender that dies in between
leaves it `unknown`, and it is looked for at the mail service instead of being sent again.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import partial

from shared.call import Call
from shared.errors import Broken, Refusal, Unavailable
from shared.languages import spoken
from shared.serving import endpoint
from shared.settings import PagesSettings, ServiceSettings, SiteSettings
from shared.workers import run_workers

from .audit_head import mail_audit_head
from .carriers import Carried, carrier
from .contract import (
    ClaimedMail,
    Outcome,
    SentNotifications,
    claim_mail_rpc,
    finish_mail_rpc,
    keep_translations_rpc,
    prepare_mails_rpc,
    start_mail_rpc,
)
from .message import write
from .settings import MailSettings
from .translations import translations, version

WORKERS = 4
PREPARE_S = 10
TIME_S = 25  # begin nothing after this, so that the last mail ends before the function's own time does


@dataclass
class Progress:
    """What the workers have done between them."""

    mails: Counter[Outcome] = field(default_factory=Counter)
    reminders: int = 0
    lost: int = 0
    our_fault: str | None = None  # every other mail would fail as well


@endpoint(
    caller="service",
    settings=(ServiceSettings, SiteSettings, PagesSettings, MailSettings),
    is_scheduled=True,
)
async def send_notifications(call: Call[None]) -> SentNotifications:
    """Write the reminders that are due, then send until nothing is left; once a day, the head of the audit log.

    Any number may run at once: a claim is one sender's. Fails if the mail service refuses us and not a mail; nothing
    is lost by that.
    """
    progress = Progress()
    failures: list[str] = []
    try:
        failures += await run_workers(partial(_prepare, call, progress), workers=1, seconds=PREPARE_S)
        failures += await run_workers(partial(_work, call, progress), workers=WORKERS, seconds=TIME_S)
        head = await mail_audit_head(call)
        if head and head.is_our_fault:
            progress.our_fault = head.reason
    finally:
        call.log(
            reminders=progress.reminders, lost=progress.lost, mails=dict(progress.mails), failures=failures
        )
    if progress.our_fault:
        raise Broken(details=f"The mail service refuses us: {progress.our_fault}")
    return SentNotifications(reminders=progress.reminders, mails=dict(progress.mails))


async def _prepare(call: Call[None], progress: Progress) -> AsyncGenerator[None]:
    said = {"pages_origin": PagesSettings.read().origin, "translations_version": version()}
    while True:
        prepared = await call.service.rpc(prepare_mails_rpc, **said)
        progress.reminders += prepared.reminders
        progress.lost += prepared.lost
        if prepared.lacks_translations:
            await call.service.rpc(keep_translations_rpc, version=version(), translations=translations())
        if not (prepared.reminders or prepared.lost or prepared.unanswered or prepared.waiting):
            return
        yield


async def _work(call: Call[None], progress: Progress) -> AsyncGenerator[None]:
    while not progress.our_fault:
        mail = await call.service.rpc(claim_mail_rpc)
        if mail.task is None:
            return
        if mail.mail_id is None:  # so many were stale that the rest waits for the next claim
            yield
            continue
        try:
            carried = await (_send(call, mail) if mail.task == "send" else carrier().find(mail.mail_id))
            await _report(call, mail, carried)
        except Refusal as refused:
            if refused.code != "lease_lost":  # then somebody else has it
                raise
        else:
            progress.mails[carried.outcome] += 1
            if carried.is_our_fault:
                progress.our_fault = carried.reason
        yield


async def _send(call: Call[None], mail: ClaimedMail) -> Carried:
    assert mail.mail_id and mail.kind and mail.audience
    try:
        with spoken(mail.language):
            message = write(mail)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one mail, the others go out
        call.log(not_written={"mail_id": mail.mail_id, "kind": mail.kind, "error": type(error).__name__})
        return Carried("failed", reason="not_written")
    template = MailSettings.read().template(mail.kind, mail.audience)
    # Order matters: from this line on it may have been sent.
    await call.service.rpc(
        start_mail_rpc,
        mail_id=mail.mail_id,
        lease_id=mail.lease_id,
        recipient_email=message.to,
        template_id=str(next(iter(template.values()), mail.kind)),
        session_sequence=mail.session.sequence if mail.session else None,
    )
    return await carrier().send(mail.mail_id, message, template, mail.kind)


async def _report(call: Call[None], mail: ClaimedMail, carried: Carried) -> None:
    """Record the outcome. Worth a second try: if it is lost, nobody knows whether the mail was sent."""
    for delay_s in (0.5, 2, None):
        try:
            await call.service.rpc(
                finish_mail_rpc,
                mail_id=mail.mail_id,
                lease_id=mail.lease_id,
                outcome=carried.outcome,
                provider_message_id=carried.message_id,
                reason=carried.reason,
            )
            return
        except Unavailable:
            if delay_s is None:
                raise
            await asyncio.sleep(delay_s)
