"""Asking for slots: one call, in the caller's own zone, with reasons on request."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import shared.timezones  # noqa: F401 - from here on Python tells the time by the package tzdata
from tests.cast import Person, Stage

TODAY = datetime.now(UTC).date()
MONDAY = TODAY + timedelta(14 - TODAY.weekday())


@pytest.fixture(scope="module")
def kind(stage: Stage) -> str:
    """A session of 45 minutes for one."""
    return str(
        stage.value(
            "select id from public.session_types where not is_group and duration_minutes = 45 limit 1"
        )
    )


@pytest.fixture
def practitioner(stage: Stage) -> Person:
    """Somebody in Winnipeg who works on Mondays from nine to noon."""
    practitioner = stage.practitioner()
    own = f"practitioner_id=eq.{practitioner.practitioner_id}"
    zone = {"time_zone": "America/Winnipeg"}
    stage.rest("PATCH", f"practitioner_calendars?{own}", as_=practitioner, json=zone).raise_for_status()
    hours = {"practitioner_id": str(practitioner.practitioner_id), "day_of_week": 1}
    hours |= {"start_time": "09:00", "end_time": "12:00"}
    stage.rest("POST", "practitioner_availability", as_=practitioner, json=hours).raise_for_status()
    return practitioner


def body(kind: str, practitioner: Person, /, **more: Any) -> dict[str, Any]:
    return {
        "session_type_id": kind,
        "practitioner_id": str(practitioner.practitioner_id),
        "from_date": str(MONDAY),
        "until_date": str(MONDAY),
        "time_zone": "America/Toronto",
        **more,
    }


def test_slots_are_given_in_the_time_zone_of_the_caller(
    stage: Stage, kind: str, practitioner: Person
) -> None:
    """Nine in Winnipeg is nine in Toronto as well, since Manitoba no longer sets its clocks back in winter."""
    reply = stage.invoke("get-available-slots", body(kind, practitioner), as_=stage.client()).json()

    (day,) = reply["days"]
    starts = [datetime.fromisoformat(slot["starts_at"]) for slot in day["slots"]]
    nine = datetime(MONDAY.year, MONDAY.month, MONDAY.day, 9, tzinfo=ZoneInfo("America/Winnipeg"))
    assert [nine + timedelta(minutes=n) for n in range(0, 136, 15)] == starts
    first = day["slots"][0]
    assert (
        nine.astimezone(ZoneInfo("America/Toronto")).replace(tzinfo=None).isoformat() == first["local_start"]
    )
    assert [str(practitioner.practitioner_id)] == first["practitioner_ids"]
    assert ([], str(MONDAY), "America/Toronto") == (day["refused"], day["on_date"], reply["time_zone"])


def test_each_refused_start_has_its_reason(stage: Stage, kind: str, practitioner: Person) -> None:
    """Every quarter of an hour of the day is either offered or has its reason; by GET as well."""
    client = stage.client()
    reply = stage.invoke("get-available-slots", body(kind, practitioner), as_=client).json()
    at = reply["days"][0]["slots"][-1]["starts_at"]
    minutes = (datetime.fromisoformat(at) - datetime.now(UTC)) / timedelta(minutes=1)
    stage.session(client=client, practitioner=practitioner, starts_in_minutes=minutes, duration_minutes=20)

    query = "&".join(f"{name}={value}" for name, value in body(kind, practitioner, explain="true").items())
    (day,) = stage.invoke(f"get-available-slots?{query}", as_=client, method="GET").json()["days"]

    assert 96 == len(day["slots"]) + len(day["refused"])
    reasons = {slot["starts_at"]: slot["reason"] for slot in day["refused"]}
    assert "slot_taken" == reasons[at]
    assert {"slot_taken", "outside_availability"} == set(reasons.values())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("time_zone", "Nowhere5"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("from_date", "tomorrow"),
        ("session_location", "moon"),
        ("session_type_id", "7"),
        ("practitioner", "typo"),
    ],
)
def test_an_invalid_question_is_refused_with_the_name_of_its_field(
    stage: Stage, kind: str, practitioner: Person, field: str, value: str
) -> None:
    reply = stage.invoke(
        "get-available-slots", body(kind, practitioner, **{field: value}), as_=stage.client()
    )

    assert 422 == reply.status_code
    assert [field] == [each["field"] for each in reply.json()["details"]]


def test_a_refusal_of_the_database_reaches_the_caller(stage: Stage, kind: str, practitioner: Person) -> None:
    """A kind nobody sells, and half a year at once."""
    client = stage.client()
    unknown = body(kind, practitioner, session_type_id=str(client.id))
    long = body(kind, practitioner, until_date=str(MONDAY + timedelta(180)))

    assert [(404, "session_type_not_found"), (422, "range_not_possible")] == [
        (reply.status_code, reply.json()["code"])
        for reply in (stage.invoke("get-available-slots", each, as_=client) for each in (unknown, long))
    ]
