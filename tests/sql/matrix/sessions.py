"""Sessions, what becomes of them, and what is recommended after them."""

from tests.sql.conftest import CLIENT, PRACTITIONER, ROW

from .rules import ANYBODY, PARTIES, SIGNED_IN, STAFF, Rules

# The seeded practitioner works on Mondays only.
MONDAY_AT_TEN = (
    "(date_trunc('week', now() at time zone 'America/Toronto') + interval '14 days 10 hours')"
    " at time zone 'America/Toronto'"
)

SESSIONS = {
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
            "class_name session_location physical_location current_participants correlated_session_id": STAFF,
            "max_participants": "service",  # one person's session does not become a class
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
    "refused_picks": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={
            "user_id": PRACTITIONER,
            "practitioner_id": ROW,
            "scheduled_at": "2031-04-07T16:00Z",
            "session_type_id": ROW,
            "session_location": "online",
        },
        rest="",
        row=f"user_id = '{CLIENT}'",
    ),
    "waiting_list_entries": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"class_id": ROW, "user_id": PRACTITIONER, "told": "{}"},
        rest="",
    ),
    "session_ratings": Rules(
        read="client admin service",
        insert="",
        delete="",
        new={"session_id": ROW, "practitioner_id": PRACTITIONER, "stars": 5, "is_held": True},
        rest="",
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
            " empty_minutes client_days waiver_required_to_enter delay_notice_minutes answer_hours"
            " credit_notice_days": "admin",
        },
        rest="",
    ),
    "session_series": Rules(
        read=PARTIES,
        insert="",
        delete="",
        new={"client_id": CLIENT, "practitioner_id": ROW, "first_date": "2030-01-01", "at_time": "10:00"},
        rest="",
    ),
    "session_series_sessions": Rules(
        read=PARTIES,
        insert="",
        delete="",
        new={"session_id": ROW, "series_id": ROW, "on_date": "2030-01-01"},
        rest="",
        row=f"session_id = '{ROW}'",
    ),
    "session_cancellations": Rules(
        read=PARTIES,
        insert="service",
        delete="",
        new={"session_id": ROW, "user_id": CLIENT, "cancellation_type": "grace"},
        rest="",
    ),
    "cancellation_policy": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete="",
        new={"policy_text": "New"},
        sets="standard_cancellation_hours late_cancellation_hours late_cancellation_fee_usd late_cancellation_fee_cad"
        " no_show_fee_usd no_show_fee_cad grace_cancellations_allowed ended_credit_days"
        " ended_credit_days_by_us is_active updated_by",
        changes={"is_active updated_at updated_by": STAFF},
        rest="",
        row="is_active",
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
}
