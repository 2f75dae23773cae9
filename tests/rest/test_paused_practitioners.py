"""Pausing, through PostgREST as the pages do it: the practitioner keeps every page, their clients keep the name."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.booking_scene import BookingScene
from tests.cast import Person, Stage

# What the pages of a practitioner read, by what each is filtered.
OWN_PAGES = {
    "profile": "practitioners?user_id=eq.{user}",
    "sessions": "session_schedules?practitioner_id=eq.{id}&status=in.(scheduled,in_progress)",
    "earnings": "session_payments?select=*,session:session_schedules(scheduled_at)&practitioner_id=eq.{id}",
    "banking": "practitioner_banking?practitioner_id=eq.{id}",
    "contracts": "practitioner_contracts?practitioner_id=eq.{id}",
    "hours": "practitioner_availability?practitioner_id=eq.{id}",
    "clients": "practitioner_assignments?select=client_id&practitioner_id=eq.{id}",
    "recommendations": "action_recommendations?select=*,session:session_schedules(id)&practitioner_id=eq.{id}",
    "history": "session_history?practitioner_id=eq.{id}",
    "progress": "recommendation_progress?practitioner_id=eq.{id}",
}


@dataclass
class Paused:
    """A practitioner with something on every page, and a client of theirs; paused by the page's own update."""

    stage: Stage
    practitioner: Person
    client: Person
    session: str

    def set_available(self, available: bool, as_: Person | None = None) -> list[dict[str, Any]]:
        return list(
            self.stage.rest(
                "PATCH",
                f"practitioners?id=eq.{self.practitioner.practitioner_id}",
                as_=as_ or self.practitioner,
                json={"available": available},
            ).json()
        )

    def read(self, path: str, as_: Person) -> list[dict[str, Any]]:
        reply = self.stage.rest("GET", path, as_=as_)
        assert reply.status_code == 200, reply.text
        return list(reply.json())


@pytest.fixture(scope="module")
def booking(stage: Stage) -> BookingScene:
    return BookingScene(stage, credits_each=3)


@pytest.fixture(scope="module")
def paused(stage: Stage, booking: BookingScene) -> Paused:
    practitioner, client, own = booking.practitioner, booking.client, booking.practitioner.practitioner_id
    session = booking.book()
    stage.execute(
        """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                practitioner_share, platform_share, currency, status,
                                                earned_at)
           select id, practitioner_id, client_id, 100, 75, 25, 'cad', 'completed', now()
             from public.session_schedules s
            where id = %s and not exists (select from public.session_payments p where p.session_id = s.id)""",
        session,
    )
    for table, columns, values in (
        ("practitioner_banking", "bank_name, account_holder_name, account_type", "'Bank', 'Me', 'checking'"),
        ("practitioner_contracts", "contract_version, contract_text", "'1', 'We practise.'"),
        ("practitioner_assignments", "client_id", f"'{client.id}'"),
        (
            "practitioner_availability",
            "day_of_week, start_time, end_time",
            "extract(dow from now()), '09:00', '17:00'",
        ),
    ):
        stage.execute(f"insert into public.{table} (practitioner_id, {columns}) values (%s, {values})", own)
    recommend = {"client_id": str(client.id), "session_id": session, "title": "Rest", "action_type": "other"}
    assert stage.invoke("create-action-recommendation", recommend, as_=practitioner).is_success
    scene = Paused(stage, practitioner, client, session)
    assert [row["available"] for row in scene.set_available(False)] == [False]
    return scene


@pytest.mark.parametrize("page", OWN_PAGES)
def test_a_paused_practitioner_still_reads_every_page_of_their_own(paused: Paused, page: str) -> None:
    """Whatever its page reads is there, what it embeds included."""
    own = {"user": paused.practitioner.id, "id": paused.practitioner.practitioner_id}
    rows = paused.read(OWN_PAGES[page].format(**own), paused.practitioner)

    assert rows
    assert all(row.get("session", "none asked for") is not None for row in rows)


def test_their_clients_still_read_the_name(paused: Paused) -> None:
    """In every embed of the client's own pages."""
    name = "practitioner:practitioners(id,name,avatar_url,user_id)"
    mine = f"session_schedules?select=id,{name}&client_id=eq.{paused.client.id}"
    actions = "action_recommendations?select=id,session:session_schedules(practitioner:practitioners(name))"
    history = "session_history?select=practitioner_name"

    assert [row["practitioner"]["name"] for row in paused.read(mine, paused.client)] == ["Practitioner"]
    assert [row["session"]["practitioner"] for row in paused.read(actions, paused.client)] == [
        {"name": "Practitioner"}
    ]
    assert [row["practitioner_name"] for row in paused.read(history, paused.client)] == ["Practitioner"]


def test_a_paused_practitioner_is_not_offered(paused: Paused, booking: BookingScene) -> None:
    """Neither in the wizard's list, nor as slots, nor as classes; and not booked by whoever knows their id."""
    group_class = booking.make_class(scheduled_at=booking.starts_at.replace(hour=1, minute=30))
    own = str(paused.practitioner.practitioner_id)
    stranger = booking.booker()
    kind = paused.stage.value(
        "select id from public.session_types where duration_minutes = 45 and not is_group limit 1"
    )
    day = booking.starts_at.date().isoformat()
    asked = {
        "session_type_id": str(kind),
        "from_date": day,
        "until_date": day,
        "time_zone": "UTC",
        "practitioner_id": own,
    }

    assert own not in [
        row["id"] for row in paused.read("practitioners?select=id&available=eq.true", paused.client)
    ]
    assert [] == paused.read(f"practitioners?select=id&id=eq.{own}", stranger)
    classes = "session_schedules?select=id,practitioner:practitioners(name)&max_participants=gt.1&id=eq."
    assert [] == paused.read(f"{classes}{group_class['id']}", stranger)
    slots = paused.stage.invoke("get-available-slots", asked, as_=stranger).json()
    assert [] == [slot for each in slots["days"] for slot in each["slots"]]
    reply = paused.stage.invoke("book-session-with-credit", booking.from_booking_page(), as_=stranger).json()
    assert (reply["success"], reply["code"]) == (False, "practitioner_unavailable")
    reply = paused.stage.rest(
        "POST", "session_schedules", as_=stranger, json=booking.seat(group_class, stranger)
    )
    assert (reply.status_code, reply.json()["details"]) == (409, "practitioner_unavailable")


def test_a_paused_practitioner_works_on_and_comes_back(paused: Paused) -> None:
    """Recommending, changing their profile and hours; then they un-pause themselves, or an admin does."""
    own = paused.practitioner.practitioner_id
    assert paused.stage.rest(
        "PATCH", f"practitioners?id=eq.{own}", as_=paused.practitioner, json={"bio": "Back soon"}
    ).json()
    template = paused.read("action_templates?practitioner_id=is.null&limit=1", paused.practitioner)[0]["id"]
    recommend = {"client_id": str(paused.client.id), "template_id": template}
    assert paused.stage.invoke("create-action-recommendation", recommend, as_=paused.practitioner).is_success

    assert [] == paused.set_available(True, as_=paused.client)
    assert [row["available"] for row in paused.set_available(True)] == [True]
    admin = paused.stage.admin()
    for available in (False, True):
        assert [row["available"] for row in paused.set_available(available, as_=admin)] == [available]
