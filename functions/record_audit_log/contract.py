"""What recording a line of the audit log takes and gives."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import to_json

from shared.database import Rpc
from shared.wire import Input, Output

METADATA_LIMIT_BYTES = 8 * 1024


def _small(metadata: dict[str, Any]) -> dict[str, Any]:
    if len(to_json(metadata)) > METADATA_LIMIT_BYTES:
        raise ValueError("must be at most 8 KiB")
    return metadata


class RecordAuditLog(Input):
    """Something that no trigger sees. A person's address and agent are those the server saw, whatever the body says."""

    action: Literal[
        "SELECT", "INSERT", "UPDATE", "DELETE", "VIEW", "EXPORT", "LOGIN", "LOGOUT", "ACCESS_DENIED"
    ] = Field(description="A person records VIEW, EXPORT, LOGIN or LOGOUT; the rest is the service's.")
    table_name: str = Field(min_length=1, max_length=63, description="What it was done to.")
    user_id: UUID | None = Field(None, description="Whose doing; a person may name only themself.")
    record_id: UUID | None = None
    ip_address: str | None = Field(None, max_length=64, description="Heard from the service only.")
    user_agent: str | None = Field(None, max_length=512, description="Heard from the service only.")
    metadata: Annotated[dict[str, Any], AfterValidator(_small)] = Field(default_factory=dict)


class AuditLogRecorded(Output):
    """The reply."""

    success: bool
    message: str


record_audit_log_rpc = Rpc(
    "record_audit_log",
    gives=AuditLogRecorded,
    refuses=("audit_of_another_person", "audit_action_reserved", "too_many_requests"),
    remembers=True,
)
