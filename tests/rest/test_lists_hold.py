"""Lists that pages join: every id that a page collects is found where it looks it up, or the page dies on the first.

A class made by an admin, a client and a practitioner who have erased their accounts, one who has paused, a type and a
package that are withdrawn: each was once a hole in one of these lists.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.cast import Person, Stage
from tests.page_reads_scene import ReadsScene

pytestmark = pytest.mark.usefixtures("unlimited")
ERASE = {"confirmation": "ERASE MY ACCOUNT"}

# Who asks, what they collect, from which column, and where it is looked up.
THEIRS = "practitioner_id=in.({hosts})"
OWN = "client_id=eq.{me}"
LISTS = [
    ("practitioner", f"session_schedules?{THEIRS}", "client_id", "profiles"),
    ("practitioner", f"practitioner_assignments?{THEIRS}", "client_id", "profiles"),
    ("practitioner", f"action_recommendations?{THEIRS}", "client_id", "profiles"),
    (
        "practitioner",
        f"action_recommendations?{THEIRS}&session_id=not.is.null",
        "session_id",
        "session_schedules",
    ),
    ("practitioner", f"session_payments?{THEIRS}", "session_id", "session_schedules"),
    ("practitioner", f"session_payments?{THEIRS}", "client_id", "profiles"),
    ("practitioner", "session_schedules?max_participants=gt.1", "practitioner_id", "practitioners"),
    ("client", f"session_schedules?{OWN}", "practitioner_id", "practitioners"),
    ("client", "session_schedules?max_participants=gt.1", "practitioner_id", "practitioners"),
    ("client", f"practitioner_assignments?{OWN}", "practitioner_id", "practitioners"),
    ("client", f"action_recommendations?{OWN}", "practitioner_id", "practitioners"),
    ("client", f"action_recommendations?{OWN}&session_id=not.is.null", "session_id", "session_schedules"),
    ("client", f"session_payments?{OWN}", "session_id", "session_schedules"),
    ("client", f"session_payments?{OWN}", "practitioner_id", "practitioners"),
    ("client", "user_session_credits?session_type_id=not.is.null", "session_type_id", "session_types"),
    ("client", "user_session_credits?package_id=not.is.null", "package_id", "session_packages"),
    ("client", "session_packages?session_type_id=not.is.null", "session_type_id", "session_types"),
    ("client", "session_recordings?order=id", "session_id", "session_schedules"),
    ("admin", f"session_schedules?{THEIRS}", "client_id", "profiles"),
    ("admin", f"session_schedules?{THEIRS}", "practitioner_id", "practitioners"),
    ("admin", f"practitioner_assignments?{THEIRS}", "client_id", "profiles"),
    ("admin", f"session_payments?{THEIRS}", "client_id", "profiles"),
    ("admin", f"session_payments?{THEIRS}", "session_id", "session_schedules"),
    ("admin", "practitioners?id=in.({hosts})", "user_id", "profiles"),
]


class ListScene(ReadsScene):
    """The pages' rows, and what later became of the people and the things in them."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.gone_client, self.paused, self.gone_host = (
            self.booker(),
            stage.practitioner(),
            stage.practitioner(),
        )
        self.hosts = [self.practitioner, self.paused, self.gone_host]
        self.leave_traces(self.gone_client, self.practitioner)
        for host in (self.paused, self.gone_host):
            self.leave_traces(self.client, host)
        self.end_assignment()
        self.withdraw_type()

        self.stage.rest(
            "PATCH",
            f"practitioners?id=eq.{self.paused.practitioner_id}",
            as_=self.paused,
            json={"available": False},
        ).raise_for_status()
        for person in (self.gone_client, self.gone_host):
            self.stage.invoke("erase-my-account", ERASE, as_=person).raise_for_status()

    def leave_traces(self, client: Person, host: Person) -> None:
        """A class to come with a seat in it, a past session that is paid and paid out, an assignment, and advice."""
        between = {"practitioner_id": str(host.practitioner_id), "client_id": str(client.id)}
        at = self.starts_at + timedelta(days=5, hours=len(self.rows))
        made = self.make_class_on_page(
            practitioner_id=between["practitioner_id"], scheduled_at=at.isoformat()
        )
        name = f"class of {client.id} and {host.id}"
        self.rows[name] = made
        group_class = self.stage.row("select * from public.session_schedules where id = %s", made[1])
        self.write(f"seat in {name}", "session_schedules", self.seat(group_class, client), client)
        held = self.stage.session(
            client=client, practitioner=host, starts_in_minutes=-5000, status="completed"
        )
        self.stage.execute(
            """insert into public.session_payments (session_id, practitioner_id, client_id, total_amount,
                                                    practitioner_share, platform_share, currency, status)
               values (%s, %s, %s, 0, 0, 0, 'cad', 'completed')""",
            held["id"],
            host.practitioner_id,
            client.id,
        )
        self.write(f"assignment of {name}", "practitioner_assignments", between, self.admin)
        told = {"title": "Rest", "action_type": "other", "session_id": str(held["id"])}
        self.write(f"advice in {name}", "action_recommendations", {**between, **told}, host)

    def end_assignment(self) -> None:
        """Somebody who never had a session, was given advice, and is assigned no more."""
        between = {"practitioner_id": self.id("host"), "client_id": str(self.stage.client().id)}
        self.write("former", "practitioner_assignments", between, self.admin)
        advice = {"title": "Rest", "action_type": "other", "session_id": None}
        self.write("former's advice", "action_recommendations", {**between, **advice}, self.practitioner)
        self.stage.rest(
            "DELETE", f"practitioner_assignments?id=eq.{self.id('former')}", as_=self.admin
        ).raise_for_status()

    def withdraw_type(self) -> None:
        """One of which somebody has credits, and a package that is still for sale."""
        kind = {"name": "Short", "duration_minutes": 20, "session_type": "laying", "is_group": False}
        priced = {"price_cad": 50, "price_usd": 36.5, "is_active": True}
        self.write("type", "session_types", kind | priced, self.admin)
        package = {"name": "Five short", "session_count": 5, **priced, "session_type_id": self.id("type")}
        self.write("withdrawn", "session_packages", package, self.admin)
        self.stage.execute(
            "select private.grant_credits(%s, 5, package_id => %s, session_type_id => %s)",
            self.client.id,
            self.id("withdrawn"),
            self.id("type"),
        )
        self.change("type", {"is_active": False}, self.admin)

    def read(self, path: str, role: str) -> list[dict[str, Any]]:
        hosts = ",".join(str(host.practitioner_id) for host in self.hosts)
        person = self.people[role]
        reply = self.stage.rest("GET", path.format(me=person.id, hosts=hosts), as_=person)
        assert reply.status_code == 200, reply.text
        return list(reply.json())


@pytest.fixture(scope="module")
def scene(stage: Stage, unlimited: None) -> Iterator[ListScene]:
    scene = ListScene(stage)
    yield scene
    scene.change("withdrawn", {"is_active": False}, scene.admin)


@pytest.mark.parametrize(("role", "first", "column", "second"), LISTS)
def test_every_id_of_a_list_is_found(
    scene: ListScene, role: str, first: str, column: str, second: str
) -> None:
    """By whoever has collected it."""
    ids = {row[column] for row in scene.read(f"{first}&select={column}", role)}
    found = {row["id"] for row in scene.read(f"{second}?select=id&id=in.({','.join(ids)})", role)}

    assert ids
    assert ids == found


def test_the_form_prints_every_client(scene: ListScene) -> None:
    """Who is gone has no name and no address; whoever leads the class is there as themself."""
    ids = {
        row["client_id"] for row in scene.read(f"session_schedules?{THEIRS}&select=client_id", "practitioner")
    }
    joined = scene.read(f"profiles?select=id,full_name,email&id=in.({','.join(ids)})", "practitioner")
    by_id = {row["id"]: row for row in joined}

    assert {"full_name": "Former client", "email": None} == {
        name: by_id[str(scene.gone_client.id)][name] for name in ("full_name", "email")
    }
    assert scene.practitioner.email == by_id[str(scene.practitioner.id)]["email"]
    assert str(scene.admin.id) not in ids


def test_the_list_of_payments_names_a_client_of_each(scene: ListScene) -> None:
    """The page reads the address of that client, also where there is none any more."""
    payments = scene.stage.invoke("list-payments", as_=scene.admin).json()["payments"]
    of_gone = [row for row in payments if row["client_id"] == str(scene.gone_client.id)]

    assert of_gone
    assert all({"email": None} == row["client"] for row in of_gone)
    assert all(
        row["client"] is not None and row["practitioner"] is not None and row["session"] for row in payments
    )


def test_a_package_of_a_withdrawn_type_is_not_for_sale(scene: ListScene) -> None:
    """It would be refused at the checkout; whoever bought it still reads it in the wallet."""
    asked = "session_packages?select=id,session_type:session_types(name)&id=eq." + scene.id("withdrawn")

    assert [{"name": "Short"}] == [row["session_type"] for row in scene.read(asked, "client")]
    assert [] == scene.read(asked, "practitioner")


# The other form of a class

OTHER_FORM = (
    "correlated_session:session_schedules!{hint}(id,session_location,practitioner:practitioners(name))"
)


@pytest.mark.parametrize("role", ["client", "practitioner", "admin"])
@pytest.mark.parametrize(
    "hint", ["correlated_session_id", "session_schedules_correlated_session_id_fkey", "group_class_id"]
)
def test_a_class_embeds_its_other_form(scene: ListScene, role: str, hint: str) -> None:
    """As one object, or null, whatever hint stands there: there is one way from a session to a session."""
    embed = OTHER_FORM.format(hint=hint)
    path = f"session_schedules?select=id,{embed}&id=in.({scene.id('online')},{scene.id('later')})"
    embedded = {row["id"]: row["correlated_session"] for row in scene.read(path, role)}

    expected = {
        "id": scene.id("room"),
        "session_location": "in_person",
        "practitioner": {"name": "Practitioner"},
    }
    assert {scene.id("online"): expected, scene.id("later"): None} == embedded


def test_the_other_form_is_embedded_in_what_a_write_returns(scene: ListScene) -> None:
    """The page links two classes, and may read back what it wrote."""
    path = f"session_schedules?id=eq.{scene.id('online')}&select=id,{OTHER_FORM.format(hint='correlated_session_id')}"
    linked = {"correlated_session_id": scene.id("room")}
    (row,) = scene.stage.rest("PATCH", path, as_=scene.admin, json=linked).json()

    assert scene.id("room") == row["correlated_session"]["id"]


def test_the_other_form_is_for_whoever_may_read_it(scene: ListScene) -> None:
    """A session is reached by the embed by nobody who does not reach it by its id."""
    stage, stranger = scene.stage, scene.stage.practitioner()
    hidden = stage.session(client=scene.next, practitioner=scene.other, starts_in_minutes=9000)
    stage.execute(
        "update public.session_schedules set correlated_session_id = %s where id = %s",
        hidden["id"],
        scene.id("later"),
    )
    asked = f"session_schedules?id=eq.{scene.id('later')}&select={OTHER_FORM.format(hint='correlated_session_id')}"

    for person in (stranger, scene.client, scene.practitioner):
        assert [{"correlated_session": None}] == stage.rest("GET", asked, as_=person).json()
    for person in (scene.other, scene.admin):
        (row,) = stage.rest("GET", asked, as_=person).json()
        assert str(hidden["id"]) == row["correlated_session"]["id"]
    assert stage.rest("GET", asked).status_code == 401
    called = stage.rest("POST", "rpc/session_schedules", as_=stranger, json={"id": str(uuid.uuid4())})
    assert called.status_code == 404
