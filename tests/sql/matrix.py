"""Who may do what to the client's row of each table: read it, insert one like it, delete it, change which column.

`new` is a row as a person would insert it; `sets` are further columns a person may give; `changes` names who may change
which columns. Columns named nowhere are the service's alone, unless `rest` says whose.
"""

from dataclasses import dataclass, field

from .conftest import ADMIN, CLIENT, PRACTITIONER, ROW

ANYBODY = "anon client other practitioner stranger admin service"
SIGNED_IN = "client other practitioner stranger admin service"
STAFF = "admin service"
PARTIES = "client practitioner admin service"


@dataclass(frozen=True)
class Rules:
    """The rules of one table."""

    read: str
    insert: str
    delete: str
    new: dict[str, object]
    changes: dict[str, str] = field(default_factory=dict)
    rest: str = "service"
    sets: str = ""
    values: dict[str, str] = field(
        default_factory=dict
    )  # a column's new value, where any other would be refused
    never: str = ""  # columns that not even the service gives on insert
    row: str = f"id = '{ROW}'"
    hidden: str = ""  # columns that no person reads


PRICES = "name price_cad price_usd stripe_price_id_cad stripe_price_id_usd is_active id created_at updated_at"

# The practitioner of the story works on Mondays only.
MONDAY_AT_TEN = (
    "(date_trunc('week', now() at time zone 'America/Toronto') + interval '14 days 10 hours')"
    " at time zone 'America/Toronto'"
)

MATRIX = {
    "user_roles": Rules(
        read="client admin service",
        insert=STAFF,
        delete=STAFF,
        new={"user_id": CLIENT, "role": "admin"},
        changes={"user_id role": STAFF},
    ),
    "practitioners": Rules(
        read=SIGNED_IN,
        insert=STAFF,
        delete="service",  # nobody whose practitioner has a contract, as this one has; the service meets its key
        new={"user_id": CLIENT, "name": "New"},
        sets="bio specialization avatar_url half_hour_rate available",
        changes={"name bio specialization avatar_url half_hour_rate available": "practitioner admin service"},
    ),
    "practitioner_availability": Rules(
        read=SIGNED_IN,
        insert="practitioner admin service",
        delete="practitioner admin service",
        new={"practitioner_id": ROW, "day_of_week": 2, "start_time": "09:00", "end_time": "17:00"},
        changes={"day_of_week start_time end_time": "practitioner admin service"},
    ),
    "practitioner_calendars": Rules(
        read=SIGNED_IN,
        insert="",
        delete="",
        new={"practitioner_id": ROW},
        changes={
            "time_zone minimum_notice_minutes booking_horizon_days buffer_before_minutes"
            " buffer_after_minutes": "practitioner admin service",
        },
        values={"time_zone": "'America/Vancouver'"},
        row=f"practitioner_id = '{ROW}'",
    ),
    "availability_exceptions": Rules(
        read="practitioner admin service",
        insert="practitioner admin service",
        delete="practitioner admin service",
        new={"practitioner_id": ROW, "on_date": "2031-02-04"},
        sets="start_time end_time is_open reason",
        changes={"on_date start_time end_time is_open reason": "practitioner admin service"},
    ),
    "practitioner_time_off": Rules(
        read="practitioner admin service",
        insert="practitioner admin service",
        delete="practitioner admin service",
        new={"practitioner_id": ROW, "starts_at": "2031-05-01", "ends_at": "2031-05-02"},
        sets="reason",
        changes={"starts_at ends_at reason": "practitioner admin service"},
    ),
    "practitioner_assignments": Rules(
        read=PARTIES,
        insert=STAFF,
        delete="practitioner admin service",
        new={"practitioner_id": ROW, "client_id": ADMIN},
    ),
    # Written by functions that know who asks, never directly: not even with the secret key.
    "practitioner_banking": Rules(
        read="practitioner admin service",
        insert="",
        delete="service",
        new={
            "practitioner_id": ROW,
            "bank_name": "Bank",
            "account_holder_name": "Me",
            "account_type": "savings",
        },
        rest="",
    ),
    "banking_accesses": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"practitioner_id": ROW, "purpose": "payout_file", "reference": "x"},
        rest="",
        row=f"practitioner_id = '{ROW}'",
    ),
    "practitioner_contracts": Rules(
        read="practitioner admin service",
        insert=STAFF,
        delete="",
        new={"practitioner_id": ROW, "contract_version": "2", "contract_text": "New"},
        sets="expires_at template_id title",
        # A practitioner signs in one update; what may go with it is a scene of its own. So is a reason, which goes with
        # revoking, and the service, which writes evidence and does not sign.
        changes={
            "status": "practitioner",
            "expires_at signed_at ip_address user_agent": STAFF,
            "updated_at": "service",
        },
        values={"status": "'signed'"},
        rest="",
        never="text_sha256 status",  # a contract is issued as pending
    ),
    "contract_templates": Rules(
        read=STAFF,
        insert=STAFF,
        delete="",
        new={"version": 7, "title": "New", "body": "New"},
        rest="",
        never="id created_at created_by body_sha256",
    ),
    "contract_events": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"contract_id": ROW, "event": "expiring"},
        rest="",
        row=f"contract_id = '{ROW}'",
    ),
    # Signed is the other practitioner's contract, so that the one of the row can be.
    "contract_signatures": Rules(
        read="stranger admin service",
        insert="service",
        delete="",
        new={"contract_id": ROW, "user_id": PRACTITIONER},
        rest="",
        never="signer_name signer_email signed_at text_sha256 is_observed signature_image_sha256 evidence_sha256",
        row="contract_id = '20000000-0000-4000-8000-000000000002'",
    ),
    "contract_rules": Rules(
        read="practitioner stranger admin service",
        insert="",
        delete="",
        new={"live_contract_needed": True},
        changes={"live_contract_needed": STAFF},
        rest="",
        row="id is not null",
    ),
    "user_preferences": Rules(
        read="client admin service",
        insert="client service",
        delete="service",
        new={"user_id": CLIENT, "currency": "cad"},
        sets="country timezone language detected_at updated_at",
        changes={"currency country timezone language detected_at updated_at": "client service"},
    ),
    "user_consents": Rules(
        read="client admin service",
        insert="client service",
        delete="",
        new={"user_id": CLIENT, "consent_type": "marketing", "consented": True},
        sets="version metadata",
        # A consent cannot become another person's or another kind: not even for the service.
        changes={"consented version metadata": "client service", "user_id consent_type": ""},
    ),
    "consent_history": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"user_id": CLIENT, "consent_type": "marketing", "consented": True},
        rest="",
        row=f"user_id = '{CLIENT}' and consent_type = 'session_recording'",
    ),
    "profiles": Rules(
        read=PARTIES,
        insert="client service",
        delete="service",
        new={"id": CLIENT},
        sets="full_name avatar_url phone_number date_of_birth address",
        changes={
            "id": "service",
            "full_name avatar_url phone_number date_of_birth address": "client service",
        },
        row=f"id = '{CLIENT}'",
        hidden="date_of_birth address",
    ),
    "session_schedules": Rules(
        read=PARTIES,
        insert="practitioner admin service",
        delete=STAFF,
        new={
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "scheduled_at": "2031-01-01T12:00Z",
            "duration_minutes": 30,
            "room_name": "session-new",
            "host_room_url": None,
            "notes": None,
            "status": "scheduled",
        },
        sets="session_location physical_location max_participants current_participants class_name",
        changes={
            "status notes cancelled_at scheduled_at": PARTIES,
            "class_name session_location physical_location max_participants current_participants"
            " correlated_session_id": STAFF,
            "credit_lot_id": "",  # what was spent stays spent
        },
        values={"status": "'cancelled'", "session_location": "'in_person'", "scheduled_at": MONDAY_AT_TEN},
    ),
    "session_holds": Rules(
        read="client admin service",
        insert="service",
        delete="service",
        new={
            "user_id": CLIENT,
            "practitioner_id": ROW,
            "scheduled_at": "2031-04-07T16:00Z",
            "duration_minutes": 20,
            "session_type_id": ROW,
            "expires_at": "2031-04-01",
        },
        values={"status": "'released'"},
    ),
    "session_attendance": Rules(
        read=PARTIES,
        insert="",
        delete="",
        new={"session_id": ROW, "user_id": PRACTITIONER, "source": "token"},
        rest="",
    ),
    "session_rules": Rules(
        read=SIGNED_IN,
        insert="",
        delete="",
        new={"empty_minutes": 5},
        changes={
            "practitioner_grace_minutes client_grace_minutes client_no_show_forfeits completion_grace_minutes"
            " empty_minutes": "admin",
        },
        rest="",
    ),
    "session_notes": Rules(
        read="client admin service",
        insert="client service",
        delete="client admin service",
        new={"session_id": ROW, "author_id": CLIENT, "content": "New"},
        sets="visibility",
        changes={"content visibility": "client admin service"},
    ),
    "action_checklist": Rules(
        read=PARTIES,
        insert="practitioner admin service",
        delete="practitioner admin service",
        new={"client_id": CLIENT, "practitioner_id": PRACTITIONER, "title": "New"},
        sets="description due_date priority",
        changes={"completed": PARTIES, "title description due_date priority": "practitioner admin service"},
    ),
    "action_recommendations": Rules(
        read=PARTIES,
        insert="practitioner service",
        delete="practitioner admin service",
        new={
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "session_id": ROW,
            "title": "New",
            "action_type": "other",
        },
        sets="description frequency due_date",
        changes={
            "completed completed_at": "client service",
            "title description action_type frequency due_date": "practitioner service",
        },
        values={"action_type": "'other'"},
    ),
    "action_templates": Rules(
        read="practitioner admin service",
        insert="practitioner service",
        delete="service",
        # One of the practitioner's own; who keeps the platform's is a scene of its own.
        new={"practitioner_id": ROW, "title": "New", "action_type": "other"},
        sets="description frequency is_active",
        changes={"title description action_type frequency is_active": "practitioner service"},
    ),
    "session_payments": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={
            "session_id": ROW,
            "practitioner_id": ROW,
            "client_id": CLIENT,
            "total_amount": 1,
            "practitioner_share": 1,
            "platform_share": 0,
        },
        # An admin's mark is one update of both, a scene of its own.
        changes={"paid_out_at": STAFF},
        values={"status": "'disputed'"},
    ),
    "revenue_shares": Rules(
        read="practitioner stranger admin service",
        insert=STAFF,
        delete="",
        new={"practitioner_percent": 70, "valid_from": "2031-01-01T00:00Z"},
        rest="",
        never="id created_by",
    ),
    "ledger_transactions": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "kind": "accrual",
            "currency": "cad",
            "practitioner_id": ROW,
            "session_id": ROW,
            "cause": "New",
        },
        rest="",
    ),
    "ledger_postings": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={"transaction_id": ROW, "account": "client_funds", "amount_minor": 1},
        rest="",
        row=f"transaction_id = '{ROW}'",
    ),
    "payout_terms": Rules(
        read="practitioner stranger admin service",
        insert=STAFF,
        delete="",
        new={"period_days": 7, "hold_days": 3, "valid_from": "2031-01-01T00:00Z"},
        rest="",
        never="id created_by",
        row="period_days = 14",
    ),
    "payout_periods": Rules(
        read="practitioner stranger admin service",
        insert="",
        delete="",
        new={"number": 2, "period_start": "2026-01-19", "period_end": "2026-02-02"},
        rest="",
        row="number = 1",
    ),
    "payouts": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "practitioner_id": ROW,
            "currency": "cad",
            "amount_minor": 1,
            "period_start": "2026-01-05",
            "period_end": "2026-01-19",
        },
        rest="",
    ),
    "payout_lines": Rules(
        read="practitioner admin service",
        insert="",
        delete="",
        new={
            "payout_id": ROW,
            "ledger_transaction_id": ROW,
            "practitioner_id": ROW,
            "currency": "cad",
            "amount_minor": 7500,
        },
        rest="",
        row=f"payout_id = '{ROW}'",
    ),
    "checkout_sessions": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={
            "user_id": CLIENT,
            "payment_type": "package_5",
            "description": "New",
            "amount_minor": 1,
            "currency": "cad",
            "credits": 5,
            "session_type_id": ROW,
            "expires_at": "2031-01-01T00:00Z",
        },
        rest="",
    ),
    "session_cancellations": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"session_id": ROW, "user_id": CLIENT, "cancellation_type": "grace"},
        rest="",
    ),
    "session_recordings": Rules(
        read=PARTIES,
        insert="service",
        delete="service",
        new={"session_id": ROW},
        hidden="agora_resource_id agora_sid storage_path mode requested_by cname recorder_uid failover_uid attempt"
        " prefix record_until agora_status agora_seen_at missing_since crashed_at stop_requested_at stop_reason"
        " media_started_at ended_at upload_complete next_check_at deadline_at lease_id lease_until copy_failures"
        " failure_code failure_reason class_recording_id",
    ),
    "recording_views": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"recording_id": ROW, "link_id": ROW},
        rest="",
        never="masked_address",
        hidden="ip_address user_agent",
    ),
    "recording_share_links": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={
            "recording_id": ROW,
            "created_by": CLIENT,
            "token_sha256": b"2" * 32,
            "expires_at": "2031-01-01",
        },
        never="has_password",
        changes={"has_password": ""},
        hidden="token_sha256 password_scrypt wrong_passwords locked_until",
    ),
    "recording_rules": Rules(
        read=STAFF,
        insert="admin",
        delete="admin",
        new={"session_id": ROW},
        sets="retention_days survives_withdrawal",
        changes={"retention_days survives_withdrawal": "admin"},
        rest="",
    ),
    "recording_erasures": Rules(
        read=STAFF,
        insert="service",
        delete="",
        new={"recording_id": CLIENT, "reasons": ["asked"], "files": 0, "bytes": 0, "queued_at": "2031-01-01"},
        rest="",
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
    "liability_waivers": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"user_id": CLIENT, "waiver_text": "New", "waiver_policy_id": ROW, "waiver_policy_version": 1},
        rest="",
        never="id signed_at created_at text_sha256 signature_image_sha256 signer_name signer_email evidence_sha256",
        hidden="ip_address user_agent signature_image signature_image_sha256 signer_email",
    ),
    "session_types": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "duration_minutes": 60, "session_type": "laying", "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} is_group",
        rest=STAFF,
    ),
    "session_packages": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "session_count": 5, "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} session_type_id is_group session_type",
        rest=STAFF,
    ),
    "products": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "slug": "new", "type": "digital", "price_cad": 1, "price_usd": 1},
        sets=f"{PRICES} description image_url inventory_count metadata",
        rest=STAFF,
    ),
    "studio_locations": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "address": "Street"},
        sets="id city province_state country postal_code latitude longitude is_active created_at updated_at",
        rest=STAFF,
    ),
    "user_session_credits": Rules(
        read="client admin service",
        insert="service",
        delete="",
        new={"user_id": CLIENT},
        rest="",
    ),
    "credit_ledger": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"lot_id": ROW, "user_id": CLIENT, "change": 1, "kind": "purchase"},
        rest="",
        row=f"lot_id = '{ROW}'",
    ),
    "waiver_policy": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete="",
        new={"version": 2, "policy_text": "New", "is_active": True},
        sets="updated_by",
        changes={"is_active updated_at updated_by": STAFF},
        rest="",
        never="policy_text_sha256",
        row="is_active",
    ),
    "cancellation_policy": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete="",
        new={"policy_text": "New"},
        sets="standard_cancellation_hours late_cancellation_hours late_cancellation_fee_usd late_cancellation_fee_cad"
        " grace_cancellations_allowed is_active updated_by",
        changes={"is_active updated_at updated_by": STAFF},
        rest="",
        row="is_active",
    ),
    "meditation_memories": Rules(
        read="client service",
        insert="client service",
        delete="client service",
        new={"user_id": CLIENT, "content": "New"},
        sets="id embedding session_date memory_type metadata created_at",
    ),
    "access_grants": Rules(
        read=PARTIES,
        insert="client service",
        delete="service",
        new={
            "grantor_id": CLIENT,
            "grantee_id": PRACTITIONER,
            "resource_type": "session",
            "resource_id": ROW,
            "permission": "read",
        },
        sets="expires_at reason metadata",
        changes={"revoked_at reason": "client service"},
    ),
    "audit_logs": Rules(
        read=STAFF,
        insert="service",
        delete="",
        new={"action": "VIEW", "table_name": "profiles"},
        rest="",
        never="id created_at personal_salt personal_sha256",
    ),
    "notification_preferences": Rules(
        read="client service",
        insert="client service",
        delete="service",
        new={"user_id": CLIENT},
        sets="session_reminders follow_ups",
        changes={"user_id": "service", "session_reminders follow_ups": "client service"},
        row=f"user_id = '{CLIENT}'",
    ),
    "user_notifications": Rules(
        read="client service",
        insert=STAFF,
        delete="service",
        new={"user_id": CLIENT, "title": "New", "message": "New"},
        sets="notification_type related_id",
        changes={"read_at": "client service"},
        values={"notification_type": "'general'"},
    ),
    "email_logs": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={
            "user_id": CLIENT,
            "email_type": "welcome",
            "recipient_email": "client@demo.test",
            "status": "sent",
        },
        rest="",
    ),
    "journal_entries": Rules(
        read="client service",
        insert="client",
        delete="client service",
        new={"user_id": CLIENT, "content": "New", "session_id": ROW},
        sets="entry_date mood title",
        changes={"session_id entry_date mood title content": "client"},
        values={"mood": "'calm'", "session_id": f"'{ROW}'"},
        rest="",
    ),
    "getting_started_ticks": Rules(
        read="client service",
        insert="client",
        delete="client service",
        new={"user_id": CLIENT, "step": "best_practices"},
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
    "data_retention_policies": Rules(
        read=STAFF,
        insert=STAFF,
        delete=STAFF,
        new={"table_name": "new", "retention_days": 1},
        sets="id auto_delete description created_at updated_at",
        rest=STAFF,
    ),
}
