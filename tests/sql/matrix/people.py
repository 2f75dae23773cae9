"""People: who they are, what they prefer, what they are told and what they keep for themselves."""

from tests.sql.conftest import ADMIN, CLIENT, PRACTITIONER, ROW

from .rules import PARTIES, SIGNED_IN, STAFF, Rules

PEOPLE = {
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
    "practitioner_assignments": Rules(
        read=PARTIES,
        insert=STAFF,
        delete="practitioner admin service",
        new={"practitioner_id": ROW, "client_id": ADMIN},
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
    "user_preferences": Rules(
        read="client admin service",
        insert="client service",
        delete="service",
        new={"user_id": CLIENT, "currency": "cad"},
        sets="country timezone language detected_at updated_at",
        changes={"currency country timezone language detected_at updated_at": "client service"},
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
}
