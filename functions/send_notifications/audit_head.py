"""The head of the audit chain, mailed once a day to whoever keeps it outside of the database."""

from datetime import UTC

from shared.call import Call

from .carriers import Carried, carrier
from .contract import AuditHead, ClaimedMail, claim_audit_head_rpc, mark_audit_head_mailed_rpc
from .message import write
from .settings import MailSettings


async def mail_audit_head(call: Call[None]) -> Carried | None:
    """Mail today's head, if it is due and somebody is named to keep it.

    What was not taken, or perhaps not, is mailed again in some minutes: the same line twice does no harm.
    """
    keeper = MailSettings.read().audit_head_email
    if not keeper:
        return None
    head = await call.service.rpc(claim_audit_head_rpc)
    if head.mail_id is None:
        return None
    carried = await carrier().send(head.mail_id, write(_as_mail(head, keeper)), {}, "audit_head")
    if carried.outcome == "sent":
        await call.service.rpc(mark_audit_head_mailed_rpc, day=head.day)
    call.log(audit_head={"position": head.position, "finding": head.finding, "outcome": carried.outcome})
    return carried


def _as_mail(head: AuditHead, keeper: str) -> ClaimedMail:
    assert head.sealed_at and head.sha256
    payload = {
        "position": head.position,
        "line_id": head.line_id,
        "sha256": head.sha256,
        "sha256_to_type": in_groups(head.sha256),
        "sealed_at": f"{head.sealed_at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC",
        "before_day": head.before_day,
        "before_position": head.before_position,
        "before_sha256": in_groups(head.before_sha256 or ""),
        "finding": head.finding,
        "command": f"python -m deploy verify-audit-log {head.position}:{head.sha256}",
    }
    nothing = dict.fromkeys(ClaimedMail.model_fields)
    return ClaimedMail.model_validate(
        nothing
        | {"kind": "audit_head", "audience": "user", "recipient_email": keeper, "time_zone": "UTC"}
        | {"payload": payload, "mail_id": head.mail_id}
    )


def in_groups(sha256: str) -> str:
    """Eight digits each, to be compared and typed by people."""
    return " ".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))
