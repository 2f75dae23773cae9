"""When and where practitioners work."""

from tests.sql.conftest import ROW

from .rules import ANYBODY, SIGNED_IN, STAFF, Rules

CALENDARS = {
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
            " buffer_after_minutes slot_interval_minutes slot_alignment is_always_open": "practitioner admin service",
        },
        values={"time_zone": "'America/Vancouver'", "slot_alignment": "'opening'"},
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
    "studio_locations": Rules(
        read=ANYBODY,
        insert=STAFF,
        delete=STAFF,
        new={"name": "New", "address": "Street"},
        sets="id city province_state country postal_code latitude longitude is_active created_at updated_at",
        rest=STAFF,
    ),
}
