"""What the platform keeps about itself, for how long, and whom it tells."""

from tests.sql.conftest import CLIENT, ROW

from .rules import STAFF, Rules

EVIDENCE = {
    "audit_logs": Rules(
        read=STAFF,
        insert="service",
        delete="",
        new={"action": "VIEW", "table_name": "profiles"},
        rest="",
        never="id created_at personal_salt personal_sha256",
    ),
    "data_retention_policies": Rules(
        read=STAFF,
        insert=STAFF,
        delete=STAFF,
        new={"table_name": "new", "retention_days": 1},
        sets="id auto_delete description created_at updated_at",
        rest=STAFF,
    ),
    "erasure_receipts": Rules(
        read=STAFF,
        insert="",
        delete="",
        new={"pseudonym": CLIENT, "asked_by": "self"},
        rest="",
    ),
    "retention_receipts": Rules(
        read=STAFF,
        insert="",
        delete="",
        new={"table_name": "email_logs", "rows": 1, "before": "2031-01-01"},
        rest="",
    ),
    "legal_holds": Rules(
        read=STAFF,
        insert="admin",
        delete="",
        new={"user_id": CLIENT, "reason": "New"},
        sets="session_id",
        changes={"released_at": "admin"},
        rest="",
    ),
    "webhook_endpoints": Rules(
        read=STAFF,
        insert="",
        delete=STAFF,
        new={"url": "https://example.com", "events": ["payout.paid"]},
        changes={"url events description is_active": STAFF},
        values={"url": "'https://example.com/other'", "events": "'{payout.paid,recording.ready}'"},
        rest="",
    ),
    "webhook_deliveries": Rules(
        read=STAFF,
        insert="",
        delete="",
        new={"endpoint_id": ROW, "outbox_id": 2, "event": "payout.paid", "body": "{}"},
        rest="",
    ),
}
