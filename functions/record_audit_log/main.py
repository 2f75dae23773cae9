"""Record in the audit log what no trigger sees: somebody looked, took a copy, came or went."""

from shared.call import Call
from shared.serving import endpoint
from shared.settings import ServiceSettings

from .contract import AuditLogRecorded, RecordAuditLog, record_audit_log_rpc


@endpoint(caller=("user", "service"), settings=(ServiceSettings,))
async def record_audit_log(call: Call[RecordAuditLog]) -> AuditLogRecorded:
    """Add the line. For a person, the server says who they are and from where; the service may say it for somebody."""
    person = None if call.user.is_service else call.user
    return await call.service.rpc(
        record_audit_log_rpc,
        recorder=person.id if person else None,
        user_id=call.body.user_id or (person.id if person else None),
        action=call.body.action,
        table_name=call.body.table_name,
        record_id=call.body.record_id,
        ip_address=call.address if person else call.body.ip_address,
        user_agent=call.agent if person else call.body.user_agent,
        metadata=call.body.metadata,
    )
